import ClusterMaps
import RadosTypes

/// How urgent recovery, backfill and removal are. Source: osd_types.h, `PeeringState`.
private enum ReservationPriority {
  static let recoveryBase = 180
  static let recoveryInactiveBase = 220
  static let recoveryMax = 219
  static let backfillBase = 100
  static let backfillDegradedBase = 140
  static let backfillMax = 139
  static let backfillDegradedMax = 179
  static let inactiveMax = 253
  static let backfillForced: UInt32 = 254
  static let recoveryForced: UInt32 = 255
  static let deleteNormal: UInt32 = 179
  static let deleteFullish: UInt32 = 219
  static let deleteFull: UInt32 = 255
}

extension PeeringState {
  /// Moved by the pool's own, from -10 to 10, and kept within its kind.
  private func clamp(_ priority: Int, max: Int) -> UInt32 {
    let ofPool = pool.details.options.integer(.recoveryPriority) ?? 0
    let moved = priority + Int(Swift.min(10, Swift.max(-10, ofPool))) + 10
    return UInt32(Swift.max(0, Swift.min(max, moved)))
  }

  var recoveryPriority: UInt32 {
    if state.contains(.forcedRecovery) { return ReservationPriority.recoveryForced }
    let whole = info.stats.availableNoMissing.count
    guard state.contains(.degraded), whole < Int(pool.minSize) else {
      return clamp(ReservationPriority.recoveryBase, max: ReservationPriority.recoveryMax)
    }
    return clamp(
      ReservationPriority.recoveryInactiveBase + Int(pool.minSize) - whole,
      max: ReservationPriority.inactiveMax)
  }

  var backfillPriority: UInt32 {
    if state.contains(.forcedBackfill) { return ReservationPriority.backfillForced }
    if actingSet.count < Int(pool.minSize) {
      return clamp(
        ReservationPriority.recoveryInactiveBase + Int(pool.minSize) - actingSet.count,
        max: ReservationPriority.inactiveMax)
    }
    if state.contains(.undersized) {
      return clamp(
        ReservationPriority.backfillDegradedBase + Int(pool.size) - actingSet.count,
        max: ReservationPriority.backfillDegradedMax)
    }
    if state.contains(.degraded) {
      return clamp(
        ReservationPriority.backfillDegradedBase, max: ReservationPriority.backfillDegradedMax)
    }
    return clamp(ReservationPriority.backfillBase, max: ReservationPriority.backfillMax)
  }

  var deletePriority: UInt32 {
    let room = map.state(whoami.osd)
    if !room.isDisjoint(with: [.full, .backfillFull]) { return ReservationPriority.deleteFull }
    return room.contains(.nearFull)
      ? ReservationPriority.deleteFullish : ReservationPriority.deleteNormal
  }

  /// An operator wants this PG to come first, or not any more.
  func force(_ kind: PGState, _ on: Bool) {
    let isRecovery = kind == .forcedRecovery
    let needed: PGState =
      isRecovery
      ? [.degraded, .recoveryWait, .recovering] : [.degraded, .backfillWait, .backfilling]
    guard state.contains(kind) != on, !on || !state.isDisjoint(with: needed) else { return }
    if on { state.insert(kind) } else { state.remove(kind) }
    publishStats()
    actions.append(
      .updateLocalReservation(priority: isRecovery ? recoveryPriority : backfillPriority))
  }
}
