import ClusterMaps
import RadosTypes

/// Whom a primary must ask before it knows what was written: all who may have taken part since the PG
/// was last active, and whether some of them are missing for good reason.
///
/// Ceph: `PastIntervals::PriorSet` in src/osd/osd_types.h.
package struct PriorSet: Hashable, Sendable {
  /// To be asked.
  package private(set) var probe: Set<PGShard> = []
  /// Would be asked, were they up.
  package private(set) var down: Set<Int32> = []
  /// Without one of these nothing may begin; with the epoch in which each was last declared lost.
  package private(set) var blockedBy: [Int32: UInt32] = [:]

  /// Writes may be known only to those who are down.
  package var isDown: Bool { !blockedBy.isEmpty }

  /// `backTo`: the PG's last epoch started. `isRecoverable` as in `PastIntervals.note`.
  package init(
    past: PastIntervals, placement: PGPlacement, map: OSDMap, pool: Pool, backTo epoch: UInt32,
    isRecoverable: (Set<PGShard>) -> Bool
  ) {
    probe = pool.shards(of: placement.acting).union(pool.shards(of: placement.up))
    for member in past.allParticipants {
      if map.isUp(member.osd) { probe.insert(member) } else { down.insert(member.osd) }
    }
    for interval in past.mayHaveWritten(backTo: epoch) {
      consider(interval, map, isRecoverable)
    }
  }

  private mutating func consider(
    _ interval: PastIntervals.Interval, _ map: OSDMap, _ isRecoverable: (Set<PGShard>) -> Bool
  ) {
    var survivors: Set<PGShard> = []
    var missing: [Int32: UInt32] = [:]
    for member in interval.acting where map.exists(member.osd) {
      let lostAt = map.info(member.osd).lostAt
      // Of one who was declared lost since then nothing is expected any more.
      if map.isUp(member.osd) || lostAt > interval.first {
        survivors.insert(member)
      } else {
        missing[member.osd] = lostAt
      }
    }
    guard !missing.isEmpty, !isRecoverable(survivors) else { return }
    blockedBy.merge(missing) { first, _ in first }
  }

  /// Whether this map changes the answer, so that it must be asked for anew.
  package func isAffected(by map: OSDMap) -> Bool {
    for member in probe {
      if map.isDown(member.osd), !down.contains(member.osd) { return true }
      if isReleased(member.osd, by: map) { return true }
    }
    return down.contains { map.isUp($0) || !map.exists($0) || isReleased($0, by: map) }
  }

  private func isReleased(_ osd: Int32, by map: OSDMap) -> Bool {
    guard let lostAt = blockedBy[osd] else { return false }
    return !map.exists(osd) || map.info(osd).lostAt != lostAt
  }
}
