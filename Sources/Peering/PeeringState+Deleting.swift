import RadosTypes

/// ToDelete: the copy goes, object by object, when there is a place among the removals for it.
extension PeeringState {
  func enterWaitDeleteReserved() {
    stageState.deletePriority = deletePriority
    actions.append(
      .requestDeleteReservation(
        priority: deletePriority, grant: event(.deleteReserved),
        preempt: event(.deleteInterrupted)))
  }

  func toDelete(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.activateMap):
      guard stageState.deletePriority != deletePriority else { return true }
      return transit(to: .toDelete)
    case .outer(.activateCommitted), .outer(.deleteSome), .outer(.query), .outer(.info),
      .outer(.log), .outer(.deleteStart):
      return true
    default: return false
    }
  }

  func waitDeleteReserved(_ event: InnerEvent) -> Bool {
    guard case .outer(.deleteReserved) = event else { return false }
    return transit(to: .deleting)
  }

  /// From here on what is left is worth nothing: a restart must not take it for a copy.
  func enterDeleting() {
    rollForward(to: log.head)
    info.lastBackfill = .min
    missing.removeAll()
    markDirty(big: true)
    actions.append(.deleteSlice(event(.deleteSome)))
  }

  func deleting(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.deleteSome): actions.append(.deleteSlice(self.event(.deleteSome)))
    case .outer(.deleteInterrupted): return transit(to: .waitDeleteReserved)
    default: return false
    }
    return true
  }
}
