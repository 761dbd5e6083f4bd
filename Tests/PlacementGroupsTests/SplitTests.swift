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
}
