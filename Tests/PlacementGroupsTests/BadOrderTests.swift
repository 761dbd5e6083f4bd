import Buffers
import ClusterMaps
import Messages
import ObjectStores
import RadosTypes
import Testing
import Wire

@testable import PlacementGroups

/// What a copy cannot do although its primary relies on it: it ends, and nobody waits for it for ever.
@Suite struct BadOrderTests {
  private let pgID = ShardPGID(PGID(pool: ClusterBench.pool, seed: 0))

  /// Three copies on osd 0 to 2, which hold an object.
  private func makeCluster() throws -> (cluster: ClusterBench, primary: SimOSD, replica: SimOSD) {
    let cluster = ClusterBench(seed: 9, osds: 3, size: 3, minSize: 2)
    for number in 0..<5 { #expect(cluster.client.ask("o", .append("\(number);"))?.result == 0) }
    return (cluster, cluster.osds[0], cluster.osds[1])
  }

  private func order(_ entries: [PGLogEntry], _ change: Transaction, _ epoch: UInt32) -> RawMessage
  {
    var log = WireWriter(pool: .shared)
    log.write(array: entries)
    var bytes = WireWriter(pool: .shared)
    change.encode(into: &bytes)
    return RawMessage(
      encoding: MOSDRepOp(
        epoch: epoch, minEpoch: epoch, reqID: .none, pgID: pgID, object: .min, version: .zero,
        log: log.finish(), stats: PGStat(), from: PGShard(osd: 0), transaction: bytes.finishList()))
  }

  private func expectEnd(of replica: SimOSD, in cluster: ClusterBench) throws {
    cluster.run(for: .milliseconds(200))
    #expect(replica.failures == 1)
    #expect(!replica.isAlive)
    #expect(cluster.client.ask("o", .append("5;"))?.result == 0)
    cluster.restart(1)
    cluster.settle()
    #expect(cluster.states() == [.active.union(.clean)])
    #expect(cluster.client.ask("o", .read())?.text == "0;1;2;3;4;5;")
    try cluster.expectEqualCopies()
  }

  @Test func `an order that repeats entries`() throws {
    let (cluster, _, replica) = try makeCluster()
    let entry = PGLogEntry(
      .error, .min, version: EVersion(epoch: 1, version: 1), priorVersion: .zero, reqID: .none)
    replica.receive(order([entry], Transaction(), cluster.map.epoch), from: 0)
    try expectEnd(of: replica, in: cluster)
  }

  @Test func `an order that changes another collection`() throws {
    let (cluster, _, replica) = try makeCluster()
    var change = Transaction()
    change.touch(GHObject.pgMeta(pgID), in: .meta)
    replica.receive(order([], change, cluster.map.epoch), from: 0)
    try expectEnd(of: replica, in: cluster)
  }

  @Test func `what came to an osd that the map does not mean is no reason to end`() throws {
    let (cluster, _, replica) = try makeCluster()
    var change = Transaction()
    change.touch(GHObject.pgMeta(pgID), in: .meta)
    // Of an interval before.
    replica.receive(order([], change, 2), from: 0)
    cluster.run(for: .milliseconds(200))
    #expect(replica.failures == 0)
    #expect(cluster.client.ask("o", .append("5;"))?.result == 0)
  }

  @Test func `a part of an object that is not here: after its restart it gets all of it`() throws {
    let (cluster, _, replica) = try makeCluster()
    try replica.lose("o")
    cluster.kill(1)
    cluster.run(for: .milliseconds(200))
    #expect(cluster.client.ask("o", .append("5;"))?.result == 0)
    cluster.restart(1)
    #expect(cluster.run(for: .seconds(20)) { replica.failures == 1 })
    cluster.run(for: .seconds(1))
    cluster.restart(1)
    cluster.settle()
    #expect(replica.failures == 1)
    #expect(cluster.states() == [.active.union(.clean)])
    try cluster.expectEqualCopies()
  }
}

extension SimOSD {
  /// The store does not have the object any more.
  func lose(_ name: String) throws {
    let id = ShardPGID(PGID(pool: ClusterBench.pool, seed: 0))
    nonisolated(unsafe) let collection = try #require(store.open(.pg(id)))
    let hash = ObjectHash.hash(name: name.name, key: "", namespace: "")
    let object = GHObject(HObject(pool: ClusterBench.pool, hash: hash, name: name.name))
    let store = store
    nonisolated(unsafe) var isDone = false
    collection.reactor.post {
      var transaction = Transaction()
      transaction.remove(object, in: collection.id)
      store.queue(transaction, on: collection) { isDone = true }
    }
    #expect(cluster.run(for: .seconds(1)) { isDone })
  }
}
