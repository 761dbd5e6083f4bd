import Messages
import RadosTypes

/// Messages and events to be.
extension PeeringState {
  /// To one of the PG's other holders. Waits while what this copy has is not durable.
  func send(_ message: PeeringMessage, to osd: Int32) {
    if heldBack != nil {
      heldBack?.append(.send(message, to: osd))
    } else {
      actions.append(.send(message, to: osd))
    }
  }

  /// The PG as that holder names it.
  func pg(at member: PGShard) -> ShardPGID { ShardPGID(id.pgID, shard: member.shard) }

  /// An event of now.
  func event(_ event: PeeringEvent) -> PGPeeringEvent { PGPeeringEvent(at: epoch, event) }

  func sendQuery(_ kind: PGQuery.Kind, since: EVersion = .zero, to member: PGShard) {
    let query = PGQuery(
      kind, since: since, history: info.history, epochSent: epoch, to: member.shard,
      from: whoami.shard)
    send(.query(MOSDPGQuery2(pgID: pg(at: member), query: query)), to: member.osd)
  }

  func sendNotify(to member: PGShard, queryEpoch: UInt32) {
    let notify = PGNotify(
      queryEpoch: queryEpoch, epochSent: epoch, info: info, to: member.shard, from: whoami.shard,
      pastIntervals: pastIntervals)
    send(.notify(MOSDPGNotify2(pgID: pg(at: member), notify: notify)), to: member.osd)
  }

  func sendInfo(
    _ info: PGInfo, to member: PGShard, lease: PGLease? = nil, ack: PGLeaseAck? = nil
  ) {
    let message = MOSDPGInfo2(
      pgID: pg(at: member), epochSent: epoch, minEpoch: epoch, info: info, lease: lease,
      leaseAck: ack)
    send(.info(message), to: member.osd)
  }

  func sendRecoveryReserve(
    _ kind: RecoveryReserveKind, to member: PGShard, priority: UInt32 = 0
  ) {
    let message = MRecoveryReserve(
      pgID: pg(at: member), queryEpoch: epoch, kind: kind.rawValue, reservePriority: priority)
    send(.recoveryReserve(message), to: member.osd)
  }

  /// The priority of all but requests is what an unset one is in Ceph.
  func sendBackfillReserve(
    _ kind: BackfillReserveKind, to member: PGShard, priority: UInt32 = .max,
    space: RecoverySpace = RecoverySpace(primaryBytes: 0, localBytes: 0)
  ) {
    let message = MBackfillReserve(
      pgID: pg(at: member), queryEpoch: epoch, kind: kind.rawValue, reservePriority: priority,
      primaryBytes: space.primaryBytes, shardBytes: space.localBytes)
    send(.backfillReserve(message), to: member.osd)
  }

  /// Tells a primary that does not know that there is a copy here.
  func notifyPrimary() {
    guard sendsNotify, primary.osd >= 0 else { return }
    info.history.refreshPriorReadable(now: now.monotonic, until: lease.priorReadableUntilBound)
    sendNotify(to: primary, queryEpoch: epoch)
  }

  func publishStats() { actions.append(.publishStats) }

  /// What changed in the log and in what is missing goes with the next writing.
  func apply(_ merge: PGLog.Merge) {
    info = merge.info
    missing = merge.missing
    actions += merge.effects
    changes.log.formUnion(merge.changes)
    if merge.isChanged { markDirty(big: true) }
  }

  func markDirty(big: Bool = false) {
    changes.info = true
    if big { changes.bigInfo = true }
  }
}

extension PGLogChanges {
  mutating func formUnion(_ other: PGLogChanges) {
    entriesFrom = min(entriesFrom, other.entriesFrom)
    entriesThrough = max(entriesThrough, other.entriesThrough)
    dups = dups || other.dups
    removed.formUnion(other.removed)
    isTrimmed = isTrimmed || other.isTrimmed
    isReplaced = isReplaced || other.isReplaced
    missing.formUnion(other.missing)
  }
}

extension PeeringState {
  func sendRemove(to member: PGShard) {
    send(.remove(MOSDPGRemove(epoch: epoch, pgs: [pg(at: member)])), to: member.osd)
  }
}

extension PeeringState {
  func sendTrim(to member: PGShard, _ version: EVersion) {
    send(
      .trim(MOSDPGTrim(epoch: epoch, pgID: pg(at: member), trimTo: version)), to: member.osd)
  }
}
