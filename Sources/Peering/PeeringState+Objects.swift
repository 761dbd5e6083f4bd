import RadosTypes

/// Objects that come back: what the driver tells of recovery and backfill. What must be written is
/// noted; `takeChanges` gives it for the transaction at hand.
extension PeeringState {
  /// What calls outside of events have left to do, such as reports; nothing that must be written.
  package func flushActions() -> [PeeringAction] {
    defer { actions = [] }
    return actions
  }

  /// What has changed since the last event, to go into a transaction that the driver makes now.
  package func takeChanges() -> PeeringChanges {
    changes.log.missing.formUnion(missing.changed)
    missing.didPersist()
    defer { changes = PeeringChanges() }
    return changes
  }

  /// The information, as it is now, goes into a transaction of the driver's.
  package func didWriteInfo() { persistedEpoch = epoch }

  // MARK: Here

  /// The object is here, in this version. Source: `PeeringState::recover_got`.
  package func recoverGot(_ object: HObject, _ version: EVersion, isDelete: Bool = false) {
    if version > log.canRollbackTo { rollForward(to: version) }
    if missing.contains(object, at: version) {
      missing.got(object, version)
      info.stats.sum.objectsMissing = Int64(missing.count)
      raiseLastComplete()
    }
    if isPrimary, !isDelete { missingLocation.add(object, at: whoami) }
    markDirty()
  }

  private func raiseLastComplete() {
    let complete =
      missing.isEmpty ? info.lastUpdate : log.newest(below: missing.oldestNeed) ?? .zero
    info.lastComplete = max(info.lastComplete, complete)
  }

  /// Everybody who gets the writes has the object.
  package func objectRecovered(_ object: HObject) { missingLocation.recovered(object) }

  /// The object was found to be damaged, or gone: these lack it. Source: `force_object_missing`.
  package func forceMissing(_ object: HObject, _ version: EVersion, at members: Set<PGShard>) {
    let item = MissingItem(need: version, cleanRegions: .fullyDirty)
    for member in members {
      if member == whoami {
        missing.set(object, item)
        resetLastComplete()
      } else {
        peerMissing[member, default: MissingSet()].set(object, item)
      }
    }
    rebuildLocation(of: object)
    markDirty()
  }

  /// Source: `MissingLoc::rebuild`.
  func rebuildLocation(of object: HObject) {
    missingLocation.recovered(object)
    let others = actingRecoveryBackfill.lazy.filter { $0 != self.whoami }
    guard
      let item = missing[object] ?? others.compactMap({ self.peerMissing[$0]?[object] }).first
    else { return }
    missingLocation.addMissing(
      object, need: item.need, have: item.have, isDelete: item.isDelete)
    guard !item.isDelete else { return }
    if !missing.contains(object) { missingLocation.add(object, at: whoami) }
    for (member, lacks) in peerMissing where member != whoami {
      guard let theirs = peerInfo[member], item.need <= theirs.lastUpdate,
        object <= theirs.lastBackfill, !lacks.contains(object)
      else { continue }
      missingLocation.add(object, at: member)
    }
  }

  // MARK: At the members

  /// A push to the member begins: what it has of the object is not to be relied on.
  package func beginPeerRecover(_ member: PGShard, _ object: HObject) {
    peerMissing[member]?.reviseHave(object, .zero)
  }

  /// The member has the object, in this version. What a write has outdated meanwhile does not count;
  /// the driver lets none begin while a push is under way.
  package func onPeerRecover(_ member: PGShard, _ object: HObject, _ version: EVersion) {
    publishStats()
    guard let item = peerMissing[member]?[object], item.need <= version || item.isDelete else {
      return
    }
    peerMissing[member]?.got(object, version)
    peerMissing[member]?.didPersist()
    missingLocation.add(object, at: member)
  }

  /// A backfill target lacks the object in this version; it will be pushed like others.
  package func prepareBackfill(of object: HObject, _ version: EVersion, at members: [PGShard]) {
    for member in members {
      peerMissing[member, default: MissingSet()].set(
        object, MissingItem(need: version, cleanRegions: .fullyDirty))
    }
  }

  // MARK: Backfill

  /// Where the first of the backfills stands; the greatest object when there are none.
  package var earliestBackfill: HObject {
    backfillTargets.compactMap { peerInfo[$0]?.lastBackfill }.min() ?? .max
  }

  /// Primary: the target has all objects up to here.
  package func updatePeerLastBackfill(_ member: PGShard, _ position: HObject) {
    peerInfo[member]?.lastBackfill = position
    if position.isMax { peerInfo[member]?.stats = info.stats }
  }

  /// Primary: an object beyond the target's position has been copied to it.
  package func addBackfillStats(_ sum: ObjectStatSum, of object: HObject, at target: PGShard) {
    guard let theirs = peerInfo[target], object > theirs.lastBackfill else { return }
    peerInfo[target]?.stats.sum += sum
  }

  /// Target: has everything up to here, says the primary (MOSDPGBackfill).
  package func updateBackfillProgress(
    _ position: HObject, _ stats: PGStat, preservingLocalBytes: Bool
  ) {
    let bytes = info.stats.sum.bytes
    info.lastBackfill = position
    info.stats = stats
    if preservingLocalBytes { info.stats.sum.bytes = bytes }
    markDirty()
  }

  package func updateHitSets(_ history: HitSetHistory) { info.hitSets = history }

  // MARK: What an op may touch

  package func isMissing(_ object: HObject) -> Bool { missing.contains(object) }

  /// Whether some copy may lack something.
  package var mayLack: Bool {
    !missingLocation.needsRecovery.isEmpty || !missing.isEmpty || !backfillTargets.isEmpty
  }

  /// Missing here, or a delete of it is outstanding, so that reads must wait.
  package func isUnreadable(_ object: HObject) -> Bool {
    missing.contains(object)
      || !missingLocation.isReadable(object, acting: actingSet, at: whoami, predicates)
  }

  /// Somebody who acts, or is backfilled up to here, lacks it: writes must wait. Those who recover
  /// asynchronously do not count.
  package func isDegraded(_ object: HObject) -> Bool {
    if missing.contains(object) { return true }
    return actingRecoveryBackfill.contains {
      $0 != whoami && !asyncRecoveryTargets.contains($0)
        && peerMissing[$0]?.contains(object) == true
    }
  }

  /// Members who lack something, those with the least first, those who recover asynchronously last.
  ///
  /// Source: `get_replica_recovery_order`.
  package var replicaRecoveryOrder: [PGShard] {
    let lacking = actingRecoveryBackfill.filter {
      $0 != primary && peerMissing[$0]?.isEmpty == false
    }
    return lacking.sorted { left, right in
      let (a, b) = (asyncRecoveryTargets.contains(left), asyncRecoveryTargets.contains(right))
      if a != b { return b }
      let (m, n) = (peerMissing[left]?.count ?? 0, peerMissing[right]?.count ?? 0)
      return m != n ? m < n : left < right
    }
  }
}
