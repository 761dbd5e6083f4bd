import ClusterMaps
import RadosTypes

/// PGs become one. Source: `PeeringState::merge_from`, `pg_log_t::merge_from`.
extension PeeringState {
  /// Takes in the PGs that end in this one; nil stands for one that this OSD does not have.
  ///
  /// Before the map that merges is taken: what differs from what the monitor was told when the PGs were
  /// at rest (`meta`) makes this copy one that has to be filled anew. The objects are the driver's; all
  /// else is to be written whole.
  package func merge(_ sources: [PeeringState?], _ meta: Pool.Merge) {
    let isWhole = isWholeTarget(meta) && sources.allSatisfy { $0?.isWholeSource(meta) ?? false }
    let found = sources.compactMap { $0 }
    for source in found { add(source) }
    info.lastUpdate = ([info] + found.map(\.info)).map(\.lastUpdate).max() ?? info.lastUpdate
    info.lastComplete = info.lastUpdate
    info.logTail = info.lastUpdate
    if !isWhole { info.lastBackfill = .min }
    missing.removeAll()
    log.merge(found.map(\.log), endingAt: info.lastUpdate, settings.logLimits)
    if info.isUnborn, let first = found.first { takeHistory(of: first, meta) }
    changes.log.isReplaced = true
    markDirty(big: true)
  }

  private var isWhole: Bool { !info.hasMissing && !info.isIncomplete && !info.isUnborn }

  private func isWholeTarget(_ meta: Pool.Merge) -> Bool {
    guard meta.isKnown else { return isWhole }
    return isWhole && meta.source.parent == id.pgID && info.lastUpdate == meta.targetVersion
  }

  private func isWholeSource(_ meta: Pool.Merge) -> Bool {
    guard meta.isKnown else { return isWhole }
    return isWhole && meta.source == id.pgID && info.lastUpdate == meta.sourceVersion
  }

  private func add(_ source: PeeringState) {
    info.stats.add(source.info.stats)
    info.lastUserVersion = max(info.lastUserVersion, source.info.lastUserVersion)
    lease.priorReadableUntilBound = max(
      lease.priorReadableUntilBound, source.lease.priorReadableUntilBound,
      source.lease.readableUntilBound)
    // They were where this one was: their places were made equal before they could merge.
    if pastIntervals.isEmpty, !source.pastIntervals.isEmpty { pastIntervals = source.pastIntervals }
  }

  /// There was no target here: its past is that of a source, as far as the monitor knows no better.
  /// What the target itself was told counts, so nothing may begin after it.
  private func takeHistory(of source: PeeringState, _ meta: Pool.Merge) {
    info.history = source.info.history
    info.history.lastEpochClean = meta.lastEpochClean
    info.history.lastEpochStarted = meta.lastEpochStarted
    info.lastEpochStarted = meta.lastEpochStarted
    if info.isUnborn { info.history.sameIntervalSince = meta.lastEpochClean }
    if !pastIntervals.isEmpty, meta.lastEpochClean < pastIntervals.first {
      pastIntervals.first = meta.lastEpochClean
    }
    guard meta.lastEpochStarted < info.history.sameIntervalSince else { return }
    let since = meta.lastEpochClean
    info.history.sameIntervalSince = since
    info.history.sameUpSince = min(info.history.sameUpSince, since)
    info.history.samePrimarySince = min(info.history.samePrimarySince, since)
  }
}

extension Pool.Merge {
  /// Whether the monitor was told of the merge; before Nautilus' first it was not.
  fileprivate var isKnown: Bool { source != PGID() }
}

extension PGStat {
  /// Ceph: `pg_stat_t::add`.
  fileprivate mutating func add(_ other: PGStat) {
    sum += other.sum
    logSize += other.logSize
    onDiskLogSize += other.onDiskLogSize
    statsInvalid = statsInvalid || other.statsInvalid
    dirtyStatsInvalid = dirtyStatsInvalid || other.dirtyStatsInvalid
    omapStatsInvalid = omapStatsInvalid || other.omapStatsInvalid
    hitSetStatsInvalid = hitSetStatsInvalid || other.hitSetStatsInvalid
    hitSetBytesStatsInvalid = hitSetBytesStatsInvalid || other.hitSetBytesStatsInvalid
    pinStatsInvalid = pinStatsInvalid || other.pinStatsInvalid
    manifestStatsInvalid = manifestStatsInvalid || other.manifestStatsInvalid
  }
}

extension PGLog {
  /// Becomes a log without entries, which ends at `version` and knows the requests of all.
  mutating func merge(_ others: [PGLog], endingAt version: EVersion, _ limits: PGLogLimits) {
    // Of a time before a split all have the same.
    var dups: Set<PGLogDup> = []
    for var log in [self] + others {
      log.trim(to: log.head, limits: limits)
      dups.formUnion(log.dups)
    }
    self = PGLog(head: version, tail: version, dups: dups.sorted { $0.version < $1.version })
  }
}
