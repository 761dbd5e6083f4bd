import Base
import Buffers
import ClusterMaps
import Messages
import PlacementGroups
import RadosTypes
import Testing
import Wire

/// A PG's life: trimming, splitting, deleting, intervals, order.
@Suite struct PGLifeTests {
  @Test func `the log is trimmed, what was trimmed is still known, and then forgotten`() throws {
    var settings = PGSettings(whoami: 0)
    settings.log.entriesMin = 10
    settings.log.entriesPerOSD = 0
    settings.log.trimMin = 5
    settings.log.dupsTracked = 40
    let bench = Bench(settings: settings)
    var requests: [MOSDOp] = []
    for number in 0..<100 {
      let request = bench.request("o\(number % 7)".name, [.append("x")])
      requests.append(request)
      bench.ask(request)
    }
    var stat = try #require(bench.stats().values.first)
    #expect((10..<16).contains(stat.logSize))
    #expect(bench.ask(requests[70])?.replayVersion == EVersion(epoch: 10, version: 71))
    try bench.restart()
    stat = try #require(bench.stats().values.first)
    #expect((10..<16).contains(stat.logSize))
    let again = requests[70].sent(at: bench.contents.epoch)
    #expect(bench.ask(again)?.replayVersion == EVersion(epoch: 10, version: 71))
    let total = { (0..<7).reduce(0) { $0 + (bench.ask("o\($1)".name, .read())?.text.count ?? 0) } }
    #expect(total() == 100)
    bench.ask(requests[1].sent(at: bench.contents.epoch))
    #expect(total() == 101)
  }

  @Test(arguments: [1, 3])
  func `a split shares out objects, log and statistics, and survives a restart`(
    reactors: Int
  ) throws {
    let bench = Bench(pgCount: 2, reactors: reactors)
    var requests: [MOSDOp] = []
    for number in 0..<200 {
      let request = bench.request("o\(number)".name, [.append("v\(number)")])
      requests.append(request)
      bench.ask(request)
    }
    bench.split(to: 8)
    for restarts in 0..<2 {
      let stats = bench.stats()
      #expect(stats.count == 8)
      #expect(stats.values.allSatisfy { $0.state == [.active, .clean] })
      let objects = stats.values.reduce(0) { $0 + $1.sum.objects }
      #expect(objects == 200)
      #expect(stats.values.allSatisfy { !$0.statsInvalid && $0.sum.objects > 0 })
      for number in 0..<200 {
        #expect(bench.ask("o\(number)".name, .read())?.text == "v\(number)")
        let request = requests[number]
        var again = bench.request(request.object.name, request.ops)
        again.tid = request.tid
        #expect(bench.ask(again)?.replayVersion.version == UInt64(versionOf(number, requests)))
      }
      if restarts == 0 { try bench.restart() }
    }
  }

