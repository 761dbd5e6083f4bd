import ClusterMaps
import PlacementGroups
import RadosTypes
import Testing

/// PGs that split, as the OSDs that share them see it. Each message is checked by
/// `ClusterBench.expectTakeable`.
@Suite struct SplitTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `what splits off peers from the next map on, wherever the map comes first`(
    seed: UInt64
  ) throws {
    let cluster = ClusterBench(seed: seed, osds: 3, pgCount: 1, size: 3, minSize: 2)
    let thrash = Thrash(cluster)
    thrash.append(30)
    cluster.split()
    thrash.append(30)
    try thrash.finish()
    cluster.split()
    try thrash.finish()
    #expect(cluster.states().count == 4)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `what the primary lacks when its PG splits is counted once it has come`(
    seed: UInt64
  ) throws {
    let cluster = ClusterBench(seed: seed, osds: 3, pgCount: 1, size: 3, minSize: 2)
    let thrash = Thrash(cluster)
    thrash.append(10)
    thrash.waitForAcks()
    cluster.kill(0)
    cluster.run(for: .milliseconds(200))
    thrash.append(8)
    thrash.waitForAcks()
    cluster.restart(0)
    cluster.split()
    thrash.append(10)
    try thrash.finish()
  }

  @Test func `until the next map it is there, and waits`() throws {
    let bench = Bench(pgCount: 1)
    bench.bumpEpoch()
    bench.setPool(pgCount: 2)
    bench.publish()
    let name = try #require(
      (0..<20).lazy.map { "o\($0)".name }.first {
        bench.request($0, []).pgID.pgID.seed == 1
      })
    let request = bench.request(name, [.writeFull("x")])
    #expect(bench.ask(request) == nil)
    bench.bumpEpoch()
    bench.publish()
    #expect(bench.client.reply(to: request.tid)?.result == 0)
  }

  @Test(arguments: [1, 3])
  func `children that were asked for before split off a parent that is made in an old map`(
    reactors: Int
  ) throws {
    let bench = Bench(pgCount: 1, reactors: reactors, isEmpty: true)
    bench.split(to: 8)
    let requests = (0..<40).map { bench.request("o\($0)".name, [.writeFull("x")]) }
    for request in requests { #expect(bench.ask(request) == nil) }
    bench.create(0, at: 10)
    #expect(bench.stats().count == 8)
    for request in requests { #expect(bench.client.reply(to: request.tid)?.result == 0) }
    try bench.restart()
    for number in 0..<40 { #expect(bench.ask("o\(number)".name, .read())?.text == "x") }
  }

  @Test(arguments: [1, 3])
  func `children that are here before their parent is made in an old map stay as they are`(
    reactors: Int
  ) throws {
    let bench = Bench(pgCount: 1, reactors: reactors, isEmpty: true)
    bench.split(to: 8)
    for seed in 1..<8 as Range<UInt32> { bench.create(seed, at: bench.contents.epoch) }
    let requests = (0..<40).map { bench.request("o\($0)".name, [.writeFull("x")]) }
    for request in requests { bench.ask(request) }
    bench.create(0, at: 10)
    for request in requests { #expect(bench.client.reply(to: request.tid)?.result == 0) }
    #expect(bench.stats().count == 8)
    for seed in 0..<8 as Range<UInt32> {
      #expect(bench.store.open(.pg(ShardPGID(PGID(pool: Bench.pool, seed: seed))))?.bits == 3)
    }
    try bench.restart()
    for number in 0..<40 { #expect(bench.ask("o\(number)".name, .read())?.text == "x") }
  }

  @Test(arguments: [1, 3])
  func `children that are being made when their parent splits are made once`(reactors: Int) throws {
    let bench = Bench(pgCount: 1, reactors: reactors, isEmpty: true)
    bench.split(to: 8)
    bench.shards.create(
      (0..<8 as Range<UInt32>).map { seed in
        PGCreation(
          pgID: ShardPGID(PGID(pool: Bench.pool, seed: seed)),
          epoch: seed == 0 ? 10 : bench.contents.epoch, stamp: UTime(seconds: 1))
      })
    bench.settle()
    #expect(bench.stats().count == 8)
    for number in 0..<40 {
      #expect(bench.ask("o\(number)".name, .writeFull("x"))?.result == 0)
    }
  }
}

extension Bench {
  /// As when somebody has written of it in that map.
  fileprivate func create(_ seed: UInt32, at epoch: UInt32) {
    let id = ShardPGID(PGID(pool: Self.pool, seed: seed))
    shards.create([PGCreation(pgID: id, epoch: epoch, stamp: UTime(seconds: 1))])
    settle()
  }
}
