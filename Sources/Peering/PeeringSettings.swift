import RadosTypes

/// Options that peering depends on; Ceph's names and 16.2 defaults.
package struct PeeringSettings: Sendable {
  /// osd_heartbeat_grace x osd_pool_default_read_lease_ratio: how long a lease is.
  package var readLeaseInterval = TimeSpan(nanoseconds: 16_000_000_000)
  /// osd_min_pg_log_entries .. osd_max_pg_log_entries: how many entries a backfill target gets.
  package var logLimits = PGLogLimits()
  /// osd_force_auth_primary_missing_objects: a primary that lacks more leaves its place for a while.
  package var forceAuthPrimaryMissingObjects: UInt64 = 100
  /// osd_async_recovery_min_cost: copies that lack more recover while the others serve.
  package var asyncRecoveryMinCost: UInt64 = 100
  /// osd_allow_recovery_below_min_size
  package var allowRecoveryBelowMinSize = true
  /// osd_find_best_info_ignore_history_les: for disasters only.
  package var ignoreHistoryLastEpochStarted = false
  /// osd_pg_epoch_persisted_max_stale: epochs.
  package var epochPersistedMaxStale: UInt32 = 40
  /// osd_backfill_retry_interval, osd_recovery_retry_interval.
  package var backfillRetry = TimeSpan(nanoseconds: 30_000_000_000)
  package var recoveryRetry = TimeSpan(nanoseconds: 30_000_000_000)

  /// debug_osd: what is not logged is not put into words.
  package var debugLevel = 1

  package init() {}
}

/// Now, by two clocks; both are given with every event.
package struct PeeringTime: Hashable, Sendable {
  /// Monotonic, since the daemon's start. Leases are counted in it.
  package var monotonic: TimeSpan
  /// For people: when a state was entered.
  package var wall: UTime

  package init(monotonic: TimeSpan = .zero, wall: UTime = .zero) {
    self.monotonic = monotonic
    self.wall = wall
  }
}

/// What copies are worth, which replicated and erasure-coded pools see differently.
///
/// Ceph: `IsPGRecoverablePredicate`, `IsPGReadablePredicate`.
package struct PGPredicates: Sendable {
  /// Whether everything can be had from these copies.
  package var isRecoverable: @Sendable (Set<PGShard>) -> Bool
  /// Whether they can answer reads of what they have, at `PGShard`.
  package var isReadable: @Sendable (Set<PGShard>, PGShard) -> Bool

  package init(
    isRecoverable: @escaping @Sendable (Set<PGShard>) -> Bool,
    isReadable: @escaping @Sendable (Set<PGShard>, PGShard) -> Bool
  ) {
    self.isRecoverable = isRecoverable
    self.isReadable = isReadable
  }

  /// One copy is enough; it reads where it is.
  package static let replicated = PGPredicates(
    isRecoverable: { !$0.isEmpty }, isReadable: { $0.contains($1) })

  /// Any `dataCount` different shards are enough.
  package static func erasure(dataCount: Int) -> PGPredicates {
    let isEnough: @Sendable (Set<PGShard>) -> Bool = { Set($0.map(\.shard)).count >= dataCount }
    return PGPredicates(isRecoverable: isEnough, isReadable: { have, _ in isEnough(have) })
  }
}
