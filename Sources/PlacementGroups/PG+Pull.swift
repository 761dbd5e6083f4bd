import ClusterMaps
import Messages
import ObjectStores
import Peering
import RadosTypes
import Replication

/// Objects that come here: pulled by the primary, or pushed to a replica.
extension PG {
  /// Asks one of those who have the object for it.
  func pull(_ object: HObject, _ item: MissingItem) {
    pull(
      object, item, version: item.need, from: peering.missingLocation.locations[object] ?? [])
  }

  func pull(
    _ object: HObject, _ item: MissingItem, version: EVersion, from holders: Set<PGShard>
  ) {
    let failed = recovery.failures[object] ?? []
    let sources = holders.filter {
      $0 != peering.whoami && map.isUp($0.osd) && !failed.contains($0)
    }.sorted()
    guard !sources.isEmpty else {
      // None of those who should have it can give it: it is unfound until somebody else turns up.
      for place in peering.missingLocation.locations[object] ?? [] where place != peering.whoami {
        peering.missingLocation.remove(object, at: place)
      }
      recovery.work[object] = nil
      countRecoveries()
      return
    }
    let pull = ObjectPull(
      object, item, version: version, from: sources[Int(object.hash) % sources.count])
    recovery.work[object]?.pull = pull
    request(pull)
  }

  private func request(_ pull: ObjectPull) {
    send(
      MOSDPGPull(
        pgID: ShardPGID(id.pgID, shard: pull.from.shard), epoch: map.epoch, pulls: [pull.request],
        cost: settings.recovery.requestCost, from: peering.whoami,
        minEpoch: peering.lastPeeringReset),
      to: pull.from.osd)
  }

  func receive(_ message: MOSDPGPush, from osd: Int32) {
    nonisolated(unsafe) let pg = self
    let interval = interval
    scrub.pushesUnderWay += 1
    Task.immediate(executorPreference: reactor) {
      for push in message.pushes where interval == pg.interval {
        if pg.isPrimary {
          await pg.takePulled(push, from: message.from)
        } else {
          await pg.takePushed(push, of: message, from: osd)
        }
      }
      pg.scrub.pushesUnderWay -= 1
      if interval == pg.interval { pg.beginPart() }
    }
  }

  /// As the primary: a part that was asked for.
  private func takePulled(_ push: PushOp, from source: PGShard) async {
    let object = push.object
    guard var pull = recovery.work[object]?.pull, pull.from == source else { return }
    guard push.version != .zero else { return failed(object, .notAtSource(object)) }
    var transaction = Transaction()
    let interval = interval
    let received: PushTarget.Received
    do throws(RecoveryError) {
      received = try await pull.receive(push, target: target, into: &transaction)
    } catch {
      if interval == self.interval { cannotTake(object, pull, error) }
      return
    }
    guard interval == self.interval else { return }
    countRecovered(push)
    guard received.isComplete else {
      recovery.work[object]?.pull = pull
      store.queue(transaction, on: collection) {}
      return request(pull)
    }
    shard.log.write(.osd, 20, self, "pulled \(object) \(pull.recovery.version)")
    if state.contains(.repair) { shard.all.scrubs.countRepair() }
    recovery.work[object]?.pull = nil
    recovery.work[object]?.recovered += pull.recovered
    startOver(at: object)
    if let entry = peering.reversion(of: object), entry.revertingTo == pull.recovery.version {
      peering.gotReversion(of: object, to: entry.revertingTo)
      commitRecovered(&transaction) {}
      return revertHere(object, by: entry)
    }
    peering.recoverGot(object, pull.recovery.version)
    commitRecovered(&transaction) {}
    self.push(object)
  }

  /// A part of an object, to or from here as the primary.
  func countRecovered(_ part: PushOp) {
    shard.perf.add(
      OpCounter.recoveryBytes, UInt64(part.data.count + part.omapEntries.count))
  }

  /// Of an old copy that is to become the new one, it may be this side that does not have it: all of the
  /// object is asked for.
  private func cannotTake(_ object: HObject, _ pull: ObjectPull, _ error: RecoveryError) {
    switch error {
    case .absent, .store:
      guard pull.recovery.exists, let work = recovery.work[object] else { break }
      shard.log.error(.osd, self, "\(object) is pulled anew, as a whole: \(error)")
      return lost(object, work.version)
    case .wrongVersion, .damaged, .notAtSource, .malformed: break
    }
    failed(object, error)
  }

