import RadosTypes

extension OSDMap {
  /// Whether the PG must peer anew between `before` and this map, `old` and `new` being its placements
  /// in them.
  ///
  /// Source: `PastIntervals::is_new_interval` in src/osd/osd_types.cc.
  package func startsInterval(
    of pg: PGID, after before: OSDMap, from old: PGPlacement, to new: PGPlacement
  ) -> Bool {
    // Once a pool is gone nothing changes any more; its going is the last change.
    guard let oldPool = before.pool(pg.pool) else { return false }
    guard let newPool = pool(pg.pool) else { return true }
    let decisive: OSDMapFlags = [.sortBitwise, .recoveryDeletes]
    return old != new
      || oldPool.size != newPool.size || oldPool.minSize != newPool.minSize
      || oldPool.stretch != newPool.stretch
      || before.flags.intersection(decisive) != flags.intersection(decisive)
      || pg.isAffected(from: oldPool, to: newPool)
  }
}

extension PGID {
  /// Whether splits or merges, done or announced, concern this PG.
  fileprivate func isAffected(from old: Pool, to new: Pool) -> Bool {
    if old.pgCount == new.pgCount, old.pgCountPending == new.pgCountPending { return false }
    let pending = (old.pgCountPending, new.pgCountPending)
    return isSplit(from: old.pgCount, to: new.pgCount)
      || isMerge(from: old.pgCount, to: new.pgCount)
      || isMerge(from: pending.0, to: pending.1) || isMerge(from: pending.1, to: pending.0)
  }

  package func isSplit(from old: UInt32, to new: UInt32) -> Bool {
    !children(from: old, to: new).isEmpty
  }

  /// Goes away in this merge, or takes in another that does.
  private func isMerge(from old: UInt32, to new: UInt32) -> Bool {
    mergeTarget(from: old, to: new) != nil || isSplit(from: new, to: old)
  }
}
