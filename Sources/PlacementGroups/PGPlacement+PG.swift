import ClusterMaps
import RadosTypes

extension PGPlacement {
  /// As a PG last knew it.
  init(_ stats: PGStat) {
    self.init()
    up = stats.up
    upPrimary = stats.upPrimary
    acting = stats.acting
    actingPrimary = stats.actingPrimary
  }

  /// Those that hold a copy now.
  var actingCount: Int { acting.count { $0 != PGShard.noOSD } }
}
