import Base
import Messages
import ObjectStores
import Peering
import RadosTypes

/// Driving the peering machine: events to it, and what it says, done.
extension PG {
  /// Hands an event to the machine; those that come of it follow in order.
  func feed(_ event: PGPeeringEvent) {
    peeringEvents.append(event)
    guard !isPeeringBusy else { return }
    isPeeringBusy = true
    while let next = peeringEvents.popFirst() {
      if takes(next.event) { handle(next) }
    }
    isPeeringBusy = false
  }

  /// A PG that is being deleted, or merged, has nothing more to agree on.
  private func takes(_ event: PeeringEvent) -> Bool {
    switch event {
    case .advanceMap: !hasLeft
    default: !hasLeft && !isDeleting
    }
  }

  /// An event of the PG's own, of this moment.
  func feed(_ event: PeeringEvent) { feed(PGPeeringEvent(at: map.epoch, event)) }

  private func handle(_ event: PGPeeringEvent) {
    if !isPrimary { takeClock(for: event.event) }
    guard !awaitsScans(before: event) else { return }
    perform(peering.handle(event, at: peeringTime))
  }

  /// A lease is by the primary's clock.
  private func takeClock(for event: PeeringEvent) {
    switch event {
    case .lease, .info, .log: break
    default: return
    }
    let primary = peering.primary.osd
    peering.peerClocks = [primary: shard.host?.clock(of: primary) ?? ClockDelta()]
  }

  func perform(_ actions: [PeeringAction]) {
    var effects = PeeringEffects()
    for action in actions { perform(action, &effects) }
    finish(effects)
  }

  var peeringTime: PeeringTime {
    PeeringTime(
      monotonic: TimeSpan(nanoseconds: Int64(clamping: reactor.clock.now.nanoseconds)), wall: now)
  }

  private func perform(_ action: PeeringAction, _ effects: inout PeeringEffects) {
    switch action {
    case .send(let message, let osd): effects.messages.append((message, osd))
    case .wantPGTemp(let acting): shard.host?.wantPGTemp(id.pgID, acting)
    case .clearWantPGTemp: shard.host?.wantPGTemp(id.pgID, nil)
    case .wantUpThrough(let epoch): shard.wantUpThrough(epoch)
    case .heartbeatPeers(let osds): heartbeatPeers = osds
    case .probeTargets(let targets): probeTargets = Set(targets.map(\.osd))
    case .tellCreated: shard.host?.pgCreated(id.pgID)
    case .mergeReadiness(let readiness): shard.host?.mergeReadiness(id.pgID, readiness)

    case .persist(let changes): effects.changes = changes
    case .removeObject(let object): effects.transaction.remove(stored(object), in: collection.id)
    // Nothing is kept for it here: that a write failed, as stock OSDs record it, only looks as if.
    case .rollBack, .rollForward, .trimRollback: break
    case .whenCommitted(let event), .flush(let event): effects.whenCommitted.append(event)

    case .schedule(let event, let delay): schedule(event, after: delay)
    case .requestLocalReservation, .updateLocalReservation, .cancelLocalReservation,
      .requestRemoteReservation, .cancelRemoteReservation, .releaseRecoverySpace,
      .requestDeleteReservation, .cancelDeleteReservation:
      reserve(action)

    case .change: endInterval()
    case .newInterval: beginInterval()
    case .roleChange: break
    case .poolChange: scheduleScrub()
    case .clearPrimaryState: clearRecovery()
    case .activate: activate()
    case .activateComplete: activateComplete()
    case .replicaActivated: for op in waitingForActive.takeAll() { enter(op) }
    case .activeExit: break
    case .clean: reactor.atEndOfTick { [weak self] in self?.scrubRepaired() }
    case .activeMapChanged: recoverSoon()
    case .recheckReadable: wakeReadable()
    case .checkRecoverySources(let map): forgetSources(downIn: map)
    case .missingChanged: wakeMissing()

    case .startRecovery: recover()
    case .startBackfill: backfill()
    case .cancelBackfill, .stopRecovery: recovery.stop()
    case .deleteSlice: delete()

    case .publishStats, .clearPublishStats: publishState()
    case .historyChange: scheduleScrub()
    case .log(let level, let text): write(level, text)
    case .fail(let reason): fail(reason)
    }
  }

  private func write(_ level: PeeringLogLevel, _ text: String) {
    switch level {
    case .debug(let level): shard.log.write(.osd, Int8(clamping: level), self, text)
    case .clusterInfo: say(.info, text)
    case .clusterWarning: say(.warning, text)
    case .clusterError: say(.error, text)
    }
  }

  /// For the cluster's log, whose client writes it to the daemon's own too.
  func say(_ level: LogEntry.Level, _ text: String) { shard.host?.tell(level, text) }

  private func schedule(_ event: PGPeeringEvent, after delay: TimeSpan) {
    reactor.schedule(after: .nanoseconds(delay.nanoseconds)) { [weak self] in self?.feed(event) }
  }

  /// What the machine changed is durable before anything that follows from its being durable.
  private func finish(_ effects: PeeringEffects) {
    var transaction = effects.transaction
    if let merging, effects.changes != nil {
      self.merging = nil
      transaction = merging
      transaction.append(effects.transaction)
    }
    if let changes = effects.changes { write(changes, into: &transaction) }
    if !transaction.isEmpty || !effects.whenCommitted.isEmpty {
      let events = effects.whenCommitted
      nonisolated(unsafe) let pg = self
      store.queue(transaction, on: collection) { for event in events { pg.feed(event) } }
    }
    for (message, osd) in effects.messages { shard.host?.send(message.encoded, to: osd, map.epoch) }
  }
}

/// What is to be done when all of an event's actions are known.
private struct PeeringEffects {
  var transaction = Transaction()
  var changes: PeeringChanges?
  var whenCommitted: [PGPeeringEvent] = []
  var messages: [(PeeringMessage, Int32)] = []
}

extension PeeringMessage {
  fileprivate var encoded: RawMessage {
    switch self {
    case .notify(let message): RawMessage(encoding: message)
    case .query(let message): RawMessage(encoding: message)
    case .info(let message): RawMessage(encoding: message)
    case .log(let message): RawMessage(encoding: message)
    case .lease(let message): RawMessage(encoding: message)
    case .leaseAck(let message): RawMessage(encoding: message)
    case .trim(let message): RawMessage(encoding: message)
    case .remove(let message): RawMessage(encoding: message)
    case .recoveryReserve(let message): RawMessage(encoding: message)
    case .backfillReserve(let message): RawMessage(encoding: message)
    }
  }
}
