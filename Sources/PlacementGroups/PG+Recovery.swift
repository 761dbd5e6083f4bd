import Base
import Messages
import ObjectStores
import Peering
import RadosTypes
import Replication

/// Recovery as the primary: what is missing here is pulled, then what others lack is pushed or
/// deleted. Ceph: `PrimaryLogPG::start_recovery_ops`, `recover_primary`, `recover_replicas`.
extension PG {
  func recover() {
    recovery.isRunning = true
    recoverSoon()
  }

  /// In a turn, of `most` objects.
  func recoverMore(_ most: Int) {
    guard recovery.isRunning, !map.flags.contains(.noRecover) else { return }
    recovery.allowance = most
    let isStuck = !beginAllowed()
    if state.contains(.backfilling) {
      backfillMore()
      concludeUnfoundBackfill()
    } else if recovery.work.isEmpty, isStuck || nextToRecover() == nil {
      concludeRecovery()
    }
    // There may be more than this turn allows.
    if recovery.allowance == 0 { recoverSoon() }
    recovery.allowance = 0
  }

  /// False if there is something that nobody can give, neither as it is nor as it was.
  ///
  /// What cannot be read here is missing as soon as it is begun, and is come to again: others have it, or
  /// it is unfound.
  private func beginAllowed() -> Bool {
    while recovery.allowance > 0, let object = nextToRecover() {
      recovery.allowance -= 1
      begin(object)
      if recovery.work[object] == nil, peering.reversion(of: object) != nil { return false }
    }
    return true
  }

  private func concludeUnfoundBackfill() {
    guard recovery.work.isEmpty, peering.hasUnfound, recovery.plan != nil else { return }
    recovery.stop()
    feed(.unfoundBackfill)
  }

  /// Nothing is left that could be recovered by the log.
  private func concludeRecovery() {
    guard state.contains(.recovering) else { return }
    recovery.stop()
    if peering.unfoundCount > 0 {
      feed(.unfoundRecovery)
    } else {
      feed(peering.needsBackfill ? .requestBackfill : .allReplicasRecovered)
    }
  }

  /// The oldest that this copy lacks, then the oldest that the copy with the fewest lacks.
  private func nextToRecover() -> HObject? {
    if let object = peering.missing.objects(above: 0).first(where: canBegin) { return object }
    for member in peering.replicaRecoveryOrder {
      let next = peering.peerMissing[member]?.objects(above: 0).first {
        !peering.missing.contains($0) && canBegin($0)
      }
      if let next { return next }
    }
    return nil
  }

  private func canBegin(_ object: HObject) -> Bool {
    guard recovery.work[object] == nil else { return false }
    return !peering.missingLocation.isUnfound(object, peering.predicates)
      || peering.reversion(of: object) != nil
  }

  /// Has an object copied, or deleted, by whoever lacks it.
  func begin(_ object: HObject) {
    guard canBegin(object) else { return }
    let lacking = replicas.filter { peering.lacks(object, $0) }
    guard
      let item = peering.missing[object]
        ?? lacking.compactMap({ peering.peerMissing[$0]?[object] }).first
    else { return }
    recovery.work[object] = Recovery.Work(version: item.need)
    shard.perf.add(OpCounter.recoveryOps)
    countRecoveries()
    if item.isDelete {
      if peering.missing.contains(object) { deleteHere(object, item.need) }
      sendDeletes(object)
    } else if let entry = peering.reversion(of: object) {
      revert(object, item, by: entry)
    } else if peering.missing.contains(object) {
      pull(object, item)
    } else {
      push(object)
    }
  }

  /// All who get the writes have the object, or none has.
  func finish(_ object: HObject) {
    guard let work = recovery.work.removeValue(forKey: object) else { return }
    countRecoveries()
    peering.objectRecovered(object)
    var recovered = work.recovered
    recovered += work.pushes.recovered
    if state.contains(.repair) { recovered.objectsRepaired = recovered.objectsRecovered }
    info.stats.sum += recovered
    recovery.plan?.arrived(object)
    hasNews = true
    if let context = contexts.find(object), context.endCopy() { wake(context) }
    wake(waitingFor: object)
    scrubNoticesRecovery()
    recountIfNeeded()
    recoverSoon()
  }

