import Base
import Buffers
import ClusterMaps
import PlacementGroups
import RadosTypes
import Testing

/// Faults that tests ask for happen, and stop when they are not asked for any more.
@Suite struct InjectedFaultsTests {
  private func inject(_ faults: InjectedFaults, at osds: [SimOSD]) {
    for osd in osds { osd.shards.inject(faults) }
  }

  @Test func `arrivals that are delayed keep their order`() throws {
    let cluster = ClusterBench(seed: 5, osds: 3, size: 3)
    var faults = InjectedFaults()
    faults.delayProbability = 0.5
    faults.delay = .milliseconds(200)
    inject(faults, at: cluster.osds)
    let begun = cluster.world.clock.now
    let tids = (0..<10).map { cluster.client.send("o".name, [.append("\($0);")]) }
    #expect(
      cluster.run(for: .seconds(60)) { tids.allSatisfy { cluster.client.replies[$0] != nil } })
    #expect(cluster.world.clock.now - begun > .milliseconds(400))
    inject(InjectedFaults(), at: cluster.osds)
    cluster.settle(.seconds(10))
    let read = try #require(cluster.client.ask("o", .read()))
    #expect(read.ops[0].outdata.array == Array("0;1;2;3;4;5;6;7;8;9;".utf8))
    try cluster.expectEqualCopies()
  }

  @Test func `a backfill that is refused a place is asked for again until it gets one`() throws {
    let cluster = ClusterBench(seed: 6, osds: 4, size: 3)
    // More than the log keeps.
    for number in 0..<40 {
      #expect(cluster.client.ask(ByteString("o.\(number)"), .append("data"))?.result == 0)
    }
    var faults = InjectedFaults()
    faults.rejectBackfill = 1
    inject(faults, at: [cluster.osds[3]])
    cluster.change { $0.pgUpmap[PGID(pool: ClusterBench.pool, seed: 0)] = [0, 1, 3] }
    cluster.settle(.seconds(40))
    #expect(cluster.states().contains { $0.contains(.backfillTooFull) }, "\(cluster.describe())")
    inject(InjectedFaults(), at: [cluster.osds[3]])
    cluster.settle(.seconds(60))
    #expect(cluster.states() == [.active.union(.clean)], "\(cluster.describe())")
    try cluster.expectEqualCopies()
  }
}
