import Base
import Messages
import ObjectStores
import Peering
import RadosTypes
import Scrubbing
import Wire

/// Scrubs that this copy leads: what `ScrubMachine` says, done.
extension PG {
  func startScrub(_ mode: ScrubRequest, reserves: Bool) {
    scrub.machine = ScrubMachine(preemptionsMax: scrubSettings.preemptionsMax)
    scrub.mode = mode
    scrub.isDeep = mode.isDeep
    scrub.epochStart = info.history.sameIntervalSince
    scrub.isRepair = mode.isMustRepair || mode.repairsAutomatically
    peering.leave(.repair)
    peering.enter(.scrubbing)
    if mode.isDeep { peering.enter(.deepScrub) }
    if mode.isMustRepair { peering.enter(.repair) }
    publishState()
    let others = peering.actingRecoveryBackfill.filter { $0 != peering.whoami }.sorted()
    feedScrub(.start(at: startOfPG, replicas: others, reserves: reserves))
  }

  func feedScrub(_ event: ScrubMachine.Event) {
    scrub.events.append(event)
    guard !scrub.isBusy else { return }
    scrub.isBusy = true
    while let next = scrub.events.popFirst() {
      for action in scrub.machine.handle(next) { perform(action) }
    }
    scrub.isBusy = false
  }

  private func perform(_ action: ScrubMachine.Action) {
    switch action {
    case .askForPlaces(let members): tell(members, .request)
    case .giveBack(let members): tell(members, .release)
    case .begin: beginScrub()
    case .giveUp, .clear: endScrub()
    case .sleep: sleepBeforeChunk()
    case .choose(let start, let divisor): chooseChunk(from: start, divisor)
    case .awaitPushes: if recovery.work.isEmpty { feedScrub(.noPushes) }
    case .awaitCommit(let version):
      feedScrub(.committed(gathers.isEmpty ? max(version, committed) : committed))
    case .askForMaps(let members, let from, let to, let isPreemptable):
      for member in members { askForMap(member, from, to, isPreemptable) }
    case .build(let from, let to): buildOwnMap(from, to)
    case .compare: compareMaps()
    case .update: writeDigests()
    case .letWritersGo: letWritersGo()
    case .finish: finishScrub()
    }
  }

  private func tell(_ members: [PGShard], _ place: ScrubPlace) {
    for member in members {
      send(
        MOSDScrubReserve(
          pgID: ShardPGID(id.pgID, shard: member.shard), epoch: map.epoch, kind: place.rawValue,
          from: peering.whoami),
        to: member.osd)
    }
  }

  /// Ceph: `PgScrubber::on_init`.
  private func beginScrub() {
    scrub.tally = ScrubTally()
    scrub.rewrites = [:]
    scrub.groups = SnapSetGroups()
    scrub.findings = ScrubFindings()
    publishState()
    shard.log.write(.osd, 5, self, "\(scrubName) begins")
  }

  /// As lines and states have it. Ceph: `update_op_mode_text`.
  var scrubName: String {
    state.contains(.repair) ? "repair" : scrub.isDeep ? "deep-scrub" : "scrub"
  }

  // MARK: A chunk

  private func sleepBeforeChunk() {
    let settings = scrubSettings
    let isOutOfHours = !scrub.mode.isRequired && !shard.all.scrubs.isPermittedHour
    let seconds = isOutOfHours ? max(settings.sleep, settings.extendedSleep) : settings.sleep
    scrub.turn += 1
    let turn = scrub.turn
    guard seconds > 0 else { return takeTurn(turn) }
    reactor.schedule(after: .nanoseconds(Int64(seconds * 1e9))) { [weak self] in
      self?.takeTurn(turn)
    }
  }

  private func takeTurn(_ turn: Int) {
    nonisolated(unsafe) let pg = self
    let interval = interval
    let priority = scrubPriority(of: scrub.mode)
    Task.immediate(executorPreference: reactor) {
      await pg.shard.beginStep(priority: priority, cost: 0)
      pg.shard.endStep(cost: 0)
      guard interval == pg.interval, turn == pg.scrub.turn else { return }
      if pg.isScrubForbidden { return pg.feedScrub(.reset) }
      pg.feedScrub(.timer)
    }
  }

