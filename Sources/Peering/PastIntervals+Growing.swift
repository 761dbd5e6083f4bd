import ClusterMaps
import RadosTypes

/// One step from a map to the next, as a PG sees it.
package struct IntervalChange: Sendable {
  package var pg: PGID
  package var before: OSDMap
  package var after: OSDMap
  package var old: PGPlacement
  package var new: PGPlacement
  /// Of the PG's history, before this step.
  package var sameIntervalSince: UInt32
  package var lastEpochClean: UInt32

  package init(
    pg: PGID, before: OSDMap, after: OSDMap, old: PGPlacement, new: PGPlacement,
    sameIntervalSince: UInt32, lastEpochClean: UInt32
  ) {
    self.pg = pg
    self.before = before
    self.after = after
    self.old = old
    self.new = new
    self.sameIntervalSince = sameIntervalSince
    self.lastEpochClean = lastEpochClean
  }

  package var startsInterval: Bool {
    after.startsInterval(of: pg, after: before, from: old, to: new)
  }
}

/// How the list grows with the maps. Every holder of a PG computes the same list, so every condition
/// counts.
///
/// Source: `PastIntervals::check_new_interval` and `pi_compact_rep` in src/osd/osd_types.cc.
extension PastIntervals {
  /// Adds the interval that ends with this step; false if none does.
  ///
  /// `isRecoverable` says whether these copies are enough to have served: one of them in a replicated
  /// pool, as many as the code needs in an erasure-coded one.
  @discardableResult
  package mutating func note(
    _ change: IntervalChange, isRecoverable: (Set<PGShard>) -> Bool
  ) -> Bool {
    guard change.startsInterval, let pool = change.before.pool(change.pg.pool) else { return false }
    let ended = Interval(
      first: change.sameIntervalSince, last: change.after.epoch &- 1,
      acting: pool.shards(of: change.old.acting))
    let mayHaveWritten =
      Self.couldServe(ended, change, pool, isRecoverable) && Self.wasAlive(ended, change)
    add(ended, mayHaveWritten: mayHaveWritten)
    return true
  }

  private static func couldServe(
    _ ended: Interval, _ change: IntervalChange, _ pool: Pool,
    _ isRecoverable: (Set<PGShard>) -> Bool
  ) -> Bool {
    let count = change.old.acting.count { $0 != PGShard.noOSD }
    guard count > 0, count >= Int(pool.minSize), change.old.actingPrimary != -1 else {
      return false
    }
    return pool.canPeer(change.old.acting, in: change.before.crush) && isRecoverable(ended.acting)
  }

  /// A primary writes only after the monitor has noted, in this interval, that it is alive; or the PG
  /// became clean in it, which needs writing.
  private static func wasAlive(_ ended: Interval, _ change: IntervalChange) -> Bool {
    let primary = change.before.info(change.old.actingPrimary)
    if primary.upThrough >= ended.first, primary.upFrom <= ended.first { return true }
    return (ended.first...Swift.max(ended.first, ended.last)).contains(change.lastEpochClean)
  }

  /// Appends an interval. An older one is dropped when all who are acting now were acting in it: what
  /// they have outdates it.
  package mutating func add(_ interval: Interval, mayHaveWritten: Bool) {
    precondition(
      interval.last > last && interval.first <= interval.last,
      "PastIntervals: \(interval.first)...\(interval.last) after \(first)...\(last)")
    if first == 0 { first = interval.first }
    last = interval.last
    isAbsent = false
    allParticipants.formUnion(interval.acting)
    guard mayHaveWritten else { return }
    intervals.removeAll { interval.acting.isSubset(of: $0.acting) }
    intervals.append(interval)
  }

  package mutating func clear() { self = PastIntervals() }

  /// From the newest back to `epoch`: the intervals that may have taken writes since then.
  package func mayHaveWritten(backTo epoch: UInt32) -> [Interval] {
    intervals.reversed().prefix { $0.last >= epoch }.map { $0 }
  }
}

extension Pool {
  /// Who holds what in these places.
  package func shards(of osds: [Int32]) -> Set<PGShard> {
    var shards: Set<PGShard> = []
    for (place, osd) in osds.enumerated() where osd != PGShard.noOSD {
      let shard = isErasure ? Int8(truncatingIfNeeded: place) : ShardPGID.noShard
      shards.insert(PGShard(osd: osd, shard: shard))
    }
    return shards
  }
}
