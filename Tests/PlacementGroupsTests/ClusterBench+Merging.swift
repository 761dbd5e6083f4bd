import ClusterMaps
import Messages
import RadosTypes

/// The monitor's and the manager's part in merging PGs: one at a time, once both are at rest in the same
/// place. Ceph: `OSDMonitor::prepare_pg_ready_to_merge`.
extension ClusterBench {
  var isMerging: Bool { map.pool(Self.pool).map { $0.pgCountPending < $0.pgCount } ?? false }

  /// Announces that the last PG is to be merged into its parent.
  func merge() {
    change { contents in
      guard var pool = contents.pools[Self.pool], pool.pgCount > 1,
        pool.pgCountPending == pool.pgCount
      else { return }
      let source = PGID(pool: Self.pool, seed: pool.pgCount - 1)
      pool.pgCountPending -= 1
      pool.placementCount = pool.pgCountPending
      contents.pools[Self.pool] = pool
      contents.pgUpmap[source] = contents.pgUpmap[source.parent!]
    }
  }

  /// An OSD says that they are at rest, or cannot be.
  func mayMerge(_ report: MOSDPGReadyToMerge) {
    change { contents in
      guard var pool = contents.pools[Self.pool], report.pgID.seed + 1 == pool.pgCount,
        pool.pgCountPending <= report.pgID.seed
      else { return }
      if report.isReady {
        pool.pgCount -= 1
        pool.details.lastMerge.source = report.pgID
        pool.details.lastMerge.readyEpoch = contents.epoch
        pool.details.lastMerge.sourceVersion = report.sourceVersion
        pool.details.lastMerge.targetVersion = report.targetVersion
        pool.details.lastMerge.lastEpochStarted = report.lastEpochStarted
        pool.details.lastMerge.lastEpochClean = report.lastEpochClean
        contents.pgUpmap[report.pgID] = nil
        contents.pgTemp[report.pgID] = nil
      } else {
        pool.pgCountPending = pool.pgCount
        pool.placementCount = pool.pgCount
      }
      pool.lastForceOpResendPrenautilus = contents.epoch
      contents.pools[Self.pool] = pool
    }
  }
}

extension Pool {
  /// Whether one of the two is about to be merged into the other.
  func areMerging(_ one: PGID, _ other: PGID) -> Bool {
    [(one, other), (other, one)].contains { source, target in
      pendingMerge(of: source).source && source.parent == target
    }
  }
}
