import ClusterMaps
import Peering
import RadosTypes
import Testing

@testable import PlacementGroups

/// Logs stay as short as they should be while objects are missing, and nothing is lost by that.
@Suite struct LogLengthTests {
  /// osd 0 alone has "lost" in its newest version, and is gone; osd 1 and 2 have the PG.
  private func makeCluster() -> ClusterBench {
    let cluster = ClusterBench(seed: 51, osds: 4, size: 3, minSize: 1)
    for name in ["lost", "kept"] {
      #expect(cluster.client.ask(name.name, .append("first;"))?.result == 0)
    }
    cluster.leaveUnfound {
      #expect(cluster.client.ask("lost", .append("second;"))?.result == 0)
    }
    #expect(cluster.states().contains { $0.contains(.recoveryUnfound) })
    return cluster
  }

  /// Five times as much as the log is to hold.
  private func write(_ cluster: ClusterBench, _ text: String) {
    for number in 0..<100 {
      #expect(cluster.client.ask("o\(number % 7)".name, .append(text))?.result == 0)
    }
  }

  private func expectShortLogs(_ cluster: ClusterBench) {
    for osd in [1, 2] {
      let pg = cluster.osds[osd].shards.shards.lazy.compactMap { $0.pgs[ClusterBench.pg] }.first
      #expect(pg?.peering.missing.isEmpty == false, "osd.\(osd)")
      #expect(pg.map { $0.log.count <= 25 } == true, "osd.\(osd): \(pg?.log.count ?? -1)")
    }
  }

  private func restart(_ cluster: ClusterBench, _ osd: Int) {
    cluster.kill(osd)
    cluster.settle(.seconds(30))
    cluster.restart(osd)
    cluster.settle(.seconds(30))
  }

  private func expectClean(_ cluster: ClusterBench) throws {
    cluster.restart(0)
    cluster.settle(.seconds(60))
    #expect(cluster.states() == [.active.union(.clean)], "\(cluster.describe())")
    #expect(cluster.client.ask("lost", .read())?.text == "first;second;")
    try cluster.expectEqualCopies()
    try cluster.expectStoredAsHeld()
    try cluster.expectTrueStatistics()
    cluster.forgetComplaints()
    cluster.expectCleanScrubs()
  }

  /// Of the two that are left, one or the other starts anew meanwhile.
  @Test(arguments: [1, 2])
  func `the log is trimmed while an object is unfound, which is found later`(osd: Int) throws {
    let cluster = makeCluster()
    // Whoever has it does not get the PG back, but can be asked.
    cluster.place(seed: 0, on: [1, 2, 3])
    cluster.settle(.seconds(10))
    write(cluster, "a")
    try cluster.expectStoredAsHeld()
    expectShortLogs(cluster)
    restart(cluster, osd)
    expectShortLogs(cluster)
    write(cluster, "b")
    expectShortLogs(cluster)
    try cluster.expectStoredAsHeld()
    try expectClean(cluster)
  }

  /// Its log does not meet the others' any more.
  @Test func `who alone has an object may come back after the log has gone on`() throws {
    let cluster = makeCluster()
    write(cluster, "a")
    expectShortLogs(cluster)
    try expectClean(cluster)
  }

  @Test func `without the map's flag, what is missing is kept in the log`() throws {
    let cluster = makeCluster()
    cluster.change { $0.flags.remove(.pgLogHardLimit) }
    cluster.settle(.seconds(5))
    write(cluster, "a")
    for osd in [1, 2] {
      let pg = cluster.osds[osd].shards.shards.lazy.compactMap { $0.pgs[ClusterBench.pg] }.first
      #expect(pg.map { $0.log.count > 100 } == true)
    }
    try expectClean(cluster)
  }
}
