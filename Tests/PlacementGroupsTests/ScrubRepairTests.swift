import Buffers
import Messages
import ObjectStores
import RadosTypes
import Testing

@testable import PlacementGroups

/// Scrubs and repairs while clients go on, and copies that cannot be scrubbed.
@Suite struct ScrubRepairTests {
  /// In the order in which they are scrubbed.
  private func makeObjects(_ cluster: ClusterBench) -> [ByteString] {
    let names = (0..<60).map { "o\($0)".name }
    for name in names { #expect(cluster.client.ask(name, .append("some data"))?.result == 0) }
    return names.sorted { ClusterBench.object($0) < ClusterBench.object($1) }
  }

  private func pg(_ cluster: ClusterBench) throws -> PG {
    try #require(cluster.primary.shards.shards.lazy.compactMap { $0.pgs[ClusterBench.pg] }.first)
  }

  /// At the primary, and at a replica.
  @Test(arguments: [0, 2])
  func `what is written after it was found is repaired as it is then`(victim: Int) throws {
    let cluster = ClusterBench(seed: 26, osds: 3, size: 3)
    let names = makeObjects(cluster)
    cluster.settle()
    for name in names.prefix(3) { try cluster.harm(name, .size, at: victim) }
    for osd in cluster.osds { osd.shards.scrubs.settings.sleep = 3 }
    cluster.request(isDeep: true, isRepair: true, for: .zero)
    let pg = try pg(cluster)
    try #require(cluster.run(for: .seconds(20)) { pg.scrub.tally.authoritative.count == 3 })
    #expect(pg.scrub.machine.isActive)
    #expect(cluster.client.ask(names[0], .append(", more"))?.result == 0)
    #expect(cluster.client.ask(names[1], OSDOp(.delete))?.result == 0)
    #expect(pg.scrub.machine.isActive)
    for osd in cluster.osds { osd.shards.scrubs.settings.sleep = 0 }
    cluster.run(for: .seconds(60))
    #expect(cluster.states() == [[.active, .clean]], "\(cluster.describe())")
    #expect(cluster.client.ask(names[0], .read())?.text == "some data, more")
    #expect(cluster.client.ask(names[1], .read())?.result == -2)
    #expect(cluster.client.ask(names[2], .read())?.text == "some data")
    try cluster.expectEqualCopies()
    #expect(cluster.stat().sum.scrubErrors == 0)
    cluster.forgetComplaints()
    try cluster.scrub(isDeep: true)
    #expect(cluster.complaints == [])
  }

  @Test func `a replica whose objects cannot be listed ends, and the PG is scrubbed without it`()
    throws
  {
    let cluster = ClusterBench(seed: 27, osds: 3, size: 3)
    _ = makeObjects(cluster)
    cluster.osds[2].slowStore.failsLists = true
    cluster.request(isDeep: false, for: .seconds(60))
    #expect(cluster.osds[2].failures == 1)
    let pg = try pg(cluster)
    #expect(!pg.scrub.machine.isActive)
    cluster.restart(2)
    cluster.settle()
    #expect(cluster.states() == [[.active, .clean]])
    try cluster.scrub(isDeep: true)
    #expect(cluster.complaints == [])
  }

  @Test func `a write that waits for a scrub is not overtaken by one that waits for a read`() throws
  {
    let cluster = ClusterBench(seed: 28, osds: 3, size: 3)
    #expect(cluster.client.ask("o1", .append("some data"))?.result == 0)
    cluster.settle()
    for osd in cluster.osds { osd.shards.scrubs.settings.preemptionsMax = 0 }
    nonisolated(unsafe) var scans: [(RawMessage, Int32)] = []
    cluster.keepsBack = { message, osd in
      if message.type == .osdRepScrub { scans.append((message, osd)) }
      return message.type == .osdRepScrub
    }
    cluster.request(isDeep: true, for: .seconds(5))
    #expect(scans.count == 2)
    let first = cluster.client.send("o1", [.append(";1")])
    cluster.run(for: .milliseconds(1))
    cluster.primary.slowStore.dataDelay = .seconds(10)
    let read = cluster.client.send("o1", [.read()])
    cluster.run(for: .milliseconds(1))
    let second = cluster.client.send("o1", [.append(";2")])
    cluster.run(for: .milliseconds(1))
    cluster.primary.slowStore.dataDelay = nil
    cluster.keepsBack = { _, _ in false }
    for (scan, osd) in scans { cluster.osds[Int(osd)].receive(scan, from: cluster.primary.id) }
    #expect(cluster.run(for: .seconds(30)) { cluster.client.isIdle })
    #expect([first, read, second].allSatisfy { cluster.client.replies[$0]?.result == 0 })
    #expect(cluster.client.replies[read]?.text == "some data")
    #expect(cluster.client.ask("o1", .read())?.text == "some data;1;2")
  }
}