  private func chooseChunk(from start: HObject, _ divisor: Int) {
    nonisolated(unsafe) let pg = self
    let (interval, turn) = (interval, scrub.turn)
    Task.immediate(executorPreference: reactor) {
      let end = await pg.endOfChunk(from: start, divisor)
      guard interval == pg.interval, turn == pg.scrub.turn else { return }
      pg.didChoose(start, end)
    }
  }

  private func endOfChunk(from start: HObject, _ divisor: Int) async -> HObject? {
    do throws(StoreError) {
      return try await ScrubChunk.end(
        from: start, in: collection, of: store, divisor: divisor, scrubSettings)
    } catch {
      shard.log.error(.osd, self, "scrub: \(error)")
      return nil
    }
  }

  private func didChoose(_ start: HObject, _ end: HObject?) {
    guard let end else { return feedScrub(.failed) }
    let isBusy = contexts.all.contains {
      $0.object >= start && $0.object < end && $0.isBeingWritten
    }
    guard !isBusy else { return feedScrub(.busy) }
    feedScrub(.chosen(end: end, newest: newestChange(from: start, to: end)))
  }

  /// Zero: the log knows of none.
  private func newestChange(from start: HObject, to end: HObject) -> EVersion {
    for index in (0..<log.entries.count).reversed() {
      let entry = log.entries[index]
      if entry.object >= start && entry.object < end { return entry.version }
    }
    return .zero
  }

  private func askForMap(_ member: PGShard, _ from: HObject, _ to: HObject, _ isPreemptable: Bool) {
    let isUrgent = !scrub.waiting.isEmpty
    send(
      MOSDRepScrub(
        pgID: ShardPGID(id.pgID, shard: member.shard), scrubFrom: scrub.machine.newest,
        scrubTo: .zero, epoch: map.epoch, start: from, end: to, isDeep: scrub.isDeep,
        minEpoch: peering.lastPeeringReset, allowsPreemption: isPreemptable,
        scrubPriority: scrubPriority(of: scrub.mode), isHighPriority: isUrgent),
      to: member.osd)
  }

  private func buildOwnMap(_ from: HObject, _ to: HObject) {
    scrub.maps = [:]
    let builder = ScrubMapBuilder(
      collection, of: store, from: from, to: to, isDeep: scrub.isDeep,
      validThrough: info.lastUpdate, scrubSettings.scan)
    nonisolated(unsafe) let pg = self
    let turn = scrub.turn
    build(builder, priority: scrubPriority(of: scrub.mode)) {
      turn == pg.scrub.turn && !pg.scrub.machine.preemption.hasHappened
    } then: { map in
      guard turn == pg.scrub.turn else { return }
      pg.scrub.maps[pg.peering.whoami] = map
      pg.feedScrub(map == nil ? .failed : .built)
    }
  }

  func receive(_ found: MOSDRepScrubMap) {
    guard scrub.machine.isActive else { return }
    do throws(DecodeError) {
      scrub.maps[found.from] = try ScrubMap(wire: found.data.contiguous())
    } catch {
      shard.log.error(.osd, self, "scrub map of osd.\(found.from.osd): \(error)")
      return feedScrub(.failed)
    }
    feedScrub(.arrived(found.from, isPreempted: found.isPreempted))
  }
}

/// Writes while objects are scrubbed.
extension PG {
  /// True if the write has to wait until its object has been gone through.
  func waitsForScrub(_ op: ClientOp) -> Bool {
    // The stage alone first: a method of the machine is called on a copy of it.
    guard op.kind.isWriteOrdered, scrub.machine.stage != .notActive,
      scrub.machine.blocks(op.head)
    else { return false }
    shard.release(op)
    op.note(.scrub, at: reactor.clock.now)
    scrub.waiting.append(op)
    return true
  }

  /// They had their turns before what waits at their objects now, behind a read perhaps.
  func letWritersGo() {
    let writers = scrub.waiting.takeAll()
    let behind = writers.flatMap { contexts.find($0.head)?.takeWaiting() ?? [] }
    for op in writers + behind { enter(op) }
  }

  /// Nobody writes the object any more that kept a chunk from being chosen.
  func writerLeft() {
    if scrub.machine.stage == .rangeBlocked { feedScrub(.unblocked) }
  }

  func scrubNoticesCommit() {
    if scrub.machine.stage == .waitLastUpdate { feedScrub(.committed(committed)) }
  }

  func scrubNoticesRecovery() {
    if scrub.machine.stage == .waitPushes, recovery.work.isEmpty { feedScrub(.noPushes) }
  }
}
