import Buffers
import ClusterMaps
import Messages
import ObjectStores
import PlacementGroups
import RadosTypes
import Testing

/// Several OSDs' PG layers together: what one acknowledges all have.
@Suite struct ReplicationTests {
  @Test(arguments: [2, 3])
  func `a pg of several copies becomes clean, and every copy gets every write`(size: Int) throws {
    let cluster = ClusterBench(seed: 1, osds: 3, size: UInt8(size), minSize: 2)
    for number in 0..<50 {
      let reply = try #require(cluster.client.ask("o\(number % 7)".name, .append("\(number);")))
      #expect(reply.result == 0)
    }
    cluster.run(for: .seconds(1))
    #expect(cluster.states() == [.active.union(.clean)])
    #expect(cluster.client.ask("o3", .read())?.text == "3;10;17;24;31;38;45;")
    try cluster.expectEqualCopies()
  }
}

extension ClusterBench {
  /// What the primaries report.
  func states() -> [PGState] {
    nonisolated(unsafe) var states: [PGID: PGState] = [:]
    for osd in osds where osd.isAlive {
      nonisolated(unsafe) var isDone = false
      nonisolated(unsafe) let shards = osd.shards!
      monitor.spawn {
        for reports in await shards.collect({ $0.reports(changedOnly: false) }) {
          for (id, stat) in reports { states[id] = stat.state }
        }
        isDone = true
      }
      _ = run(for: .seconds(1)) { isDone }
    }
    return states.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Every acting copy of every PG holds the same objects.
  func expectEqualCopies() throws {
    let pool = try #require(map.pool(Self.pool))
    for seed in 0..<pool.pgCount {
      let id = PGID(pool: Self.pool, seed: seed)
      let copies = try map.placement(of: id).acting.map { try osds[Int($0)].objects(of: id) }
      for copy in copies.dropFirst() { #expect(copy == copies[0], "pg \(id)") }
    }
  }
}

/// All that a store has of an object.
struct StoredObject: Equatable {
  var data: [UInt8]
  var attributes: [NamedValue]
  var omap: [NamedValue]
}

extension SimOSD {
  func objects(of id: PGID) throws -> [GHObject: StoredObject] {
    nonisolated(unsafe) var found: [GHObject: StoredObject] = [:]
    nonisolated(unsafe) var failure: (any Error)?
    nonisolated(unsafe) var isDone = false
    let store = store
    nonisolated(unsafe) let collection = try #require(store.open(.pg(ShardPGID(id))))
    collection.reactor.spawn {
      do {
        for object in try await store.list(collection) where !object.isPGMeta {
          found[object] = StoredObject(
            data: try await store.read(object, in: collection).contiguous().array,
            attributes: try await store.attributes(of: object, in: collection),
            omap: try await store.omapEntries(of: object, in: collection).entries)
        }
      } catch { failure = error }
      isDone = true
    }
    _ = cluster.run(for: .seconds(1)) { isDone }
    if let failure { throw failure }
    return found
  }
}