  /// It could not be copied now; another source, or another time.
  func abandon(_ object: HObject) {
    recovery.work[object] = nil
    countRecoveries()
    if let context = contexts.find(object) {
      _ = context.endCopy()
      if peering.isMissing(object) { startOver(at: object) } else { wake(context) }
    }
    scrubNoticesRecovery()
    recoverSoon()
  }

  // MARK: Deleting

  private func deleteHere(_ object: HObject, _ version: EVersion) {
    var transaction = Transaction()
    transaction.remove(stored(object), in: collection.id)
    startOver(at: object)
    peering.recoverGot(object, version, isDelete: true)
    commitRecovered(&transaction) {}
  }

  /// Ceph: `PGBackend::recover_delete_object`.
  private func sendDeletes(_ object: HObject) {
    guard let version = recovery.work[object]?.version else { return }
    let lacking = replicas.filter { peering.lacks(object, $0) }
    guard !lacking.isEmpty else { return finish(object) }
    recovery.work[object]?.deletes = Set(lacking)
    for replica in lacking {
      for batch in settings.recovery.batches(of: [ObjectVersion(object, version)]) {
        send(
          MOSDPGRecoveryDelete(
            from: peering.whoami, pgID: ShardPGID(id.pgID, shard: replica.shard),
            epoch: map.epoch, minEpoch: peering.lastPeeringReset, cost: batch.cost,
            objects: batch.objects),
          to: replica.osd)
      }
    }
  }

  func receive(_ reply: MOSDPGRecoveryDeleteReply) {
    for deleted in reply.objects {
      guard recovery.work[deleted.object]?.deletes.remove(reply.from) != nil else { continue }
      peering.onPeerRecover(reply.from, deleted.object, deleted.version)
      if recovery.work[deleted.object]?.isIdle == true { finish(deleted.object) }
    }
  }

  // MARK: Both sides

  /// With the object comes what the log says of it, in one transaction.
  func commitRecovered(_ transaction: inout Transaction, then: @escaping () -> Void) {
    write(peering.takeChanges(), into: &transaction)
    let complete = info.lastComplete
    nonisolated(unsafe) let (pg, then) = (self, then)
    let interval = interval
    store.queue(transaction, on: collection) {
      guard interval == pg.interval else { return }
      pg.perform(pg.peering.recoveryCommitted(to: complete))
      then()
    }
  }

  func send(_ message: some Message, to osd: Int32) {
    let ofPool = pool.details.options.integer(.recoveryOpPriority) ?? 0
    let priority =
      ofPool > 0 ? UInt16(clamping: ofPool) : shard.all.recoveries.limits.messagePriority
    let raw = RawMessage(encoding: message, priority: priority, pool: reactor.pool)
    shard.host?.send(raw, to: osd, map.epoch)
  }
}

/// Ops that wait for an object to be copied.
extension PG {
  /// True if the op has to wait until its object is here, or, to write it, everywhere.
  func waitsForObject(_ op: ClientOp) -> Bool {
    guard peering.mayLack || !waitingForObject.isEmpty else { return false }
    let isWaiting =
      waitingForObject[op.head] != nil || peering.isUnreadable(op.head)
      || op.kind.isWriteOrdered && peering.isDegraded(op.head)
    guard isWaiting else { return false }
    shard.release(op)
    op.note(.missingObject, at: reactor.clock.now)
    waitingForObject[op.head, default: []].append(op)
    begin(op.head)
    return true
  }

  func wake(waitingFor object: HObject) {
    for op in waitingForObject.removeValue(forKey: object) ?? [] { enter(op) }
  }

  /// What is missing is known anew.
  func wakeMissing() {
    for object in waitingForObject.keys.sorted() { wake(waitingFor: object) }
  }
}
