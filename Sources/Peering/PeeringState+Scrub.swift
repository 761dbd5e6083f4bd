import RadosTypes

/// What scrubs change of a PG's state.
extension PeeringState {
  package func enter(_ states: PGState) { state.formUnion(states) }
  package func leave(_ states: PGState) { state.subtract(states) }

  /// Whether scrubs have found errors that are still there. Source: `prepare_stats_for_publish`.
  package func updateInconsistency() {
    if info.stats.sum.scrubErrors != 0 {
      state.insert(.inconsistent)
    } else {
      state.subtract([.inconsistent, .failedRepair])
    }
  }

  /// The others are told what a scrub has put into information and history, which is to be kept.
  package func shareScrub(at time: PeeringTime) -> [PeeringAction] {
    now = time
    markDirty()
    if isActive, isPrimary { shareInfo() }
    return takeActions()
  }
}
