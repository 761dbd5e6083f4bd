import ClusterMaps
import RadosTypes

/// What becomes of PGs when a pool has more of them, or fewer: known before any shard can see the map.
extension OSDShards {
  func follow(_ next: OSDMap) {
    lock.withLock {
      defer { map = next }
      guard let before = map else { return }
      for (id, pool) in next.pools {
        guard let old = before.pool(id)?.pgCount, old != pool.pgCount else { continue }
        let known = places.filter { $0.key.pool == id && storedEpochs[$0.key] ?? 0 < next.epoch }
        if pool.pgCount > old {
          placeChildren(of: known, from: old, to: pool.pgCount)
        } else {
          placeMerges(of: known, from: old, in: next, pool)
        }
      }
    }
  }

  /// Under the lock. Children of a split are beside their parent.
  private func placeChildren(of known: [ShardPGID: OSDShard], from old: UInt32, to new: UInt32) {
    for (parent, shard) in known {
      for child in parent.pgID.children(from: old, to: new) {
        let child = ShardPGID(child, shard: parent.shard)
        if places[child] == nil { places[child] = shard }
      }
    }
  }

  /// What a PG that has come to a map with `old` PGs splits into by the newest one.
  func children(of id: ShardPGID, from old: UInt32) -> [ShardPGID] {
    let new = lock.withLock { map?.pool(id.pool)?.pgCount } ?? old
    return id.pgID.children(from: old, to: new).map { ShardPGID($0, shard: id.shard) }
  }

  /// Under the lock. What is merged meets where its target is, or would be.
  private func placeMerges(
    of known: [ShardPGID: OSDShard], from old: UInt32, in next: OSDMap, _ pool: Pool
  ) {
    let ended = known.keys.first.map { first in
      (pool.pgCount..<old).map { PGID(pool: first.pool, seed: $0) }
    }
    let sources = Dictionary(grouping: ended ?? []) { $0.mergeTarget(from: old, to: pool.pgCount) }
    for (target, sources) in sources {
      for shard in Set(known.keys.map(\.shard)) {
        guard let target = target.map({ ShardPGID($0, shard: shard) }) else { continue }
        let sources = sources.sorted().map { ShardPGID($0, shard: shard) }
        let here = Set((sources + [target]).filter { known[$0] != nil })
        guard !here.isEmpty else { continue }
        if known[target] == nil, places[target] != nil {
          // Read at a later map: the merge was over, but for the removal of what had been copied.
          leftovers.formUnion(here)
          continue
        }
        let home = known[target] ?? storeShard(for: target)
        let merge = PGMerge(target, from: sources, here: here, in: next, pool, on: home)
        for id in sources + [target] { merges[PGStep(id: id, epoch: next.epoch)] = merge }
        for source in sources { places[source] = nil }
        places[target] = home
      }
    }
  }

  /// What a PG is part of in this map.
  func merge(of id: ShardPGID, at epoch: UInt32) -> PGMerge? {
    lock.withLock { merges[PGStep(id: id, epoch: epoch)] }
  }

  /// The first that it is part of and that is not over.
  func nextMerge(of id: ShardPGID) -> PGMerge? {
    lock.withLock {
      merges.filter { $0.key.id == id }.min { $0.key.epoch < $1.key.epoch }?.value
    }
  }

  /// Those of this map whose target is on this shard.
  func merges(at epoch: UInt32, on shard: OSDShard) -> [PGMerge] {
    lock.withLock {
      merges.filter { $0.key.epoch == epoch && $0.key.id == $0.value.target }.values
        .filter { $0.shard === shard }.sorted { $0.target < $1.target }
    }
  }

  /// The maps of merges whose target is on this shard, ascending.
  func mergesToBegin(on shard: OSDShard) -> [UInt32] {
    lock.withLock { Set(merges.values.filter { $0.shard === shard }.map(\.map.epoch)) }.sorted()
  }

  /// Sources of merges that are over.
  func isLeftover(_ id: ShardPGID) -> Bool { lock.withLock { leftovers.remove(id) != nil } }

  func finish(_ merge: PGMerge) {
    lock.withLock {
      for id in merge.sources + [merge.target] {
        merges[PGStep(id: id, epoch: merge.map.epoch)] = nil
      }
    }
  }

  /// Notes that a PG is being made there. False: the newest map has none such any more, and whoever
  /// asked for it will learn that too.
  func claim(_ id: ShardPGID, for shard: OSDShard) -> Bool {
    lock.withLock {
      if let pool = map?.pool(id.pool), id.pgID.seed >= pool.pgCount { return false }
      places[id] = shard
      return true
    }
  }

  /// After PGs were read: what became of them in the maps up to this one.
  func follow(to newest: OSDMap) async {
    let epochs = await collect { shard in shard.pgs.mapValues { $0.map.epoch } }
      .reduce(into: [:]) { $0.merge($1) { $1 } }
    lock.withLock { storedEpochs = epochs }
    let first = epochs.values.min() ?? newest.epoch
    let shard = shards[0]
    for map in await shard.perform({ await shard.maps(from: first) }) { follow(map) }
    lock.withLock {
      storedEpochs = [:]
      map = newest
    }
  }
}
