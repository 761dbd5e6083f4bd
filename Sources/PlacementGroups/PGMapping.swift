import ClusterMaps
import RadosTypes

/// Where a map puts a PG: who should hold it (`up`), who does (`acting`), and who leads each.
struct PGMapping: Hashable {
  var up: [Int32] = []
  var upPrimary: Int32 = -1
  var acting: [Int32] = []
  var actingPrimary: Int32 = -1

  /// Nowhere.
  init() {}

  init(_ map: OSDMap, _ pgID: PGID) {
    let placement = map.placement(of: pgID)
    up = placement.up
    upPrimary = placement.upPrimary
    acting = placement.acting
    actingPrimary = placement.actingPrimary
  }

  init(_ stats: PGStat) {
    up = stats.up
    upPrimary = stats.upPrimary
    acting = stats.acting
    actingPrimary = stats.actingPrimary
  }

  /// Those that hold a copy now.
  var actingCount: Int { acting.count { $0 != PGShard.noOSD } }
}
