import Buffers
import ClusterMaps
import Messages
import ObjectStores
import OpExecution
import RadosTypes
import Testing

@testable import PlacementGroups

/// Scrubs of any PG, and what PGs say that they hold beside what they do hold.
extension ClusterBench {
  var pgIDs: [ShardPGID] {
    (0..<(map.pool(Self.pool)?.pgCount ?? 0)).map { ShardPGID(PGID(pool: Self.pool, seed: $0)) }
  }

  private func leader(of id: ShardPGID) -> SimOSD? {
    let osd = map.placement(of: id.pgID).actingPrimary
    return osd >= 0 && osds[Int(osd)].isAlive ? osds[Int(osd)] : nil
  }

  /// Asks for a scrub, which may or may not come about.
  func scrub(_ id: ShardPGID, isDeep: Bool) {
    guard let leader = leader(of: id) else { return }
    leader.shards.requestScrub([id], isDeep: isDeep, isRepair: false)
    nonisolated(unsafe) let shards = leader.shards!
    monitor.spawn { _ = await shards.tryScrub(id, repairsOnly: false) }
  }

  /// Every PG can be scrubbed, and nothing is found.
  func expectCleanScrubs() {
    for id in pgIDs {
      guard let leader = leader(of: id) else { continue }
      let before = leader.scrubbed(id)
      for _ in 0..<20 where leader.scrubbed(id) == before {
        scrub(id, isDeep: true)
        _ = run(for: .seconds(10)) { leader.scrubbed(id) != before }
      }
      #expect(leader.scrubbed(id) != before, "\(id) is not scrubbed: \(describe())")
    }
    #expect(complaints == [])
  }

  /// A copy that has all objects has as many as it says, now and after a restart.
  func expectTrueStatistics() throws {
    for osd in osds where osd.isAlive { try osd.expectTrueStatistics() }
  }
}

extension SimOSD {
  fileprivate func scrubbed(_ id: ShardPGID) -> UTime? {
    shards.shards.lazy.compactMap { $0.pgs[id] }.first?.info.history.lastDeepScrubStamp
  }

  fileprivate func expectTrueStatistics() throws {
    for shard in shards.shards {
      nonisolated(unsafe) let (shard, osd) = (shard, self)
      nonisolated(unsafe) var failure: (any Error)?
      nonisolated(unsafe) var isDone = false
      shard.reactor.spawn {
        do {
          for pg in shard.pgs.values.sorted(by: { $0.id < $1.id }) where !pg.isDeleting {
            try await osd.expectTrueStatistics(of: pg)
          }
        } catch { failure = error }
        isDone = true
      }
      try #require(cluster.run(for: .seconds(1)) { isDone })
      if let failure { throw failure }
    }
  }

  private func expectTrueStatistics(of pg: PG) async throws {
    // What is being merged is not as it says until that is done.
    guard !pg.hasLeft, pg.merging == nil else { return }
    let stored = try await StoredPG(from: pg.collection, of: store, pg.id)
    let held = try await held(by: pg.collection)
    if pg.info.isCounted, pg.peering.missing.isEmpty {
      #expect(pg.info.stats.sum.counts == held, "osd.\(id) says of \(pg.logPrefix)")
    }
    if stored.info.isCounted, stored.missing.items.isEmpty {
      #expect(stored.info.stats.sum.counts == held, "osd.\(id) has stored of \(pg.logPrefix)")
    }
  }

  private func held(by collection: StoreCollection) async throws -> [Int64] {
    var sum = ObjectStatSum()
    for object in try await store.list(collection) where object.object.isHead && !object.isPGMeta {
      let value = try await store.attribute("_", of: object, in: collection)
      let info = try value.map { try ObjectInfo(wire: $0) }
      if let info { sum += info.statSum }
    }
    return sum.counts
  }
}

extension PGInfo {
  fileprivate var isCounted: Bool { !stats.statsInvalid && !isIncomplete }
}

extension ObjectStatSum {
  fileprivate var counts: [Int64] { [objects, bytes, objectsDirty, objectsOmap, whiteouts] }
}
