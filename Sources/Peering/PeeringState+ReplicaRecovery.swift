import RadosTypes

/// What a replica gives to recovery and backfill: a place among its own. Revoked, it waits for the
/// primary to give it back.
extension PeeringState {
  func repNotRecovering(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.requestRecoveryPriority(let priority)):
      actions.append(
        .requestRemoteReservation(
          priority: priority != 0 ? priority : recoveryPriority,
          grant: self.event(.remoteRecoveryReserved(from: nil)),
          preempt: self.event(.remoteRecoveryPreempted), space: nil))
      return transit(to: .repWaitRecoveryReserved)
    case .outer(.requestBackfillPriority(let priority, let primaryBytes, let localBytes)):
      actions.append(
        .requestRemoteReservation(
          priority: priority, grant: self.event(.remoteBackfillReserved(from: nil)),
          preempt: self.event(.remoteBackfillPreempted),
          space: RecoverySpace(primaryBytes: primaryBytes, localBytes: localBytes)))
      return transit(to: .repWaitBackfillReserved)
    case .outer(.rejectTooFullRemoteReservation):
      rejectReservation()
      return true
    // Too late: it has been given back.
    case .outer(.remoteRecoveryReserved), .outer(.remoteBackfillReserved): return true
    case .outer(.remoteReservationRejectedTooFull), .outer(.remoteReservationCanceled),
      .outer(.recoveryDone):
      return true
    default: return false
    }
  }

  private func rejectReservation() {
    actions.append(.releaseRecoverySpace)
    sendBackfillReserve(.rejectTooFull, to: primary)
  }

  func repWaitRecoveryReserved(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.remoteRecoveryReserved):
      sendRecoveryReserve(.grant, to: primary)
      return transit(to: .repRecovering)
    case .outer(.remoteReservationCanceled), .outer(.remoteReservationRejectedTooFull),
      .outer(.recoveryDone):
      releaseRemoteReservation()
      return transit(to: .repNotRecovering)
    default: return false
    }
  }

  func repWaitBackfillReserved(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.remoteBackfillReserved):
      sendBackfillReserve(.grant, to: primary)
      return transit(to: .repRecovering)
    case .outer(.rejectTooFullRemoteReservation):
      rejectReservation()
      return transit(to: .repNotRecovering)
    case .outer(.remoteReservationRejectedTooFull), .outer(.remoteReservationCanceled):
      releaseRemoteReservation()
      return transit(to: .repNotRecovering)
    default: return false
    }
  }

  func repRecovering(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.recoveryDone), .outer(.remoteReservationRejectedTooFull),
      .outer(.remoteReservationCanceled):
      return transit(to: .repNotRecovering)
    case .outer(.remoteRecoveryPreempted):
      actions.append(.releaseRecoverySpace)
      sendRecoveryReserve(.revoke, to: primary)
    case .outer(.remoteBackfillPreempted):
      actions.append(.releaseRecoverySpace)
      sendBackfillReserve(.revoke, to: primary)
    case .outer(.backfillTooFull):
      actions.append(.releaseRecoverySpace)
      sendBackfillReserve(.revokeTooFull, to: primary)
    default: return false
    }
    return true
  }
}
