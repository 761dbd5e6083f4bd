import Base
import Buffers
import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes
import Testing

/// Objects that stop being what ops at them have seen, while those wait or read.
@Suite struct BusyObjectTests {
  /// osd.0 leads.
  private func makeCluster() -> ClusterBench {
    let cluster = ClusterBench(seed: 31, osds: 3, size: 3)
    #expect(cluster.client.ask("o1", .append("some data"))?.result == 0)
    cluster.settle()
    return cluster
  }

  /// An op whose reads of data take osd.0 so long.
  private func send(
    _ ops: [OSDOp], reading delay: Duration? = nil, _ cluster: ClusterBench
  ) -> UInt64 {
    cluster.osds[0].slowStore.dataDelay = delay
    let tid = cluster.client.send("o1", ops)
    cluster.run(for: .milliseconds(1))
    cluster.osds[0].slowStore.dataDelay = nil
    return tid
  }

  private func expectReplies(
    to tids: [UInt64], within duration: Duration = .seconds(20), _ cluster: ClusterBench,
    _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let areAnswered = cluster.run(for: duration) {
      tids.allSatisfy { cluster.client.replies[$0] != nil }
    }
    #expect(areAnswered, "\(cluster.client.pendingText)", sourceLocation: sourceLocation)
  }

  private func expectClean(_ content: String, _ cluster: ClusterBench) throws {
    cluster.settle()
    #expect(cluster.states() == [.active.union(.clean)], "\(cluster.describe())")
    #expect(cluster.client.ask("o1", .read())?.text == content)
    #expect(cluster.client.isIdle)
    try cluster.expectEqualCopies()
    #expect(!cluster.complaints.contains { $0.contains("unfound") }, "\(cluster.complaints)")
  }

  @Test func `ops behind a read that finds damage wait for the repair, in order`() throws {
    let cluster = makeCluster()
    try cluster.harm("o1", .data, at: 0)
    let read = send([.read()], reading: .milliseconds(5), cluster)
    let writes = (1...3).map { send([.append(";\($0)")], cluster) }
    let last = send([.read()], cluster)
    expectReplies(to: [read] + writes + [last], cluster)
    #expect(cluster.client.replies[read]?.text == "some data")
    #expect(cluster.client.replies[last]?.text == "some data;1;2;3")
    try expectClean("some data;1;2;3", cluster)
  }

  @Test func `a write that finds damage stays ahead of those behind it`() throws {
    let cluster = makeCluster()
    try cluster.harm("o1", .data, at: 0)
    let first = send([.read(), .append(";1")], reading: .milliseconds(5), cluster)
    let second = send([.append(";2")], cluster)
    expectReplies(to: [first, second], cluster)
    try expectClean("some data;1;2", cluster)
  }

  @Test func `a write that waits until its object can be repaired is not overtaken`() throws {
    let cluster = makeCluster()
    cluster.kill(2)
    cluster.run(for: .seconds(40))
    try cluster.harm("o1", .data, at: 0)
    let tids = [
      send([.read(), .append(";1")], reading: .milliseconds(5), cluster),
      send([.append(";2")], cluster),
    ]
    cluster.run(for: .seconds(1))
    let later = send([.append(";3")], cluster)
    #expect(tids.allSatisfy { cluster.client.replies[$0] == nil })
    cluster.restart(2)
    expectReplies(to: tids + [later], cluster)
    try expectClean("some data;1;2;3", cluster)
  }

  @Test func `damage that is found when it is repaired already does no harm`() throws {
    let cluster = makeCluster()
    try cluster.harm("o1", .data, at: 0)
    let reads = [5, 5000].map { send([.read()], reading: .milliseconds($0), cluster) }
    expectReplies(to: reads, cluster)
    for read in reads { #expect(cluster.client.replies[read]?.text == "some data") }
    #expect(cluster.stat().sum.objectsRepaired == 1)
    try expectClean("some data", cluster)
  }

  @Test func `ops at an object that a scrub repairs start over`() throws {
    let cluster = makeCluster()
    try cluster.harm("o1", .data, at: 0)
    let read = send([.read()], reading: .seconds(100), cluster)
    let write = send([.append(";1")], cluster)
    try cluster.scrub(isDeep: true, isRepair: true)
    expectReplies(to: [read, write], within: .seconds(1), cluster)
    #expect(cluster.client.replies[read]?.text == "some data")
    try expectClean("some data;1", cluster)
    // When the store has answered.
    cluster.run(for: .seconds(120))
    try expectClean("some data;1", cluster)
  }

  @Test func `a write waits for a replica's copy that a scrub has found bad`() throws {
    let cluster = makeCluster()
    try cluster.harm("o1", .data, at: 1)
    let read = send([.read()], reading: .seconds(10), cluster)
    let writes = (1...2).map { send([.append(";\($0)")], cluster) }
    nonisolated(unsafe) var pushes: [RawMessage] = []
    cluster.keepsBack = { message, _ in
      if message.type == .osdPGPush { pushes.append(message) }
      return message.type == .osdPGPush
    }
    try cluster.scrub(isDeep: true, isRepair: true)
    #expect(cluster.client.replies[read]?.text == "some data")
    for write in writes { #expect(cluster.client.replies[write] == nil) }
    cluster.keepsBack = { _, _ in false }
    for push in pushes { cluster.osds[1].receive(push, from: 0) }
    expectReplies(to: writes, cluster)
    try expectClean("some data;1;2", cluster)
  }

  @Test func `no read of a replica is left in flight when the object is written`() throws {
    let cluster = makeCluster()
    // Tells the replicas that all have the object.
    #expect(cluster.client.ask("o2", .append("x"))?.result == 0)
    for osd in cluster.osds.dropFirst() { osd.slowStore.dataDelay = .seconds(60) }
    for _ in 0..<12 { cluster.client.send("o1", [.read()], flags: [.onDisk, .balanceReads]) }
    cluster.run(for: .milliseconds(5))
    for osd in cluster.osds { osd.slowStore.dataDelay = nil }
    #expect(cluster.osds.dropFirst().contains { $0.opsInFlight > 0 })
    #expect(cluster.client.ask("o1", .append(";1"))?.result == 0)
    cluster.kill(2)
    cluster.run(for: .seconds(90))
    #expect(cluster.client.isIdle, "\(cluster.client.pendingText)")
    #expect(cluster.osds.prefix(2).map(\.opsInFlight) == [0, 0])
  }

  @Test func `that an object is gone is said when that is durable`() throws {
    let cluster = makeCluster()
    cluster.keepsBack = { message, _ in message.type == .osdRepOpReply }
    let tids = [OSDOp(.delete), OSDOp(.stat), .read()].map { send([$0], cluster) }
    cluster.run(for: .seconds(1))
    for tid in tids { #expect(cluster.client.replies[tid] == nil) }
    cluster.keepsBack = { _, _ in false }
    cluster.kill(2)
    expectReplies(to: tids, cluster)
    #expect(tids.map { cluster.client.replies[$0]?.result } == [0, -2, -2])
  }
}

extension SimOSD {
  /// As its tracker has it.
  fileprivate var opsInFlight: Int {
    nonisolated(unsafe) let shards = shards!
    return cluster.wait { await shards.collect { $0.trackedOps.count } }?.reduce(0, +) ?? -1
  }
}