  /// The source does not have it after all.
  private func failed(_ object: HObject, _ error: RecoveryError) {
    guard let source = recovery.work[object]?.pull?.from else { return }
    shard.log.error(.osd, self, "recovery of \(object) from osd.\(source.osd): \(error)")
    recovery.failures[object, default: []].insert(source)
    if let version = recovery.work[object]?.version, replicas.contains(source) {
      // Whoever should have it and does not gets it from others too.
      peering.forceMissing(object, version, at: [source])
    }
    peering.missingLocation.remove(object, at: source)
    abandon(object)
  }

  /// What was asked of those who are down is asked of others.
  func forgetSources(downIn map: OSDMap) {
    recovery.failures = recovery.failures.mapValues { $0.filter { map.isUp($0.osd) } }
    for (object, work) in recovery.work.sorted(by: { $0.key < $1.key }) {
      guard let source = work.pull?.from, !map.isUp(source.osd) else { continue }
      abandon(object)
    }
  }

  /// As a replica.
  private func takePushed(_ push: PushOp, of message: MOSDPGPush, from osd: Int32) async {
    var transaction = Transaction()
    let interval = interval
    do throws(RecoveryError) {
      let received = try await target.receive(push, into: &transaction)
      guard interval == self.interval else { return }
      forgetContext(of: push.object)
      if received.isComplete {
        peering.recoverGot(push.object, push.version)
        if message.isRepair { shard.all.scrubs.countRepair() }
      }
      shard.log.write(.osd, 20, self, "took \(push.object) \(push.version) of osd.\(osd)")
    } catch {
      if interval == self.interval { cannotTake(push, error, from: osd) }
      return
    }
    let reply = MOSDPGPushReply(
      pgID: ShardPGID(id.pgID, shard: message.from.shard), epoch: map.epoch,
      replies: [PushReplyOp(push.object)], from: peering.whoami, minEpoch: message.minEpoch)
    nonisolated(unsafe) let pg = self
    commitRecovered(&transaction) { pg.send(reply, to: osd) }
  }

  /// The primary takes this copy to have some version of the object. If it has none, that is noted first:
  /// after the restart it will be sent all of it.
  private func cannotTake(_ push: PushOp, _ error: RecoveryError, from osd: Int32) {
    if case .absent = error, let item = peering.missing[push.object] {
      peering.missing.set(push.object, MissingItem(need: item.need, cleanRegions: .fullyDirty))
    }
    var transaction = Transaction()
    nonisolated(unsafe) let pg = self
    commitRecovered(&transaction) { pg.fail("push from osd.\(osd) cannot be taken: \(error)") }
  }

  /// Where parts of objects are put together; one for each interval.
  private var target: PushTarget {
    if let target = pushTarget { return target }
    let target = PushTarget(
      pg: id, intervalSince: info.history.sameIntervalSince, store: store, collection: collection)
    pushTarget = target
    return target
  }

  /// What has come in parts and is not whole will come anew.
  func abandonPushes() {
    guard let target = pushTarget else { return }
    pushTarget = nil
    var transaction = Transaction()
    target.abandonAll(into: &transaction)
    if !transaction.isEmpty { store.queue(transaction, on: collection) {} }
  }

  /// Parts of objects that an earlier process left behind.
  func removeLeftovers() async {
    guard let leftovers = try? await PushTarget.leftovers(in: collection, of: store),
      !leftovers.isEmpty
    else { return }
    var transaction = Transaction()
    for object in leftovers { transaction.remove(object, in: collection.id) }
    store.queue(transaction, on: collection) {}
  }

  /// As a replica: what the primary found to be deleted.
  func receive(_ message: MOSDPGRecoveryDelete, from osd: Int32) {
    var transaction = Transaction()
    guard remove(message.objects, toldBy: osd, into: &transaction) else { return }
    for deleted in message.objects {
      peering.recoverGot(deleted.object, deleted.version, isDelete: true)
    }
    let reply = message.reply(from: peering.whoami)
    nonisolated(unsafe) let pg = self
    commitRecovered(&transaction) { pg.send(reply, to: osd) }
  }

  /// As a target of a backfill: what was removed while this copy was away.
  func receive(_ removal: MOSDPGBackfillRemove, from osd: Int32) {
    var transaction = Transaction()
    guard remove(removal.objects, toldBy: osd, into: &transaction) else { return }
    store.queue(transaction, on: collection) {}
  }

  private func remove(
    _ objects: [ObjectVersion], toldBy osd: Int32, into transaction: inout Transaction
  ) -> Bool {
    do throws(RecoveryError) {
      try target.remove(objects, into: &transaction)
    } catch {
      fail("a removal of osd.\(osd) cannot be done: \(error)")
      return false
    }
    for object in objects { forgetContext(of: object.object) }
    return true
  }
}
