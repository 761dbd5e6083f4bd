import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes
import Testing

/// Pools that get fewer PGs.
@Suite struct MergeTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `four pgs become one, with all that was acknowledged`(seed: UInt64) throws {
    let cluster = ClusterBench(seed: seed, osds: 3, pgCount: 4, size: 3, minSize: 2)
    let thrash = Thrash(cluster)
    thrash.append(60)
    for _ in 0..<3 {
      cluster.merge()
      thrash.append(20)
      #expect(cluster.run(for: .seconds(1)) { cluster.isMerging })
      #expect(cluster.run(for: .seconds(30)) { !cluster.isMerging })
    }
    try thrash.finish()
    #expect(cluster.states().count == 1)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `osds that die in the midst of a merge go on with it`(seed: UInt64) throws {
    let cluster = ClusterBench(seed: seed, osds: 3, pgCount: 4, size: 3, minSize: 2)
    let thrash = Thrash(cluster)
    thrash.append(60)
    thrash.waitForAcks()
    cluster.merge()
    #expect(
      cluster.run(for: .seconds(30)) { cluster.map.pool(ClusterBench.pool)?.pgCount == 3 })
    for osd in 0..<3 {
      cluster.run(for: .microseconds(Int64.random(in: 0..<12_000, using: &cluster.random)))
      cluster.kill(osd)
    }
    cluster.run(for: .milliseconds(100))
    for osd in 0..<3 { cluster.restart(osd) }
    thrash.append(10)
    try thrash.finish()
    #expect(cluster.states().count == 3)
  }

  @Test(arguments: [1, 3])
  func `a merge brings together objects, statistics and what was done, and survives a restart`(
    reactors: Int
  ) throws {
    let bench = Bench(pgCount: 8, reactors: reactors)
    var requests: [MOSDOp] = []
    for number in 0..<200 {
      let request = bench.request("o\(number)".name, [.append("v\(number)")])
      requests.append(request)
      bench.ask(request)
    }
    bench.bumpEpoch()
    bench.setPool(pgCount: 8) { $0.pgCountPending = 2 }
    bench.publish()
    #expect(bench.stats().values.allSatisfy { $0.state == [.peered, .clean, .premerge] })
    #expect(bench.ask("o1", .read()) == nil)
    bench.bumpEpoch()
    bench.setPool(pgCount: 2)
    bench.publish()
    for restarts in 0..<2 {
      let stats = bench.stats()
      #expect(stats.count == 2 && stats.values.allSatisfy { $0.state == [.active, .clean] })
      #expect(stats.values.reduce(0) { $0 + $1.sum.objects } == 200)
      #expect(bench.store.collections().count == 2)
      for number in 0..<200 {
        #expect(bench.ask("o\(number)".name, .read())?.text == "v\(number)")
        var again = bench.request(requests[number].object.name, requests[number].ops)
        again.tid = requests[number].tid
        #expect(bench.ask(again)?.result == 0)
      }
      if restarts == 0 { try bench.restart() }
    }
    for number in 0..<200 {
      #expect(bench.ask("o\(number)".name, .read())?.text == "v\(number)")
    }
  }

  @Test(arguments: [1, 3])
  func `what splits off again while the merge goes on is not made before it`(reactors: Int) throws {
    let bench = Bench(pgCount: 2, reactors: reactors)
    for number in 0..<20 { bench.ask("o\(number)".name, .writeFull("v\(number)")) }
    bench.bumpEpoch()
    bench.setPool(pgCount: 2) { $0.pgCountPending = 1 }
    bench.publish()
    for pgCount in [1, 4, 4] as [UInt32] {
      bench.bumpEpoch()
      bench.setPool(pgCount: pgCount)
      bench.publishNow()
    }
    bench.shards.create(
      (1..<4 as Range<UInt32>).map {
        PGCreation(
          pgID: ShardPGID(PGID(pool: Bench.pool, seed: $0)), epoch: bench.contents.epoch,
          stamp: UTime(seconds: 1))
      })
    bench.settle()
    for number in 0..<20 {
      #expect(bench.ask("o\(number)".name, .read())?.text == "v\(number)")
    }
    #expect(bench.stats().values.reduce(0) { $0 + $1.sum.objects } == 20)
  }

  @Test func `one that cannot be at rest is not merged`() throws {
    let cluster = ClusterBench(seed: 7, osds: 3, pgCount: 2, size: 3, minSize: 2)
    let thrash = Thrash(cluster)
    thrash.append(20)
    cluster.kill(2)
    cluster.run(for: .milliseconds(500))
    cluster.merge()
    cluster.run(for: .seconds(5))
    #expect(cluster.map.pool(ClusterBench.pool)?.pgCount == 2)
    #expect(cluster.map.pool(ClusterBench.pool)?.pgCountPending == 2)
    thrash.append(20)
    try thrash.finish()
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `an osd that was away for splits and merges finds its way`(seed: UInt64) throws {
    let cluster = ClusterBench(seed: seed, osds: 4, pgCount: 2, size: 2, minSize: 1)
    let thrash = Thrash(cluster)
    thrash.append(40)
    thrash.waitForAcks()
    cluster.kill(3)
    cluster.run(for: .milliseconds(200))
    for seed in 0..<2 as Range<UInt32> { cluster.place(seed: seed, on: [0, 1]) }
    cluster.run(for: .seconds(5))
    cluster.merge()
    cluster.run(for: .seconds(5))
    #expect(cluster.map.pool(ClusterBench.pool)?.pgCount == 1)
    cluster.split()
    cluster.run(for: .seconds(2))
    cluster.split()
    thrash.append(20)
    cluster.run(for: .seconds(5))
    cluster.merge()
    cluster.run(for: .seconds(5))
    #expect(cluster.map.pool(ClusterBench.pool)?.pgCount == 3)
    cluster.restart(3)
    cluster.place(seed: 0, on: [3, 0])
    thrash.append(20)
    try thrash.finish()
  }
}
