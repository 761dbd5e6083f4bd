import Base
import Buffers
import Messages
import ObjectStores
import OpExecution
import RadosTypes
import Scrubbing
import Wire

/// A copy's part in the scrubs that its primary leads.
extension PG {
  func receive(_ message: MOSDScrubReserve, from osd: Int32) {
    switch ScrubPlace(rawValue: message.kind) {
    case .request: answer(message, from: osd)
    case .grant: feedScrub(.granted(message.from))
    case .release: giveBackRemotePlace()
    case .refuse: feedScrub(.refused(message.from))
    case nil: shard.log.error(.osd, self, "MOSDScrubReserve of kind \(message.kind)")
    }
  }

  /// Ceph: `PgScrubber::handle_scrub_reserve_request`.
  private func answer(_ request: MOSDScrubReserve, from osd: Int32) {
    let scrubs = shard.all.scrubs
    if !scrub.hasRemotePlace, scrubs.settings.duringRecovery || !shard.all.isRecovering {
      scrub.hasRemotePlace = scrubs.takeRemote()
    }
    let kind = scrub.hasRemotePlace ? ScrubPlace.grant : .refuse
    send(
      MOSDScrubReserve(
        pgID: ShardPGID(id.pgID, shard: request.from.shard), epoch: request.epoch,
        kind: kind.rawValue, from: peering.whoami),
      to: osd)
  }

  func giveBackRemotePlace() {
    guard scrub.hasRemotePlace else { return }
    scrub.hasRemotePlace = false
    shard.all.scrubs.giveBackRemote()
  }

  func receive(_ order: MOSDRepScrub, from osd: Int32) {
    guard !isPrimary else { return }
    scrub.partNumber += 1
    scrub.part = ScrubPart(order: order, osd: osd, number: scrub.partNumber)
    beginPart()
  }

  /// To be called whenever what it waits for may have come: all that was written and pushed before.
  func beginPart() {
    guard let part = scrub.part, !part.isRunning, scrub.pushesUnderWay == 0,
      info.lastUpdate >= part.order.scrubFrom
    else { return }
    scrub.part?.isRunning = true
    let order = part.order
    let builder = ScrubMapBuilder(
      collection, of: store, from: order.start, to: order.end, isDeep: order.isDeep,
      validThrough: info.lastUpdate, shard.all.scrubs.settings.scan)
    nonisolated(unsafe) let pg = self
    build(builder, priority: partPriority(order)) {
      pg.scrub.part?.goesOn(part.number) == true
    } then: {
      pg.answer(part.number, $0)
    }
  }

  /// Ceph: `PgScrubber::scrub_requeue_priority`.
  private func partPriority(_ order: MOSDRepScrub) -> UInt32 {
    let settings = shard.all.scrubs.settings
    let priority = order.scrubPriority > 0 ? order.scrubPriority : settings.priority
    return order.isHighPriority ? max(priority, settings.clientPriority) : priority
  }

  /// Takes steps while `goesOn` says so; `then` gets what was found, nil if the store failed.
  func build(
    _ builder: ScrubMapBuilder, priority: UInt32, while goesOn: @escaping () -> Bool,
    then: @escaping (ScrubMap?) -> Void
  ) {
    nonisolated(unsafe) let (pg, goesOn, then) = (self, goesOn, then)
    let begun = builder
    let interval = interval
    Task.immediate(executorPreference: reactor) {
      var builder = begun
      while !builder.isDone, goesOn() {
        let cost = builder.stepCost
        await pg.shard.beginStep(priority: priority, cost: cost)
        let failure = await Self.step(&builder)
        pg.shard.endStep(cost: cost)
        guard interval == pg.interval else { return }
        guard let failure else { continue }
        pg.shard.log.error(.osd, pg, "scrub: \(failure)")
        return then(nil)
      }
      pg.writeBack(builder.corrected)
      then(builder.map)
    }
  }

  private static func step(_ builder: inout ScrubMapBuilder) async -> StoreError? {
    do throws(StoreError) {
      try await builder.step()
      return nil
    } catch {
      return error
    }
  }

  /// Objects whose information named another object.
  private func writeBack(_ corrected: [(object: GHObject, info: ByteSlice, named: HObject)]) {
    guard !corrected.isEmpty else { return }
    var transaction = Transaction()
    for (object, info, named) in corrected {
      say(
        .error,
        "osd.\(settings.whoami) found object info error on pg \(id) oid \(object.object) oid in "
          + "object info: \(named)...repaired")
      transaction.setAttribute(object, in: collection.id, ObjectState.infoAttribute, info)
    }
    store.queue(transaction, on: collection) {}
  }

  private func answer(_ number: Int, _ map: ScrubMap?) {
    guard let part = scrub.part, part.number == number else { return }
    // No answer says so, and the primary would wait for one: it goes on without this copy.
    guard let map else { return fail("cannot list what osd.\(part.osd) wants scrubbed") }
    scrub.part = nil
    var writer = WireWriter(pool: reactor.pool)
    writer.write(map)
    send(
      MOSDRepScrubMap(
        pgID: ShardPGID(id.pgID, shard: peering.primary.shard), epoch: part.order.minEpoch,
        from: peering.whoami, isPreempted: part.isPreempted, data: writer.finishList()),
      to: part.osd)
  }

  /// A write of the primary's comes first, if it said that it may.
  func preemptPart(for object: HObject) {
    guard let part = scrub.part, part.order.allowsPreemption, part.contains(object) else { return }
    scrub.part?.isPreempted = true
  }
}

/// What MOSDScrubReserve says.
enum ScrubPlace: Int32 {
  case request, grant, release, refuse
}

extension ScrubPart {
  fileprivate func goesOn(_ number: Int) -> Bool { self.number == number && !isPreempted }
}
