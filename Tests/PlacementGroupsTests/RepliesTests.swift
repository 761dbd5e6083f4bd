import Buffers
import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes
import Testing
import Wire

/// Versions, flags and results of replies; vectors; who is refused, who is dropped.
@Suite struct RepliesTests {
  let bench = Bench()
  private func at(_ version: UInt64) -> EVersion { EVersion(epoch: 10, version: version) }

  @Test func `a failed write is logged: its reply has the entry's version and the object's`() throws
  {
    bench.ask("o", .writeFull("x"))
    let reply = try #require(bench.ask("o", OSDOp(.watch)))
    #expect(reply.result == -95)
    #expect(reply.replayVersion == at(2))
    #expect(reply.badReplayVersion == at(1))
    #expect(reply.userVersion == 1)
    #expect(reply.flags == 5)
    #expect(bench.ask("o", .writeFull("y"))?.replayVersion == at(3))
  }

  @Test func `a write of what is absent tells the version that a new object will be above`() throws
  {
    bench.ask("o", .writeFull("x"))
    let reply = try #require(bench.ask("absent", OSDOp(.delete)))
    #expect(reply.result == -2)
    #expect(reply.userVersion == 1)
    #expect(reply.badReplayVersion == at(2) || reply.badReplayVersion == at(1))
  }

  @Test func `a read of what is absent is answered without versions or acknowledgement`() throws {
    let reply = try #require(bench.ask("absent", .read(), flags: [.onDisk, .read]))
    #expect(reply.flags == 0x14)
    #expect(reply.userVersion == 0 && reply.badReplayVersion == .zero)
  }

  @Test func `users' versions never fall behind the log's`() throws {
    bench.ask("a", .writeFull("x"))
    bench.ask("b", .writeFull("x"))
    bench.ask("a", .writeFull("y"))
    #expect(bench.ask("a", .read())?.userVersion == 3)
    bench.ask("a", OSDOp(.delete))
    #expect(bench.ask("a", .writeFull("z"))?.userVersion == 5)
  }

  @Test func `a vector happens whole or not at all`() {
    bench.ask("o", .writeFull("old"))
    let request = bench.request(
      "o",
      [.writeFull("new"), .attribute(.setAttribute, "k", "v"), .attribute(.getAttribute, "none")])
    let reply = bench.ask(request)
    #expect(reply?.result == -61)
    #expect(reply?.ops.map(\.result) == [0, 0, -61])
    #expect(bench.ask("o", .read())?.text == "old")
    #expect(bench.ask("o", .attribute(.getAttribute, "k"))?.result == -61)
  }

  @Test func `a step may fail if it says so`() {
    bench.ask("o", .writeFull("old"))
    let request = bench.request(
      "o", [.attribute(.getAttribute, "none").with(.failOK), .writeFull("new")])
    #expect(bench.ask(request)?.result == 0)
    #expect(bench.ask("o", .read())?.text == "new")
  }

