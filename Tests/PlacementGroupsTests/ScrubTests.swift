import Base
import Buffers
import ClusterMaps
import Messages
import ObjectStores
import PlacementGroups
import RadosTypes
import Reactors
import Scrubbing
import Testing
import Wire

/// Scrubs of PGs on simulated OSDs.
@Suite struct ScrubTests {
  @Test(arguments: [false, true], [UInt8(1), 3])
  func `what is clean stays so, and the stamps move`(isDeep: Bool, size: UInt8) throws {
    let cluster = ClusterBench(seed: 11, osds: 3, size: size)
    for number in 0..<60 {
      #expect(cluster.client.ask("o\(number)".name, .append("\(number);"))?.result == 0)
    }
    let before = cluster.stat()
    try cluster.scrub(isDeep: isDeep)
    let after = cluster.stat()
    #expect(after.state == [.active, .clean])
    #expect(after.lastScrubStamp > before.lastScrubStamp)
    #expect((after.lastDeepScrubStamp > before.lastDeepScrubStamp) == isDeep)
    #expect(after.lastCleanScrubStamp == after.lastScrubStamp)
    #expect(after.sum.scrubErrors == 0)
    #expect(cluster.complaints == [])
    #expect(try cluster.inconsistentObjects() == [])
    #expect(cluster.places == [0, 0, 0])
  }

  @Test func `one that was never scrubbed has nothing to list, nor one of another interval`() throws
  {
    let cluster = ClusterBench(seed: 12, osds: 3, size: 3)
    #expect(cluster.list(interval: 0).result == -Errno.ENOENT)
    try cluster.scrub(isDeep: false)
    #expect(cluster.list(interval: 0).result >= 0)
    #expect(cluster.list(interval: 1).result == -Errno.EAGAIN)
    cluster.kill(2)
    cluster.run(for: .seconds(20))
    #expect(cluster.list(interval: 0).result == -Errno.ENOENT)
  }

  @Test func `nothing is scrubbed while a replica has no place`() throws {
    let cluster = ClusterBench(seed: 13, osds: 3, size: 3)
    #expect(cluster.osds[2].shards.scrubs.takeRemote())
    let before = cluster.stat()
    cluster.request(isDeep: false)
    #expect(cluster.stat().lastScrubStamp == before.lastScrubStamp)
    #expect(cluster.places == [0, 0, 1])
    cluster.osds[2].shards.scrubs.giveBackRemote()
    try cluster.scrub(isDeep: false)
  }

  @Test func `writes go on while PGs are scrubbed`() throws {
    let cluster = ClusterBench(seed: 14, osds: 3, size: 3)
    for number in 0..<80 { _ = cluster.client.ask("o\(number)".name, .append("begin")) }
    cluster.request(isDeep: true, for: .zero)
    for round in 0..<12 {
      for number in 0..<80 { cluster.client.send("o\(number)".name, [.append("\(round)")]) }
      cluster.run(for: .milliseconds(3))
    }
    cluster.run(for: .seconds(30))
    #expect(cluster.client.isIdle)
    #expect(cluster.complaints == [])
    #expect(cluster.client.ask("o7", .read())?.text == "begin01234567891011")
    try cluster.expectEqualCopies()
    try cluster.scrub(isDeep: true)
    #expect(cluster.complaints == [])
  }

  enum Harm: CaseIterable {
    case data, size, attribute, omap, absent, extra, unreadable, unknown

    /// As in stock, the primary's copy is what others are compared with if nothing is wrong with it by
    /// itself: two others then differ from it.
    func copiesRepaired(_ victim: Int) -> Int64 {
      victim == 0 && [.data, .attribute, .omap].contains(self) ? 2 : 1
    }
  }

