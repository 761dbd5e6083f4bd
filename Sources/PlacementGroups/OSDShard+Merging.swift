import Base
import ClusterMaps
import ObjectStores
import Peering
import RadosTypes
import Reactors

/// PGs that become one: each leaves when it comes to the map that says so; where their target is they
/// meet, and what came of it goes on through the maps since. Until then what is said to it waits, as
/// for a PG that is being made. Ceph: `OSD::advance_pg`, `OSDShard::prime_merges`.
extension OSDShard {
  /// Before any PG is brought to the map.
  func beginMerges(at epoch: UInt32) {
    for merge in all.merges(at: epoch, on: self) {
      let isComing = pgs[merge.target] != nil || births[merge.target] != nil
      if births[merge.target] == nil, !isComing { births[merge.target] = [] }
      merge.begin(isTargetComing: isComing)
      uniteIfComplete(merge)
    }
  }

  /// The PG has come to the map.
  func join(_ merge: PGMerge, _ pg: PG) {
    let id = pg.id
    pgs[id] = nil
    if id == merge.target, births[id] == nil { births[id] = [] }
    displaced += pg.leave { atRest in
      nonisolated(unsafe) let atRest = atRest
      merge.shard.reactor.post { merge.shard.arrived(merge, id, atRest) }
    }
    log.write(.osd, 5, pg, "is merged in \(merge.map.epoch), target \(merge.target)")
  }

  func arrived(_ merge: PGMerge, _ id: ShardPGID, _ pg: PG?) {
    merge.arrive(id, pg)
    uniteIfComplete(merge)
  }

  private func uniteIfComplete(_ merge: PGMerge) {
    guard merge.isComplete else { return }
    nonisolated(unsafe) let shard = self
    reactor.spawn { await shard.unite(merge) }
  }

  private func unite(_ merge: PGMerge) async {
    let target = merge.arrivedTarget ?? placeholder(of: merge)
    await target.takeIn(await copied(merge, to: target), merge)
    var maps = await maps(from: merge.map.epoch)
    while maps.last?.epoch != map?.epoch { maps = await self.maps(from: merge.map.epoch) }
    finish(merge, target, maps.filter { $0.epoch > merge.map.epoch })
  }

  /// A target that is not here begins with nothing, in the map before.
  private func placeholder(of merge: PGMerge) -> PG {
    let before = merge.arrivedSources.lazy.compactMap { $0?.peering }.first
    let map = before?.map ?? merge.map
    let peering = PeeringState(
      merge.target, whoami: PGShard(osd: settings.whoami, shard: merge.target.shard), map: map,
      pool: before?.pool ?? merge.pool, placement: map.placement(of: merge.target.pgID),
      info: PGInfo(merge.target), isNew: true, settings: settings.peering)
    return create(peering)
  }

  /// The sources that are merged with all they have.
  private func copied(_ merge: PGMerge, to target: PG) async -> [PG?] {
    var sources = merge.arrivedSources
    for (place, source) in sources.enumerated() {
      guard let source, !target.isBeside(source) else { continue }
      if await !target.copyObjects(of: source, bits: merge.bits) { sources[place] = nil }
    }
    return sources
  }

  private func finish(_ merge: PGMerge, _ target: PG, _ later: [OSDMap]) {
    all.finish(merge)
    let waiting = births.removeValue(forKey: merge.target) ?? []
    pgs[merge.target] = target
    let family = advance(target, through: later)
    if isUp { for member in family { member.activateMap() } }
    flushUpThrough()
    requeueDisplaced()
    createPostponed()
    redeliver(waiting)
    wakePGWaiters()
    if family.count > 1 { wakeOthers() }
  }

  /// The target of a merge under way that this PG may split off again, in a later map, when it is over:
  /// until then it cannot be told whether it will be here. Ceph: `OSDShard::prime_splits`, by which a PG
  /// is waited for from the map on in which it splits off.
  func mergeBefore(_ id: ShardPGID) -> ShardPGID? {
    guard !births.isEmpty else { return nil }
    return id.pgID.ancestors.lazy.map { ShardPGID($0, shard: id.shard) }
      .first { births[$0] != nil && all.nextMerge(of: $0)?.target == $0 }
  }

  /// Ops of PGs that have left go where their objects are now.
  func requeueDisplaced() {
    let ops = displaced
    displaced = []
    requeue(ops.sorted { $0.age < $1.age })
  }
}
