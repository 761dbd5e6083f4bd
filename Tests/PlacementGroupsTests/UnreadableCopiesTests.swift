import Buffers
import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes
import Testing

/// Recovery comes to copies that cannot be read.
@Suite struct UnreadableCopiesTests {
  private static let names = (0..<4).map { ByteString("object.\($0)") }

  /// osds 0, 1 and 2 have a PG; while this one was away, all objects were written.
  private func makeCluster(
    away: Int, size: UInt8 = 3, before harm: (ClusterBench) -> Void = { _ in }
  ) -> ClusterBench {
    let cluster = ClusterBench(seed: 77, osds: Int(size), size: size, minSize: 1)
    for name in Self.names {
      #expect(cluster.client.ask(name, .append("first;"))?.result == 0)
    }
    harm(cluster)
    cluster.kill(away)
    cluster.run(for: .seconds(40))
    for name in Self.names {
      #expect(cluster.client.ask(name, .append("second;"))?.result == 0)
    }
    return cluster
  }

  private func bringBack(_ osd: Int, _ cluster: ClusterBench) {
    cluster.restart(osd)
    cluster.settle(.seconds(60))
  }

  private func expectClean(
    _ cluster: ClusterBench, _ sourceLocation: SourceLocation = #_sourceLocation
  )
    throws
  {
    #expect(
      cluster.states() == [.active.union(.clean)], "\(cluster.describe())",
      sourceLocation: sourceLocation)
    try cluster.expectEqualCopies()
    try cluster.expectStoredAsHeld()
  }

  @Test func `what the primary cannot read it gets from another copy, then gives it on`() throws {
    let cluster = makeCluster(away: 2)
    for name in Self.names { try cluster.harm(name, .unreadable, at: 0) }
    bringBack(2, cluster)
    try expectClean(cluster)
    for name in Self.names {
      #expect(
        cluster.client.ask(name, .read())?.ops[0].outdata.array == Array("first;second;".utf8))
    }
  }

  @Test func `what one replica cannot read another one gives`() throws {
    let cluster = makeCluster(away: 0)
    for name in Self.names.prefix(2) { try cluster.harm(name, .unreadable, at: 1) }
    for name in Self.names.suffix(2) { try cluster.harm(name, .unreadable, at: 2) }
    bringBack(0, cluster)
    try expectClean(cluster)
  }

  @Test func `what the primary has no old copy of it asks for as a whole`() throws {
    let cluster = makeCluster(away: 0) { cluster in
      for name in Self.names.prefix(2) {
        #expect(throws: Never.self) { try cluster.harm(name, .absent, at: 0) }
      }
    }
    bringBack(0, cluster)
    try expectClean(cluster)
    #expect(cluster.osds.map(\.failures) == [0, 0, 0])
    for name in Self.names { #expect(cluster.client.ask(name, .read())?.text == "first;second;") }
  }

  @Test func `what nobody else has is unfound, and all else is recovered`() throws {
    let cluster = makeCluster(away: 1, size: 2)
    try cluster.harm(Self.names[1], .unreadable, at: 0)
    bringBack(1, cluster)
    #expect(cluster.states().contains { $0.contains(.recoveryUnfound) }, "\(cluster.describe())")
    for (number, name) in Self.names.enumerated() where number != 1 {
      #expect(try cluster.osds[1].info(name)?.version == cluster.osds[0].info(name)?.version)
    }
  }
}