  /// With every way to be wrong, at the primary (0) and at a replica.
  @Test(arguments: Harm.allCases, [0, 2])
  func `a bad copy is found, listed and repaired`(harm: Harm, at victim: Int) throws {
    let cluster = ClusterBench(seed: 15, osds: 3, size: 3)
    for number in 0..<20 { _ = cluster.client.ask("o\(number)".name, .append("some data")) }
    _ = cluster.client.ask("o5", .attribute(.setAttribute, "color", "red"))
    cluster.settle()
    try cluster.harm("o5", harm, at: victim)
    try cluster.scrub(isDeep: true)
    let bad = cluster.stat()
    #expect(bad.state == [.active, .clean, .inconsistent])
    #expect(bad.sum.scrubErrors > 0)
    #expect(
      cluster.complaints.contains { $0.hasSuffix("deep-scrub \(bad.sum.scrubErrors) errors") })
    let names = try cluster.inconsistentObjects().map(\.object.name)
    #expect(names == [harm == .extra ? "extra" : "o5"])
    try cluster.scrub(isDeep: true, isRepair: true)
    cluster.run(for: .seconds(30))
    #expect(cluster.complaints.last?.hasSuffix("fixed") == true || harm == .extra)
    guard harm != .extra else { return }
    #expect(cluster.stat().state == [.active, .clean])
    #expect(cluster.stat().sum.scrubErrors == 0)
    #expect(cluster.stat().sum.objectsRepaired == harm.copiesRepaired(victim))
    try cluster.expectEqualCopies()
    #expect(cluster.client.ask("o5", .read())?.text == "some data")
    cluster.forgetComplaints()
    try cluster.scrub(isDeep: true)
    #expect(cluster.complaints == [])
  }

  @Test func `the last scrub can be put back in time, so that the next is due`() throws {
    let cluster = ClusterBench(seed: 24, osds: 3, size: 3)
    try cluster.scrub(isDeep: true)
    let done = cluster.stat()
    nonisolated(unsafe) let shards = cluster.primary.shards!
    let now = done.lastScrubStamp.inSeconds
    let due = try #require(shards.scrubs.due(ClusterBench.pg))
    #expect(due >= now + 86400)
    let shallow = cluster.wait {
      await shards.pushBackScrub(ClusterBench.pg, isDeep: false, by: nil)
    }
    let deep = cluster.wait { await shards.pushBackScrub(ClusterBench.pg, isDeep: true, by: 50) }
    let after = cluster.stat()
    #expect(shallow == after.lastScrubStamp && deep == after.lastDeepScrubStamp)
    #expect(abs(after.lastScrubStamp.inSeconds - (now - 604_900)) < 60)
    #expect(abs(after.lastDeepScrubStamp.inSeconds - (now - 150)) < 60)
    #expect(try #require(shards.scrubs.due(ClusterBench.pg)) < now)
    nonisolated(unsafe) let replica = cluster.osds[1].shards!
    #expect(
      cluster.wait { await replica.pushBackScrub(ClusterBench.pg, isDeep: true, by: 50) }
        == .some(nil))
  }

  @Test func `a query tells of the scrub under way`() throws {
    let cluster = ClusterBench(seed: 25, osds: 3, size: 3)
    for number in 0..<40 { _ = cluster.client.ask("o\(number)".name, .append("some data")) }
    nonisolated(unsafe) let shards = cluster.primary.shards!
    func query() throws -> String {
      try #require(cluster.wait { await shards.query(ClusterBench.pg) }.flatMap { $0 })
    }
    let idle = try query()
    #expect(idle.contains("\"scrubber\"") && idle.contains("\"epoch_start\": 0"))
    #expect(!idle.contains("must_deep_scrub"))
    for osd in cluster.osds { osd.shards.scrubs.settings.sleep = 2 }
    cluster.request(isDeep: true, for: .seconds(3))
    let busy = try query()
    for word in [
      "\"active\": true", "\"deep\": true", "\"req_scrub\": true", "\"priority\": 120",
      "\"scrubber.active\": true", "\"waiting_on_whom\": []", "\"shallow_errors\": 0",
    ] { #expect(busy.contains(word), "\(word)") }
    // Chunks are no longer waited for as soon as the option says so.
    for osd in cluster.osds { osd.shards.scrubs.settings.sleep = 0 }
    cluster.run(for: .seconds(3))
    #expect(cluster.stat().state == [.active, .clean])
    #expect(try !query().contains("must_deep_scrub"))
  }

  @Test func `statistics that are wrong are put right by a repair`() throws {
    let cluster = ClusterBench(seed: 16, osds: 1, size: 1)
    for number in 0..<5 { _ = cluster.client.ask("o\(number)".name, .append("12345")) }
    try cluster.osds[0].remove("o3")
    try cluster.scrub(isDeep: false)
    #expect(cluster.complaints.contains { $0.contains("stat mismatch, got 4/5 objects") })
    #expect(cluster.stat().state.contains(.inconsistent))
    try cluster.scrub(isDeep: true, isRepair: true)
    #expect(cluster.stat().sum.objects == 4)
    #expect(cluster.stat().sum.bytes == 20)
    #expect(!cluster.stat().state.contains(.inconsistent))
  }

  @Test func `a deep scrub writes down what old objects amount to`() throws {
    let cluster = ClusterBench(seed: 17, osds: 3, size: 3)
    _ = cluster.client.ask("old", .append("some data"))
    cluster.settle()
    cluster.change { $0.flags.insert(.noUp) }
    for osd in cluster.osds { osd.shards.scrubs.settings.digestAgeMin = -1e9 }
    try cluster.scrub(isDeep: true)
    cluster.settle()
    let info = try #require(try cluster.osds[2].info("old"))
    #expect(info.flags.isSuperset(of: [.dataDigest, .omapDigest]))
    #expect(info.dataDigest == CRC32C.checksum(ByteString("some data").slice, seed: .max))
    #expect(info.omapDigest == .max)
    try cluster.expectEqualCopies()
    try cluster.scrub(isDeep: true)
    #expect(cluster.complaints == [])
  }

  @Test(arguments: [Harm.data, .unreadable])
  func `a read that finds the primary's copy damaged is answered from another`(harm: Harm) throws {
    let cluster = ClusterBench(seed: 18, osds: 3, size: 3)
    _ = cluster.client.ask("o1", .append("some data"))
    cluster.settle()
    try cluster.harm("o1", harm, at: 0)
    let reply = try #require(cluster.client.ask("o1", .read()))
    #expect(reply.result >= 0)
    #expect(reply.text == "some data")
    cluster.settle()
    #expect(cluster.stat().state == [.active, .clean])
    #expect(cluster.stat().sum.objectsRepaired == 1)
    #expect(cluster.osds[0].shards.scrubs.shardsRepaired == 1)
    #expect(cluster.complaints.contains { $0.hasSuffix("will try copies on 1,2") })
    try cluster.expectEqualCopies()
  }

  @Test func `by itself it repairs a little, first with a deep scrub`() throws {
    let cluster = ClusterBench(seed: 19, osds: 3, size: 3)
    _ = cluster.client.ask("o1", .append("some data"))
    cluster.settle()
    for osd in cluster.osds {
      osd.shards.scrubs.settings.autoRepair = true
      osd.shards.scrubs.settings.deepRandomizeRatio = 0
      osd.shards.scrubs.settings.deepInterval = 1e10
    }
    try cluster.harm("o1", .size, at: 1)
    #expect(cluster.takeTurn() == .started)
    cluster.run(for: .seconds(20))
    #expect(cluster.stat().state.contains(.inconsistent))
    #expect(cluster.primary.shards.scrubs.scheduled.map(\.isForced) == [true])
    #expect(cluster.takeTurn() == .started)
    cluster.run(for: .seconds(20))
    #expect(cluster.stat().state == [.active, .clean])
    #expect(cluster.primary.shards.scrubs.scheduled.map(\.isForced) == [false])
    try cluster.expectEqualCopies()
  }

  @Test func `a flag ends what nobody asked for, and forbids the next`() throws {
    let cluster = ClusterBench(seed: 20, osds: 3, size: 3)
    for number in 0..<60 { _ = cluster.client.ask("o\(number)".name, .append("some data")) }
    for osd in cluster.osds { osd.shards.scrubs.settings.sleep = 5 }
    let before = cluster.stat()
    #expect(cluster.takeTurn() == .started)
    cluster.run(for: .seconds(1))
    #expect(cluster.stat().state.contains(.scrubbing))
    #expect(cluster.places == [1, 1, 1])
    cluster.change { $0.flags.formUnion([.noScrub, .noDeepScrub]) }
    cluster.run(for: .seconds(10))
    #expect(cluster.stat().state == [.active, .clean])
    #expect(cluster.stat().lastScrubStamp == before.lastScrubStamp)
    #expect(cluster.places == [0, 0, 0])
    #expect(cluster.takeTurn() == .refused)
  }

  @Test func `the end of the interval ends a scrub, and gives all places back`() throws {
    let cluster = ClusterBench(seed: 21, osds: 4, size: 3)
    for number in 0..<60 { _ = cluster.client.ask("o\(number)".name, .append("some data")) }
    for osd in cluster.osds { osd.shards.scrubs.settings.sleep = 5 }
    cluster.request(isDeep: true, for: .seconds(1))
    #expect(cluster.places == [1, 1, 1, 0])
    cluster.kill(2)
    cluster.run(for: .seconds(30))
    #expect([0, 1, 3].allSatisfy { cluster.places[$0] == 0 })
    #expect(cluster.client.ask("o1", .append("!"))?.result == 0)
  }
}