  @Test func `reads in a vector see data and attributes as before, size as after`() throws {
    bench.ask("o", .writeFull("old"), .attribute(.setAttribute, "k", "v1"))
    let request = bench.request(
      "o",
      [
        .attribute(.setAttribute, "k", "v2"),
        .attribute(.compareAttribute, "k", "v2", comparison: 1, mode: 1),
      ])
    #expect(bench.ask(request)?.result == -125)
    let reply = try #require(
      bench.ask(
        bench.request(
          "o", [.append("er"), OSDOp(.stat), .read()], flags: [.onDisk, .returnVector])))
    #expect(reply.result == 0)
    var reader = WireReader(reply.ops[1].outdata)
    #expect(try reader.read(UInt64.self) == 5)
    #expect(reply.ops[2].outdata.contiguous().text == "old")
  }

  @Test func `a write returns nothing unless asked, and never much`() {
    bench.ask("o", .writeFull("0123456789012345678901234567890123456789"))
    let quiet = bench.ask("o", .read(0, 5), .append("x"))
    #expect(quiet?.text == "")
    let vector: RequestFlags = [.onDisk, .returnVector]
    #expect(bench.ask("o", .read(0, 5), .append("x"), flags: vector)?.text == "01234")
    let much = bench.ask("o", .read(0, 33), .append("x"), flags: vector)
    #expect(much?.result == -75)
  }

  @Test func `a request that comes again gets the same answer and is not done again`() throws {
    bench.ask("o", .writeFull("w"))
    let request = bench.request("o", [.append("x"), .read(0, 1)], flags: [.onDisk, .returnVector])
    let first = try #require(bench.ask(request))
    let second = try #require(bench.ask(request))
    #expect(bench.ask("o", .read())?.text == "wx")
    #expect(second.replayVersion == first.replayVersion && second.userVersion == first.userVersion)
    #expect(second.ops.map(\.result) == first.ops.map(\.result))
    let failing = bench.request("o", [OSDOp(.create).with(.exclusive)])
    #expect(bench.ask(failing)?.result == -17)
    bench.ask("o", OSDOp(.delete))
    #expect(bench.ask(failing)?.result == -17)
    let nothing = bench.request("o", [.extent(.truncate, 3)])
    let done = try #require(bench.ask(nothing))
    bench.ask("o", .writeFull("12345"))
    #expect(bench.ask(nothing)?.replayVersion == done.replayVersion)
    #expect(bench.ask("o", .read())?.text == "12345")
  }

  @Test func `a repetition of what is under way waits for it`() {
    let request = bench.request("o", [.append("x")])
    bench.send(request)
    bench.send(request)
    bench.settle()
    #expect(bench.client.replies.count == 2)
    #expect(
      bench.client.replies[0].reply.replayVersion == bench.client.replies[1].reply.replayVersion)
    #expect(bench.ask("o", .read())?.text == "x")
  }

  @Test func `who may not is refused, who is blocked is told`() {
    bench.client.allowed = false
    #expect(bench.ask("o", .writeFull("x"))?.result == -1)
    bench.client.allowed = true
    let blocked = EntityAddress(kind: .any, ipv4: (10, 0, 0, 1), port: 77, nonce: 9)
    bench.change { contents in contents.blocklist[blocked] = UTime(seconds: 1) }
    bench.bumpEpoch()
    bench.publish()
    bench.client.peerAddress = EntityAddress(kind: .v2, ipv4: (10, 0, 0, 1), port: 77, nonce: 9)
    #expect(bench.ask("o", .writeFull("x"))?.result == -108)
  }

  @Test func `ops of a client that is gone, or that will send again, are dropped`() {
    bench.client.isOpen = false
    #expect(bench.ask("o", .writeFull("x")) == nil)
    bench.client.isOpen = true
    bench.bumpEpoch()
    bench.setPool(pgCount: 1) { $0.lastForceOpResend = 11 }
    bench.publish()
    var old = bench.request("o", [.writeFull("x")])
    old.epoch = 10
    #expect(bench.ask(old) == nil)
    #expect(bench.ask("o", .read())?.result == -2)
  }

  @Test func `ops of a client that is ahead wait for the map, in order`() {
    var first = bench.request("o", [.writeFull("1")])
    first.epoch = 11
    bench.send(first)
    let second = bench.request("o", [.append("2")])
    bench.send(second)
    bench.settle()
    #expect(bench.client.replies.isEmpty)
    #expect(bench.host.wantedMaps.contains(11))
    bench.bumpEpoch()
    bench.publish()
    #expect(bench.client.replies.map(\.tid) == [first.tid, second.tid])
    #expect(bench.ask("o", .read())?.text == "12")
  }

  @Test func `ops for a pg that is not there wait until it is`() {
    let bench = Bench(pgCount: 1)
    bench.bumpEpoch()
    bench.change { contents in
      var pool = Pool(kind: .replicated, size: 1, pgCount: 1)
      pool.minSize = 1
      contents.pools[7] = pool
      contents.pgUpmap[PGID(pool: 7, seed: 0)] = [0]
    }
    bench.publish()
    var request = bench.request("o", [.writeFull("x")])
    request.pgID = ShardPGID(PGID(pool: 7, seed: 0))
    request.object.pool = 7
    bench.send(request)
    bench.settle()
    #expect(bench.client.replies.isEmpty)
    bench.shards.create([
      PGCreation(pgID: request.pgID, epoch: bench.contents.epoch, stamp: UTime(seconds: 1))
    ])
    bench.settle()
    #expect(bench.client.reply(to: request.tid)?.result == 0)
  }

  @Test func `too much at once is EMSGSIZE, a write to a snapshot EINVAL`() {
    var settings = PGSettings(whoami: 0)
    settings.ops.writeBytesMax = 10
    let bench = Bench(settings: settings)
    #expect(bench.ask("o", .writeFull("0123456789a"))?.result == -90)
    #expect(bench.ask("o", .writeFull("0123456789"))?.result == 0)
    var request = bench.request("o", [.writeFull("x")])
    request.object.snap = SnapID(3)
    #expect(bench.ask(request)?.result == -22)
  }

  @Test func `a write that would need a clone is refused, one whose snapshots are older too`() {
    func write(_ sequence: UInt64, _ snaps: [UInt64], flags: RequestFlags = [.onDisk]) -> Int32? {
      var request = bench.request("o", [.writeFull("x")], flags: flags)
      request.snapContext = SnapContext(
        sequence: SnapID(sequence), snaps: snaps.map { SnapID($0) })
      return bench.ask(request)?.result
    }
    #expect(write(4, [4, 2]) == 0)
    #expect(write(4, [4, 2]) == 0)
    #expect(write(5, [5, 4, 2]) == -95)
    #expect(write(3, [3, 2], flags: [.onDisk, .orderSnap]) == -85)
    #expect(write(3, [2, 3]) == -22)
    var read = bench.request("o", [.read()])
    read.object.snap = SnapID(5)
    #expect(bench.ask(read)?.text == "x")
    read = bench.request("o", [.read()])
    read.object.snap = SnapID(3)
    #expect(bench.ask(read)?.result == -2)
  }

  @Test func `a full pool refuses growth to who tries, and keeps others waiting`() {
    bench.ask("o", .writeFull("12345"))
    bench.bumpEpoch()
    bench.setPool(pgCount: 1) { $0.flags.insert(.full) }
    bench.publish()
    #expect(bench.ask("n", .writeFull("x")) == nil)
    #expect(bench.ask("n", .writeFull("x"), flags: [.onDisk, .fullTry])?.result == -28)
    #expect(bench.ask("o", .writeFull("1"), flags: [.onDisk, .fullTry])?.result == 0)
    #expect(bench.ask("n", .writeFull("x"), flags: [.onDisk, .fullForce])?.result == 0)
    #expect(bench.ask("o", .read())?.text == "1")
    var early = bench.request("o", [OSDOp(.delete)])
    early.epoch = bench.contents.epoch - 1
    #expect(bench.ask(early) == nil)
    #expect(bench.ask("o", OSDOp(.delete), flags: [.onDisk, .fullForce])?.result == 0)
    bench.bumpEpoch()
    bench.setPool(pgCount: 1) { $0.flags.formUnion([.full, .fullQuota]) }
    bench.publish()
    #expect(bench.ask("m", .writeFull("x"), flags: [.onDisk, .fullTry])?.result == -122)
    bench.shards.setPastFailsafe(true)
    #expect(bench.ask("m", .writeFull("x"), flags: [.onDisk, .fullForce]) == nil)
    #expect(bench.ask("n", .read())?.text == "x")
  }

  @Test func `a device that fills up faster than the monitor hears of it is not filled to the end`()
  {
    let bench = Bench(capacity: 64 << 20)
    bench.change { contents in contents.fullRatio = 0.9 }
    bench.bumpEpoch()
    bench.publish()
    let megabyte = String(repeating: "x", count: 1 << 20)
    for number in 0..<100 { bench.send(bench.request("o\(number)".name, [.writeFull(megabyte)])) }
    bench.settle()
    let stored = bench.client.replies.count
    #expect(stored > 50 && stored < 60)
    #expect(bench.ask("n", .writeFull(megabyte), flags: [.onDisk, .fullTry])?.result == -28)
    #expect(bench.ask("n", .writeFull(megabyte), flags: [.onDisk, .fullForce])?.result == 0)
    #expect(bench.ask("o0", .writeFull(megabyte), flags: [.onDisk, .fullTry])?.result == 0)
    for number in 0..<9 {
      bench.ask("f\(number)".name, .writeFull(megabyte), flags: [.onDisk, .fullForce])
    }
    #expect(bench.ask("m", .writeFull(megabyte), flags: [.onDisk, .fullForce]) == nil)
    #expect(bench.ask("o0", .read(0, 1))?.text == "x")
    for number in 0..<20 { #expect(bench.ask("o\(number)".name, OSDOp(.delete))?.result == 0) }
    #expect(bench.ask("m", .writeFull(megabyte))?.result == 0)
  }
}
