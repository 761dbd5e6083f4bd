import ClusterMaps
import Messages
import RadosTypes

/// Active: the members agree; once they all have that on disk, the PG serves.
extension PeeringState {
  func enterActive() {
    precondition(isPrimary, "\(id): active, but not primary")
    stageState.recoveryShards = oneForEachOSD(actingRecoveryBackfill)
    stageState.backfillShards = oneForEachOSD(backfillTargets)
    stageState.areAllReplicasActivated = false
    activate(epoch: epoch)
    blockedBy = Set(actingRecoveryBackfill.filter { $0 != whoami }.map(\.osd))
    publishStats()
  }

  /// Reservations are made with OSDs, not with shards.
  private func oneForEachOSD(_ members: Set<PGShard>) -> [PGShard] {
    var seen: Set<Int32> = []
    return members.sorted().filter { $0 != whoami && seen.insert($0.osd).inserted }
  }

  func exitActive() {
    actions.append(.cancelLocalReservation)
    blockedBy = []
    state.subtract([
      .activating, .degraded, .undersized, .backfillTooFull, .backfillWait, .recoveryWait,
      .recoveryTooFull,
    ])
    actions.append(.activeExit)
  }

  func active(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.advanceMap(_, let new)):
      if !restartsPeering(new) { advanceActive() }
      return false
    case .outer(.activateMap):
      actions.append(.activeMapChanged)
      if hasUnfound { discoverAllMissing() }
      complainOfUnfound()
      return false
    case .outer(.notify(let notify, let from)): lateNotify(notify, from)
    case .outer(.trim(let version, let from)): took(version, at: from)
    case .outer(.info(let message, let from)): activated(message, from)
    case .outer(.log(let message, let from)): lateLog(message, from)
    case .outer(.activateCommitted): activated(whoami)
    case .allReplicasActivated: allReplicasActivated()
    case .outer(.renewLease):
      renewLease()
      sendLease()
      scheduleRenewLease()
      // Alone, nobody's answer will say so.
      if state.contains(.laggy), now.monotonic < lease.readableUntil { recheckReadable() }
    case .outer(.leaseAck(let ack, let from)): take(ack, from: from)
    case .outer(.checkReadable): recheckReadable()
    case .outer(.backfilled), .outer(.deferRecovery), .outer(.deferBackfill),
      .outer(.unfoundRecovery), .outer(.unfoundBackfill), .outer(.doRecovery),
      .outer(.remoteReservationRevoked), .outer(.remoteReservationRevokedTooFull):
      break
    default: return false
    }
    return true
  }

  private func complainOfUnfound() {
    let unfound = unfoundCount
    guard unfound > 0, areAllUnfoundQueriedOrLost else { return }
    complain("has \(unfound) objects unfound and apparently lost")
  }

  // MARK: Maps

  private func advanceActive() {
    if changes.bigInfo {
      shareInfo()
      publishStats()
    }
    askAgainIfWantedIsDown()
    if before.pool(id.pool)?.size != pool.size {
      if Int(pool.size) <= actingSet.count {
        state.remove(.undersized)
      } else {
        state.insert(.undersized)
      }
      publishStats()
    }
    if checkPriorReadableDown() { recheckReadable() }
  }

  /// Strays that were asked for may have gone down before the map could be made.
  private func askAgainIfWantedIsDown() {
    let isGone = wantActing.enumerated().contains { place, osd in
      guard osd != PGShard.noOSD, map.isDown(osd) else { return false }
      let shard = pool.isErasure ? Int8(truncatingIfNeeded: place) : ShardPGID.noShard
      let member = PGShard(osd: osd, shard: shard)
      return !isActing(member) && !isUp(member)
    }
    guard isGone else { return }
    removeDownPeers()
    var bound = false
    chooseActing(onlyAsks: true, isBoundByHistory: &bound)
  }

  // MARK: News from others

  /// A holder that was not there before; it may have what is missing, or be better to act.
  private func lateNotify(_ notify: PGNotify, _ from: PGShard) {
    guard peerInfo[from] == nil, !peerPurged.contains(from) else { return }
    learn(notify.info, of: from, sent: notify.epochSent)
    if hasUnfound || (state.contains(.degraded) && mightHaveUnfound.contains(from)) {
      discoverAllMissing()
    }
    var bound = false
    chooseActing(onlyAsks: true, isBoundByHistory: &bound)
  }

  /// Whoever recovers goes on, also one that does not serve, for want of copies or because it is about to
  /// be merged: the merge waits for it to be clean. Ceph goes on only if it serves
  /// (`PeeringState::Active::react(const MLogRec&)`).
  private func lateLog(_ message: MOSDPGLog, _ from: PGShard) {
    guard isUsable(message, from: from), !actingRecoveryBackfill.contains(from) else { return }
    peerMissingRequested.remove(from)
    judge(message, from: from)
    guard searchForMissing(at: from), isPeered else { return }
    post(state.contains(.backfillUnfound) ? .requestBackfill : .doRecovery)
  }

  // MARK: Activation

  private func activated(_ message: MOSDPGInfo2, _ from: PGShard) {
    if let ack = message.leaseAck { take(ack, from: from.osd) }
    // Its history is not taken over: that all have activated is for this copy to say.
    activated(from)
  }

  private func activated(_ member: PGShard) {
    guard actingRecoveryBackfill.contains(member), peerActivated.insert(member).inserted else {
      return
    }
    blockedBy.remove(member.osd)
    publishStats()
    guard peerActivated.count == actingRecoveryBackfill.count else { return }
    renewLease()
    sendLease()
    scheduleRenewLease()
    updateCalculatedStats()
    post(.allReplicasActivated)
  }

  private func allReplicasActivated() {
    stageState.areAllReplicasActivated = true
    state.subtract([.activating, .creating, .premerge])
    let merge = pool.pendingMerge(of: id.pgID)
    if merge.source || merge.target {
      state.formUnion([.peered, .premerge])
      if actingSet.count != Int(pool.size) { tellNotReady(isTarget: merge.target) }
    } else {
      state.insert(isActingSetWriteable ? .active : .peered)
    }
    waitForPriorReads()
    if pool.flags.contains(.creating) { actions.append(.tellCreated) }
    info.history.lastEpochStarted = info.lastEpochStarted
    info.history.lastIntervalStarted = info.lastIntervalStarted
    markDirty()
    shareInfo()
    publishStats()
    actions.append(.activateComplete)
    // What is there to do: to recover, to backfill, or nothing.
    post(needsRecovery ? .doRecovery : needsBackfill ? .requestBackfill : .allReplicasRecovered)
  }

  private func tellNotReady(isTarget: Bool) {
    let source = PGID(pool: id.pool, seed: pool.pgCountPending)
    actions.append(
      .mergeReadiness(isTarget ? .targetNotReady(source: source) : .sourceNotReady))
  }

  /// Nothing is served while a member of an earlier interval may still serve what was written over.
  private func waitForPriorReads() {
    if lease.priorReadableDown.isEmpty { clearPriorReadable() }
    guard lease.priorReadableUntilBound > now.monotonic else { return }
    state.insert(.wait)
    scheduleCheckReadable()
  }

  func scheduleCheckReadable() {
    actions.append(
      .schedule(
        PGPeeringEvent(at: lastPeeringReset, .checkReadable),
        after: lease.priorReadableUntilBound - now.monotonic))
  }
}
