/// What a PG is doing, many things at once. Ceph: `PG_STATE_*`; prints `active+clean`.
@usableFromInline package struct PGState: OptionSet, Hashable, Sendable {
  @usableFromInline package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  private static func bit(_ number: UInt64) -> PGState { PGState(rawValue: 1 << number) }

  package static let creating = bit(0)
  package static let active = bit(1)
  package static let clean = bit(2)
  package static let down = bit(4)
  package static let recoveryUnfound = bit(5)
  package static let backfillUnfound = bit(6)
  package static let premerge = bit(7)
  package static let scrubbing = bit(8)
  package static let degraded = bit(10)
  package static let inconsistent = bit(11)
  package static let peering = bit(12)
  package static let repair = bit(13)
  package static let recovering = bit(14)
  package static let backfillWait = bit(15)
  package static let incomplete = bit(16)
  package static let stale = bit(17)
  package static let remapped = bit(18)
  package static let deepScrub = bit(19)
  package static let backfilling = bit(20)
  package static let backfillTooFull = bit(21)
  package static let recoveryWait = bit(22)
  package static let undersized = bit(23)
  package static let activating = bit(24)
  package static let peered = bit(25)
  package static let snapTrim = bit(26)
  package static let snapTrimWait = bit(27)
  package static let recoveryTooFull = bit(28)
  package static let snapTrimError = bit(29)
  package static let forcedRecovery = bit(30)
  package static let forcedBackfill = bit(31)
  package static let failedRepair = bit(32)
  package static let laggy = bit(33)
  package static let wait = bit(34)
}

extension PGState: CustomStringConvertible {
  /// In the order in which `pg_state_string` (osd_types.cc) names them.
  private static let names: [(PGState, String)] = [
    (.stale, "stale"), (.creating, "creating"), (.active, "active"), (.activating, "activating"),
    (.clean, "clean"), (.recoveryWait, "recovery_wait"), (.recoveryTooFull, "recovery_toofull"),
    (.recovering, "recovering"), (.forcedRecovery, "forced_recovery"), (.down, "down"),
    (.recoveryUnfound, "recovery_unfound"), (.backfillUnfound, "backfill_unfound"),
    (.undersized, "undersized"), (.degraded, "degraded"), (.remapped, "remapped"),
    (.premerge, "premerge"), (.scrubbing, "scrubbing"), (.deepScrub, "deep"),
    (.inconsistent, "inconsistent"), (.peering, "peering"), (.repair, "repair"),
    (.backfillWait, "backfill_wait"), (.backfilling, "backfilling"),
    (.forcedBackfill, "forced_backfill"), (.backfillTooFull, "backfill_toofull"),
    (.incomplete, "incomplete"), (.peered, "peered"), (.snapTrim, "snaptrim"),
    (.snapTrimWait, "snaptrim_wait"), (.snapTrimError, "snaptrim_error"),
    (.failedRepair, "failed_repair"), (.laggy, "laggy"), (.wait, "wait"),
  ]

  @usableFromInline package var description: String {
    let set = Self.names.filter { contains($0.0) }.map(\.1)
    return set.isEmpty ? "unknown" : set.joined(separator: "+")
  }
}