  /// The place of a request among those of its PG before the split.
  private func versionOf(_ number: Int, _ requests: [MOSDOp]) -> Int {
    requests[...number].count { $0.object.hash & 1 == requests[number].object.hash & 1 }
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `writes during a count after a split are counted once`(seed: UInt64) throws {
    let bench = Bench(seed: seed, pgCount: 1, isSlow: seed > 0)
    for number in 0..<300 { bench.send(bench.request("o\(number)".name, [.writeFull("12345")])) }
    bench.settle()
    bench.bumpEpoch()
    bench.setPool(pgCount: 4)
    for _ in 0..<2 {
      bench.change { contents in contents.osds.infos[0].upThrough = contents.epoch }
      bench.shards.publish(OSDMap(bench.contents), bootEpoch: 1)
      bench.bumpEpoch()
    }
    for number in 0..<300 where number % 3 == 0 {
      bench.send(bench.request("n\(number)".name, [.writeFull("123")]))
      bench.send(bench.request("o\(number)".name, [OSDOp(.delete)]))
      bench.send(bench.request("o\(number + 1)".name, [.append("xx")]))
    }
    bench.settle()
    var sum = ObjectStatSum()
    for stat in bench.stats().values { sum += stat.sum }
    #expect(sum.objects == 300)
    #expect(sum.bytes == 100 * 3 + 100 * 7 + 100 * 5)
    #expect(sum.objectsDirty == 300)
  }

  @Test func `when the pool goes its pgs go, a few objects at a time`() throws {
    let bench = Bench(pgCount: 4)
    for number in 0..<200 { bench.send(bench.request("o\(number)".name, [.writeFull("x")])) }
    bench.settle()
    bench.removePool()
    bench.bumpEpoch()
    bench.publish()
    #expect(bench.host.deleted.count == 4)
    #expect(bench.store.collections().isEmpty)
    #expect(bench.ask("o1", .read()) == nil)
  }

  @Test func `a pool that went while the daemon was down is deleted at start`() throws {
    let bench = Bench(pgCount: 2)
    bench.ask("o", .writeFull("x"))
    bench.removePool()
    try bench.restart()
    #expect(bench.store.collections().isEmpty)
  }

  @Test func `the pg waits until the map says that this osd was alive`() {
    let bench = Bench(pgCount: 1)
    bench.bumpEpoch()
    bench.change { contents in
      contents.osds.states[0] = [.exists]
    }
    bench.shards.publish(OSDMap(bench.contents), bootEpoch: 1)
    bench.settle()
    #expect(bench.ask("o", .writeFull("x")) == nil)
    bench.bumpEpoch()
    bench.change { contents in contents.osds.states[0] = [.exists, .up] }
    bench.shards.publish(OSDMap(bench.contents), bootEpoch: 1)
    bench.settle()
    #expect(bench.host.wantedUpThrough.last == bench.contents.epoch)
    let request = bench.request("o", [.writeFull("x")])
    #expect(bench.ask(request) == nil)
    #expect(bench.stats().values.first?.state == .peering)
    bench.bumpEpoch()
    bench.publish()
    #expect(bench.client.reply(to: request.tid)?.result == 0)
    #expect(bench.stats().values.first?.state == [.active, .clean])
  }

  @Test func `statistics are those of what is there`() throws {
    let bench = Bench(pgCount: 1)
    bench.ask("a", .writeFull("12345"))
    bench.ask("a", .append("678"))
    bench.ask("b", .write(100, "x"))
    bench.ask("b", .extent(.truncate, 50))
    bench.ask("c", OSDOp(.omapSetHeader))
    bench.ask("d", .writeFull("x"))
    bench.ask("d", OSDOp(.delete))
    bench.ask("a", .read())
    var stat = try #require(bench.stats().values.first)
    #expect(stat.sum.objects == 3 && stat.sum.bytes == 58)
    #expect(stat.sum.objectsDirty == 3 && stat.sum.objectsOmap == 1)
    #expect(stat.sum.reads == 1 && stat.sum.readKB == 1)
    #expect(stat.sum.objectCopies == 3)
    let sequence = stat.reportedSequence
    try bench.restart()
    stat = try #require(bench.stats().values.first)
    #expect(stat.sum.objects == 3 && stat.sum.bytes == 58)
    #expect(stat.reportedEpoch > 10 || stat.reportedSequence > sequence)
  }

  @Test func `a query tells the state and the numbers`() throws {
    let bench = Bench(pgCount: 1)
    bench.ask("a", .writeFull("12345"))
    nonisolated(unsafe) var text: String?
    nonisolated(unsafe) let shards = bench.shards
    try bench.run { text = await shards.query(ShardPGID(PGID(pool: Bench.pool, seed: 0))) }
    let answer = try #require(text)
    #expect(answer.contains("\"state\": \"active+clean\""))
    #expect(answer.contains("\"num_objects\": 1"))
    #expect(answer.contains("Started/Primary/Active"))
  }

  @Test func `a crowd at one object is served in order, without piling up on the stack`() throws {
    let bench = Bench(pgCount: 1)
    for number in 0..<3000 {
      bench.send(bench.request("o", number % 3 == 0 ? [.append("x")] : [.read(0, 1)]))
    }
    bench.settle()
    #expect(bench.client.replies.count == 3000)
    #expect(bench.ask("o", .read())?.text.count == 1000)
  }

  @Test func `ops that wait while their pg splits go where their object goes`() throws {
    let bench = Bench(pgCount: 1)
    bench.client.features = []
    bench.bumpEpoch()
    bench.change { contents in contents.osds.states[0] = [.exists] }
    bench.shards.publish(OSDMap(bench.contents), bootEpoch: 1)
    bench.bumpEpoch()
    bench.change { contents in contents.osds.states[0] = [.exists, .up] }
    bench.shards.publish(OSDMap(bench.contents), bootEpoch: 1)
    bench.settle()
    let requests = (0..<40).flatMap { number in
      [
        bench.request("o\(number)".name, [.append("a")]),
        bench.request("o\(number)".name, [.append("b")]),
      ]
    }
    for request in requests { bench.send(request) }
    bench.settle()
    #expect(bench.client.replies.isEmpty)
    bench.split(to: 4)
    #expect(bench.client.replies.count == 80)
    for number in 0..<40 { #expect(bench.ask("o\(number)".name, .read())?.text == "ab") }
  }

  @Test func `two of the same that wait for their object are done once`() throws {
    let bench = Bench(pgCount: 1, isSlow: true)
    let request = bench.request("o", [.append("x")])
    for _ in 0..<3 { bench.send(request) }
    bench.settle()
    #expect(bench.client.replies.count == 3)
    #expect(bench.ask("o", .read())?.text == "x")
  }

  /// Clients send while the world runs in seeded order; what each object ends as, and the order of the
  /// replies to its writes, is as if all had happened one after the other.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `ops on an object happen in the order in which they came`(seed: UInt64) throws {
    var settings = PGSettings(whoami: 0)
    settings.opsInFlightMax = 4
    settings.contextsMax = 2
    let bench = Bench(seed: seed, pgCount: 4, settings: settings, isSlow: seed % 2 == 1)
    var random = SeededRandom(seed: seed)
    var model: [String: String] = [:]
    var expected: [(tid: UInt64, text: String?, object: String)] = []
    for step in 0..<300 {
      let name = "o\(UInt64.random(in: 0..<5, using: &random))"
      let request: MOSDOp
      switch UInt64.random(in: 0..<6, using: &random) {
      case 0:
        request = bench.request(name.name, [OSDOp(.delete)])
        model[name] = nil
      case 1, 2:
        request = bench.request(name.name, [.append("\(step),")])
        model[name, default: ""] += "\(step),"
      case 3:
        request = bench.request(
          name.name, [.read(0, 3), .append("!")], flags: [.onDisk, .returnVector])
        model[name, default: ""] += "!"
      default: request = bench.request(name.name, [.read()])
      }
      let isRead = request.ops.count == 1 && request.ops[0].rawCode == OpCode.read.rawValue
      expected.append((request.tid, isRead ? model[name] ?? "absent" : nil, name))
      bench.send(request)
      for _ in 0..<UInt64.random(in: 0..<3, using: &random) {
        var turns = 1
        bench.world.run {
          turns -= 1; return turns < 0
        }
      }
    }
    bench.settle()
    #expect(bench.client.replies.count == 300)
    for (tid, text, _) in expected {
      guard let text, let reply = bench.client.reply(to: tid) else { continue }
      #expect(text == "absent" ? reply.result == -2 : reply.text == text)
    }
    let places = Dictionary(
      uniqueKeysWithValues: bench.client.replies.enumerated().map { ($1.tid, $0) })
    for object in Set(expected.map(\.object)) {
      let writes = expected.filter { $0.object == object && $0.text == nil }.compactMap {
        places[$0.tid]
      }
      #expect(writes == writes.sorted())
    }
  }
}
