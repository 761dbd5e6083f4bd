import ClusterMaps
import Messages
import RadosTypes
import Testing

/// Reads that go to any copy.
@Suite struct ReplicaReadTests {
  private func makeCluster() -> ClusterBench {
    let cluster = ClusterBench(seed: 21, osds: 3, size: 3, minSize: 2)
    for number in 0..<10 {
      #expect(cluster.client.ask("o\(number)".name, .append("\(number);"))?.result == 0)
    }
    return cluster
  }

  /// How many of some reads from anywhere replicas answered.
  private func served(
    _ cluster: ClusterBench, _ name: String, _ content: String, flag: RequestFlags = .balanceReads
  ) -> Int {
    let before = cluster.client.replicaReplies
    for _ in 0..<30 {
      let tid = cluster.client.send(name.name, [.read()], flags: [.onDisk, flag])
      #expect(cluster.run(for: .seconds(5)) { cluster.client.replies[tid] != nil })
      #expect(cluster.client.replies[tid]?.text == content)
    }
    return cluster.client.replicaReplies - before
  }

  @Test func `replicas answer of objects whose writes all have`() {
    let cluster = makeCluster()
    // A later write has told the replicas that all have it.
    #expect(served(cluster, "o3", "3;") > 10)
    #expect(cluster.client.replicaRefusals == 0)
  }

  @Test func `those who ask for the nearest copy are served as those who ask for any`() {
    let cluster = makeCluster()
    #expect(served(cluster, "o3", "3;", flag: .localizeReads) > 10)
    #expect(cluster.client.replicaRefusals == 0)
    #expect(served(cluster, "o9", "9;", flag: .localizeReads) == 0)
    #expect(cluster.client.replicaRefusals > 5)
  }

  @Test func `what was just written is left to the primary, until a later write tells`() {
    let cluster = makeCluster()
    #expect(served(cluster, "o9", "9;") == 0)
    #expect(cluster.client.replicaRefusals > 5)
    #expect(cluster.client.ask("o0", .append("."))?.result == 0)
    #expect(cluster.client.ask("o1", .append("."))?.result == 0)
    #expect(served(cluster, "o9", "9;") > 10)
    #expect(cluster.client.ask("o9", .append("more"))?.result == 0)
    #expect(served(cluster, "o9", "9;more") == 0)
  }

  @Test func `without a lease they leave it to the primary`() {
    let cluster = makeCluster()
    #expect(served(cluster, "o3", "3;") > 10)
    // The primary is gone, and nobody knows yet: a lease is 16 s.
    cluster.osds[0].kill()
    let before = cluster.client.replicaReplies
    for _ in 0..<10 { cluster.client.send("o3".name, [.read()], flags: [.onDisk, .balanceReads]) }
    cluster.run(for: .seconds(1))
    #expect(cluster.client.replicaReplies > before)
    cluster.run(for: .seconds(20))
    let (replies, refusals) = (cluster.client.replicaReplies, cluster.client.replicaRefusals)
    for _ in 0..<10 { cluster.client.send("o3".name, [.read()], flags: [.onDisk, .balanceReads]) }
    cluster.run(for: .seconds(1))
    #expect(cluster.client.replicaReplies == replies && cluster.client.replicaRefusals > refusals)
  }
}
