import RadosTypes

/// Backfill, as the primary goes through it: reservations here and at the targets, then objects.
extension PeeringState {
  // MARK: WaitLocalBackfillReserved

  func enterWaitLocalBackfillReserved() {
    state.insert(.backfillWait)
    actions.append(
      .requestLocalReservation(
        priority: backfillPriority, grant: event(.localBackfillReserved),
        preempt: event(.deferBackfill(delay: .zero))))
    publishStats()
  }

  func waitLocalBackfillReserved(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.localBackfillReserved): transit(to: .waitRemoteBackfillReserved)
    case .outer(.remoteBackfillReserved): true
    default: false
    }
  }

  // MARK: WaitRemoteBackfillReserved

  func enterWaitRemoteBackfillReserved() {
    stageState.asked = 0
    state.insert(.backfillWait)
    publishStats()
    post(.remoteBackfillReserved(from: nil))
  }

  func waitRemoteBackfillReserved(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.remoteBackfillReserved):
      requestNextBackfill()
      return true
    case .allBackfillsReserved: return transit(to: .backfilling)
    case .outer(.remoteReservationRejectedTooFull):
      state.insert(.backfillTooFull)
      retryBackfill()
      return transit(to: .notBackfilling)
    case .outer(.remoteReservationRevoked):
      retryBackfill()
      return transit(to: .notBackfilling)
    default: return false
    }
  }

  private func requestNextBackfill() {
    guard stageState.asked < stageState.backfillShards.count else {
      peerBytes = [:]
      return post(.allBackfillsReserved)
    }
    let target = stageState.backfillShards[stageState.asked]
    sendBackfillReserve(
      .request, to: target, priority: backfillPriority,
      space: RecoverySpace(
        primaryBytes: info.stats.sum.bytes, localBytes: peerBytes[target] ?? 0))
    stageState.asked += 1
  }

  private func retryBackfill() {
    actions.append(.cancelLocalReservation)
    for target in stageState.backfillShards.prefix(stageState.asked) {
      sendBackfillReserve(.release, to: target)
    }
    state.remove(.backfillWait)
    publishStats()
    retry(.requestBackfill, after: settings.backfillRetry)
  }

  // MARK: Backfilling

  func enterBackfilling() {
    state.subtract([.backfillTooFull, .backfillWait])
    state.insert(.backfilling)
    actions.append(.startBackfill)
    publishStats()
  }

  private func releaseBackfillReservations() {
    actions.append(.cancelLocalReservation)
    for target in stageState.backfillShards { sendBackfillReserve(.release, to: target) }
  }

  private func cancelBackfill() {
    releaseBackfillReservations()
    actions.append(.cancelBackfill)
  }

  func backfilling(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.backfilled):
      releaseBackfillReservations()
      return transit(to: .recovered)
    case .outer(.deferBackfill(let delay)):
      state.insert(.backfillWait)
      cancelBackfill()
      retry(.requestBackfill, after: delay)
      return transit(to: .notBackfilling)
    case .outer(.unfoundBackfill):
      state.insert(.backfillUnfound)
      cancelBackfill()
      return transit(to: .notBackfilling)
    case .outer(.remoteReservationRevokedTooFull), .outer(.remoteReservationRejectedTooFull):
      state.insert(.backfillTooFull)
      cancelBackfill()
      retry(.requestBackfill, after: settings.backfillRetry)
      return transit(to: .notBackfilling)
    case .outer(.remoteReservationRevoked):
      // Else it is over already, and what says so is on its way.
      guard needsBackfill else { return true }
      state.insert(.backfillWait)
      cancelBackfill()
      return transit(to: .waitLocalBackfillReserved)
    default: return false
    }
  }

  func notBackfilling(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.requestBackfill): transit(to: .waitLocalBackfillReserved)
    case .outer(.remoteBackfillReserved), .outer(.remoteReservationRejectedTooFull): true
    default: false
    }
  }
}

extension PeeringEvent {
  /// Whether a backfill that is under way ends by it before all is copied.
  package var endsBackfillEarly: Bool {
    switch self {
    case .deferBackfill, .unfoundBackfill, .remoteReservationRejectedTooFull,
      .remoteReservationRevokedTooFull, .remoteReservationRevoked:
      true
    default: false
    }
  }
}
