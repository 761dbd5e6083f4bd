import Base
import RadosTypes

/// What a shard says of itself; on its reactor.
extension OSDShard {
  /// Reports of the PGs that this OSD leads: all, or those that have news.
  package func reports(changedOnly: Bool) -> [PGID: PGStat] {
    let now = UTime(wallNanoseconds: reactor.clock.wallNanoseconds)
    var reports: [PGID: PGStat] = [:]
    for pg in pgs.values where pg.isPrimary && !pg.isDeleting {
      if !changedOnly || pg.isDue(at: now) { reports[pg.id.pgID] = pg.report() }
    }
    return reports
  }

  package var pgCount: Int { pgs.count }

  /// When each PG that this OSD leads was last clean, for the beacon; not a report. One that is clean was
  /// so when it was last reported, or monitors would keep all maps since its interval began.
  /// Ceph: `pg_stat_t::get_effective_last_epoch_clean`.
  package var lastEpochsClean: [PGID: UInt32] {
    var epochs: [PGID: UInt32] = [:]
    for pg in pgs.values where pg.isPrimary && !pg.isDeleting {
      let reported = pg.info.stats.state.contains(.clean) ? pg.info.stats.reportedEpoch : 0
      epochs[pg.id.pgID] = max(reported, pg.info.history.lastEpochClean)
    }
    return epochs
  }

  /// The OSDs in the acting and up sets of this shard's PGs, who must hear of each other.
  package var heartbeatPeers: Set<Int32> {
    pgs.values.reduce(into: []) { peers, pg in
      peers.formUnion(pg.placement.acting)
      peers.formUnion(pg.placement.up)
      peers.formUnion(pg.heartbeatPeers)
      peers.formUnion(pg.probeTargets)
    }
  }

  /// The answer to `pg query`; nil if the PG is not here.
  package func query(_ id: ShardPGID) -> String? { pgs[id]?.query() }

  /// Ops that have not been answered, oldest first.
  package var trackedOps: [OpRecord] { tracker.inFlight.map(\.record) }

  package var opHistory: OpHistory { tracker.history }

  package func setOpTracker(isEnabled: Bool, _ limits: OpHistoryLimits) {
    tracker.isEnabled = isEnabled
    tracker.history.limits = limits
  }
}
