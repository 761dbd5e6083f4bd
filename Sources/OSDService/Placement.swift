import Base
import ClusterMaps
import Messages
import ObjectStores
import OpExecution
import PlacementGroups
import RadosTypes
import Reactors

/// Which shard has which PG: the routing table between the dispatchers, the daemon and the shards.
///
/// A PG lives on the reactor of its collection's partition, which is fixed when it is made. Ops for a PG
/// that is not there yet wait here, in order, for nobody knows its reactor. Any thread, but for what
/// says otherwise.
final class Placement: PGHost, @unchecked Sendable {
  private let parts: OSD.Parts
  let shards: [OSDShard]
  /// Set once before anything starts.
  weak var owner: OSD?

  private let lock = Lock()
  // Guarded by `lock`.
  private var table: [ShardPGID: Int] = [:]
  private var map: OSDMap
  private var waiting: [ShardPGID: [ClientOp]] = [:]

  init(_ parts: OSD.Parts, map: OSDMap) {
    self.parts = parts
    self.map = map
    let settings = PGSettings(parts.configuration, whoami: parts.identity.whoami)
    shards = parts.reactors.map { reactor in
      OSDShard(
        reactor: reactor, store: parts.store, settings: settings, log: parts.log, perf: parts.perf)
    }
    for shard in shards { shard.host = self }
  }

  var epoch: UInt32 { lock.withLock { map.epoch } }

  var pgCount: Int { lock.withLock { table.count } }

  // MARK: Ops

  /// To the shard of its PG, and into its queue there (step 5).
  func enqueue(_ op: ClientOp) {
    let pgID = op.request.pgID
    let shard = lock.withLock { () -> OSDShard? in
      if let index = table[pgID] { return shards[index] }
      waiting[pgID, default: []].append(op)
      return nil
    }
    guard let shard else { return decideUnplaced(pgID) }
    if shard.reactor.isCurrent { shard.enqueue(op) } else { shard.reactor.post { shard.enqueue(op) } }
  }

  /// Drops what waits for a PG that will never be here, so that its client sends it to who has it; asks
  /// for the map of those who are ahead of us.
  private func decideUnplaced(_ pgID: ShardPGID) {
    let newest = lock.withLock { () -> UInt32 in
      let ops = waiting[pgID] ?? []
      let kept = ops.filter { $0.request.epoch > map.epoch || isOurs(pgID) }
      waiting[pgID] = kept.isEmpty ? nil : kept
      return kept.map(\.request.epoch).max() ?? 0
    }
    if newest > epoch { wantMap(newest) }
  }

  private func isOurs(_ pgID: ShardPGID) -> Bool {
    guard let pool = map.pool(pgID.pgID.pool), pgID.pgID.seed < pool.pgCount else { return false }
    return map.placement(of: pgID.pgID).actingPrimary == parts.identity.whoami
  }
}
