import ClusterMaps
import Peering
import RadosTypes

/// PGs that become one in a map, as far as this OSD has them.
///
/// Known before any shard sees the map. Each of those that are here leaves its shard when it comes to
/// the map, and arrives here when all that it wrote is durable; then they become one on `shard`. What is
/// not `let` is confined to that shard. Ceph: `OSD::merge_waiters`.
final class PGMerge: @unchecked Sendable {
  let target: ShardPGID
  /// All that end in this map, here or not, ascending.
  let sources: [ShardPGID]
  /// The map in which it happens.
  let map: OSDMap
  let pool: Pool
  /// Where the target is, or will be.
  unowned let shard: OSDShard

  private var awaited: Set<ShardPGID>
  private var arrived: [ShardPGID: PG] = [:]
  private var hasBegun = false

  init(
    _ target: ShardPGID, from sources: [ShardPGID], here: Set<ShardPGID>, in map: OSDMap,
    _ pool: Pool, on shard: OSDShard
  ) {
    self.target = target
    self.sources = sources
    self.map = map
    self.pool = pool
    self.shard = shard
    awaited = here
  }

  var bits: UInt32 { target.pgID.splitBits(pgCount: pool.pgCount) }
  /// Nobody comes any more.
  var isComplete: Bool { hasBegun && awaited.isEmpty }
  var arrivedTarget: PG? { arrived[target] }
  /// As `sources`; nil for those that are not here.
  var arrivedSources: [PG?] { sources.map { arrived[$0] } }

  /// The target's shard has come to the map; `isTargetComing`: the target is there, or is being made.
  func begin(isTargetComing: Bool) {
    hasBegun = true
    if isTargetComing { awaited.insert(target) } else { awaited.remove(target) }
  }

  /// nil: it was being removed, and is gone.
  func arrive(_ id: ShardPGID, _ pg: PG?) {
    awaited.remove(id)
    arrived[id] = pg
  }
}

/// A PG and a map in which something becomes of it.
struct PGStep: Hashable {
  var id: ShardPGID
  var epoch: UInt32
}
