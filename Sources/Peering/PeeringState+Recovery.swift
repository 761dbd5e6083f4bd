import ClusterMaps
import RadosTypes

/// Recovery by the log, as the primary goes through it: reservations here and at the members, then
/// objects.
extension PeeringState {
  func activating(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.allReplicasRecovered): transit(to: .recovered)
    case .outer(.doRecovery): transit(to: .waitLocalRecoveryReserved)
    case .outer(.requestBackfill): transit(to: .waitLocalBackfillReserved)
    default: false
    }
  }

  // MARK: WaitLocalRecoveryReserved

  func enterWaitLocalRecoveryReserved() {
    if actingRecoveryBackfill.contains(where: { map.state($0.osd).contains(.full) }) {
      return post(.recoveryTooFull)
    }
    state.remove(.recoveryTooFull)
    state.insert(.recoveryWait)
    actions.append(
      .requestLocalReservation(
        priority: recoveryPriority, grant: event(.localRecoveryReserved),
        preempt: event(.deferRecovery(delay: .zero))))
    publishStats()
  }

  func waitLocalRecoveryReserved(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.localRecoveryReserved): return transit(to: .waitRemoteRecoveryReserved)
    case .outer(.recoveryTooFull):
      state.insert(.recoveryTooFull)
      retry(.doRecovery, after: settings.recoveryRetry)
      return transit(to: .notRecovering)
    default: return false
    }
  }

  func retry(_ event: PeeringEvent, after delay: TimeSpan) {
    actions.append(.schedule(self.event(event), after: delay))
  }

  // MARK: WaitRemoteRecoveryReserved

  func enterWaitRemoteRecoveryReserved() {
    stageState.asked = 0
    post(.remoteRecoveryReserved(from: nil))
  }

  func waitRemoteRecoveryReserved(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.remoteRecoveryReserved):
      if stageState.asked < stageState.recoveryShards.count {
        sendRecoveryReserve(
          .request, to: stageState.recoveryShards[stageState.asked], priority: recoveryPriority)
        stageState.asked += 1
      } else {
        post(.allRemotesReserved)
      }
      return true
    case .allRemotesReserved: return transit(to: .recovering)
    default: return false
    }
  }

  // MARK: Recovering

  func enterRecovering() {
    state.subtract([.recoveryWait, .recoveryTooFull])
    state.insert(.recovering)
    actions.append(.startRecovery)
    publishStats()
  }

  private func releaseRecoveryReservations() {
    for member in stageState.recoveryShards { sendRecoveryReserve(.release, to: member) }
    actions.append(.cancelLocalReservation)
  }

  func recovering(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.allReplicasRecovered):
      precondition(!needsRecovery, "\(id): recovered, but \(missing.count) objects are missing")
      state.remove(.forcedRecovery)
      releaseRecoveryReservations()
      return transit(to: .recovered)
    case .outer(.requestBackfill):
      precondition(!needsRecovery, "\(id): to be backfilled while \(missing.count) are missing")
      state.remove(.forcedRecovery)
      releaseRecoveryReservations()
      publishStats()
      // Those who recovered asynchronously act again, since a backfill takes long.
      if !asyncRecoveryTargets.isEmpty { chooseActingAgain() }
      return transit(to: .waitLocalBackfillReserved)
    case .outer(.deferRecovery(let delay)):
      state.insert(.recoveryWait)
      stopRecovering()
      retry(.doRecovery, after: delay)
      return transit(to: .notRecovering)
    case .outer(.unfoundRecovery):
      state.insert(.recoveryUnfound)
      stopRecovering()
      return transit(to: .notRecovering)
    default: return false
    }
  }

  private func stopRecovering() {
    releaseRecoveryReservations()
    actions.append(.stopRecovery)
  }

  private func chooseActingAgain() {
    var bound = false
    chooseActing(restrictedToUpActing: true, isBoundByHistory: &bound)
  }

  func enterNotRecovering() {
    state.remove(.repair)
    publishStats()
  }

  func notRecovering(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.doRecovery): transit(to: .waitLocalRecoveryReserved)
    case .outer(.deferRecovery), .outer(.unfoundRecovery): true
    default: false
    }
  }

  // MARK: Recovered, Clean

  func enterRecovered() {
    precondition(!needsRecovery, "\(id): recovered, but \(missing.count) objects are missing")
    // How much each lacks decides who shall act.
    updateCalculatedStats()
    if Int(pool.size) <= actingRecoveryBackfill.count {
      state.subtract([.forcedBackfill, .forcedRecovery])
      publishStats()
    }
    if acting != up || !asyncRecoveryTargets.isEmpty { chooseActingAgain() }
    goCleanIfPossible()
  }

  /// Not before nobody can serve reads of an earlier interval any more: clean, the PG forgets its past,
  /// and with it who that could be.
  func goCleanIfPossible() {
    if stageState.areAllReplicasActivated, asyncRecoveryTargets.isEmpty, !state.contains(.wait) {
      post(.goClean)
    }
  }

  func recovered(_ event: InnerEvent) -> Bool {
    switch event {
    case .goClean: return transit(to: .clean)
    case .outer(.doRecovery): return transit(to: .waitLocalRecoveryReserved)
    default: return false
    }
  }

  func enterClean() {
    precondition(
      info.lastComplete == info.lastUpdate,
      "\(id): clean, but complete only up to \(info.lastComplete) of \(info.lastUpdate)")
    markClean()
    actions.append(.clean)
    actions.append(.whenCommitted(event(.cleanCommitted)))
  }

  /// With all copies in place the past does not matter any more.
  private func markClean() {
    if actingSet.count == Int(pool.size) {
      state.insert(.clean)
      info.history.lastEpochClean = epoch
      info.history.lastIntervalClean = info.history.sameIntervalSince
      pastIntervals.clear()
      markDirty(big: true)
    }
    if !isActive, isPeered, isClean { tellReady() }
    state.subtract([.forcedRecovery, .forcedBackfill])
    shareInfo()
    publishStats()
    clearRecoveryState()
  }

  private func tellReady() {
    let merge = pool.pendingMerge(of: id.pgID)
    if merge.target {
      actions.append(
        .mergeReadiness(
          .targetReady(
            info.lastUpdate, lastEpochStarted: info.history.lastEpochStarted,
            lastEpochClean: info.history.lastEpochClean)))
    } else if merge.source {
      actions.append(.mergeReadiness(.sourceReady(info.lastUpdate)))
    }
  }

  func clean(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.doRecovery): return transit(to: .waitLocalRecoveryReserved)
    case .outer(.setForceRecovery(true)), .outer(.setForceBackfill(true)): return true
    case .outer(.cleanCommitted):
      // Only now are the copies elsewhere not needed any more.
      if isClean { purgeStrays() }
      publishStats()
      return true
    default: return false
    }
  }
}
