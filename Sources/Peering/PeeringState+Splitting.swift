import ClusterMaps
import RadosTypes

/// A PG becomes two. Source: `PeeringState::split_into`, `pg_log_t::split_out_child`.
extension PeeringState {
  /// Takes out the child's part: log entries, missing objects, a copy of what is known of the past.
  ///
  /// `bits`: how many low bits of the hash are each one's own. The statistics are the parent's; the
  /// driver shares them out. Both are to be written whole.
  package func split(child: ShardPGID, bits: UInt32, placement: PGPlacement) -> PeeringState {
    let childLog = log.split(child: child.pgID, bits: bits)
    var childMissing = missing.split(child: child.pgID, bits: bits)
    var childInfo = info
    childInfo.pgID = child
    childInfo.history.epochCreated = epoch
    if info.isIncomplete {
      // Backfill starts over at both; it is not known whose objects were where it stood.
      info.lastBackfill = .min
      childInfo.lastBackfill = .min
      missing.removeAll()
      childMissing.removeAll()
    }
    info.stats.statsInvalid = true
    childInfo.stats.statsInvalid = true
    childInfo.stats.parentSplitBits = bits
    let other = PeeringState(
      child, whoami: whoami, map: map, pool: pool, placement: placement, info: childInfo,
      isNew: true, pastIntervals: pastIntervals, log: childLog, missing: childMissing,
      predicates: predicates, settings: settings)
    for half in [self, other] { half.finishSplit() }
    if other.primary != primary { other.info.history.samePrimarySince = epoch }
    other.oldestMap = oldestMap
    other.lease.priorReadableUntilBound = max(
      lease.priorReadableUntilBound, lease.readableUntilBound)
    other.sendsNotify = !other.isPrimary
    return other
  }

  private func finishSplit() {
    info.lastUpdate = log.head
    info.logTail = log.tail
    let complete = missing.isEmpty ? log.head : log.newest(below: missing.oldestNeed) ?? .zero
    info.lastComplete = complete
    changes.log.isReplaced = true
    missing.markAllChanged()
    markDirty(big: true)
  }
}
