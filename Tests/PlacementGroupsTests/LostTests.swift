import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes
import Testing

/// Objects that nobody has in their newest version, and that are given up.
@Suite struct LostTests {
  /// osd 0 and 1 have a PG. What is written while osd 1 is away only osd 0 has; then osd 0 is gone for good
  /// and osd 2 takes its place before anything could be copied.
  private func makeCluster() throws -> ClusterBench {
    let cluster = ClusterBench(seed: 31, osds: 3, size: 3, minSize: 1)
    for name in ["old", "removed", "kept"] {
      #expect(cluster.client.ask(name.name, .append("first;"))?.result == 0)
    }
    cluster.leaveUnfound {
      #expect(cluster.client.ask("old", .append("second;"))?.result == 0)
      #expect(cluster.client.ask("new", .append("only;"))?.result == 0)
    }
    return cluster
  }

  private func markLost(_ cluster: ClusterBench, _ mode: LostMode) -> PGAnswer? {
    let id = ShardPGID(PGID(pool: ClusterBench.pool, seed: 0))
    let primary = cluster.osds[Int(cluster.map.placement(of: id.pgID).actingPrimary)]
    nonisolated(unsafe) var answer: PGAnswer?
    nonisolated(unsafe) var isDone = false
    let shards = primary.shards!
    cluster.monitor.spawn {
      answer = await shards.markUnfoundLost(id, mode)
      isDone = true
    }
    #expect(cluster.run(for: .seconds(10)) { isDone })
    return answer
  }

  /// osd 0 will not come back.
  private func declareLost(_ cluster: ClusterBench) {
    cluster.change { $0.osds.infos[0].lostAt = $0.epoch }
    cluster.settle(.seconds(2))
  }

  /// The one that was lost comes back, and gets what the others have.
  private func expectClean(_ cluster: ClusterBench) throws {
    cluster.restart(0)
    cluster.settle(.seconds(60))
    #expect(cluster.states() == [.active.union(.clean)], "\(cluster.describe())")
    try cluster.expectEqualCopies()
    try cluster.expectStoredAsHeld()
    try cluster.expectTrueStatistics()
    cluster.forgetComplaints()
    cluster.expectCleanScrubs()
  }

  @Test func `while somebody might have them, they are not given up`() throws {
    let cluster = try makeCluster()
    #expect(cluster.states().contains { $0.contains(.recoveryUnfound) })
    let answer = try #require(markLost(cluster, .delete))
    #expect(answer.code == -22 && answer.text.contains("haven't probed all sources"))
  }

  @Test func `what is lost becomes what it was, and what never was is removed`() throws {
    let cluster = try makeCluster()
    // An op on it waits until then.
    let tid = cluster.client.send("old".name, [.read()])
    cluster.run(for: .seconds(3))
    #expect(cluster.client.replies[tid] == nil)
    declareLost(cluster)
    let answer = try #require(markLost(cluster, .revert))
    #expect(answer.code == 0)
    #expect(answer.text == "pg has 2 objects unfound and apparently lost marking")
    #expect(cluster.run(for: .seconds(30)) { cluster.client.replies[tid] != nil })
    #expect(cluster.client.replies[tid]?.text == "first;")
    #expect(cluster.client.ask("new", .read())?.result == -2)
    #expect(cluster.client.ask("kept", .read())?.text == "first;")
    #expect(markLost(cluster, .revert)?.text == "pg has no unfound objects")
    #expect(cluster.client.ask("old", .append("third;"))?.result == 0)
    try expectClean(cluster)
    #expect(cluster.client.ask("old", .read())?.text == "first;third;")
  }

  @Test func `deleted, they are gone, and can be made anew`() throws {
    let cluster = try makeCluster()
    declareLost(cluster)
    #expect(markLost(cluster, .delete)?.code == 0)
    cluster.run(for: .seconds(5))
    #expect(cluster.client.ask("old", .read())?.result == -2)
    #expect(cluster.client.ask("new", .read())?.result == -2)
    #expect(cluster.client.ask("old", .append("again;"))?.result == 0)
    try expectClean(cluster)
    #expect(cluster.client.ask("old", .read())?.text == "again;")
  }
}
