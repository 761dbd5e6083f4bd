import Base
import Buffers
import Messages
import RadosTypes
import Testing
import Wire

@testable import Monitors

struct MonClientTests {
  @Test func `a session begins with the maps, the subscriptions and what waited`() throws {
    let bench = try MonBench()
    bench.act { bench.client.subscribe(to: "osdmap", from: 4) }
    bench.act { bench.client.send(RawMessage(encoding: MPing())) }
    let link = bench.openSession()
    #expect(link.sent.map(\.type) == [.monGetMap, .monSubscribe, .ping])
    let wanted = try link.sent(MMonSubscribe.self)[0]
    #expect(wanted.hostname == "here")
    #expect(wanted.wanted.mapValues(\.start) == ["monmap": 0, "config": 0, "osdmap": 4])
    #expect(bench.sessions == 1)
    #expect(bench.client.isOpen)
  }

  @Test func `every monitor is tried in turn, then all again after a pause that grows`() throws {
    let bench = try MonBench()
    bench.act { bench.client.start() }
    bench.pass(8.9)
    #expect(bench.transport.links.count == 3)
    #expect(Set(bench.transport.links.map(\.addresses)).count == 3)
    #expect(bench.transport.links[0].isClosed)
    bench.pass(0.15)  // The third attempt ends at 9 s, the pause at 9.2 s.
    #expect(bench.transport.links.count == 3)
    bench.pass(0.2)
    #expect(bench.transport.links.count == 4)
    for attempt in 4..<7 {
      let link = bench.transport.links[attempt - 1]
      bench.act { link.onLost?() }
    }
    bench.pass(0.3)
    #expect(bench.transport.links.count == 6)
    bench.pass(0.2)
    #expect(bench.transport.links.count == 7)
  }

  @Test func `a lost session is replaced, and the new one continues`() throws {
    let bench = try MonBench()
    bench.act { bench.client.subscribe(to: "osdmap", from: 4) }
    let first = bench.openSession()
    bench.act {
      bench.client.got("osdmap", 10)
      first.onLost?()
      bench.client.send(RawMessage(encoding: MPing()))
    }
    #expect(!bench.client.isOpen)
    let second = bench.ready()
    #expect(second !== first)
    #expect(bench.sessions == 2)
    let wanted = try second.sent(MMonSubscribe.self)[0].wanted
    #expect(wanted["osdmap"]?.start == 11)
    #expect(second.sent.last?.type == .ping)
  }

  @Test func `messages are the delegate's unless they are ours`() throws {
    let bench = try MonBench()
    let link = bench.openSession()
    bench.act { link.receive(MConfig(options: ["a": "b"])) }
    bench.act { link.receive(MLogAck(fsid: UniqueID(), last: 0)) }
    var handled = 0
    bench.act { bench.client.handle(.mgrMap) { _ in handled += 1 } }
    bench.act { link.receive(MMgrMap(map: ByteSlice([1, 1, 0, 0, 0, 0]))) }
    #expect(bench.received == [.config])
    #expect(handled == 1)
  }

  @Test func `a message that does not decode ends the session`() throws {
    let bench = try MonBench()
    let link = bench.openSession()
    bench.act { link.receive(MMonMap(map: ByteSlice([9, 6, 1, 0, 0, 0, 0]))) }
    #expect(link.isClosed)
    #expect(bench.transport.links.count == 2)
  }

  @Test func `a monitor that is no monitor any more is left`() throws {
    let bench = try MonBench()
    let link = bench.openSession()
    let map = Self.monMap(epoch: 2, ["10.0.0.8:3300", "10.0.0.9:3300"])
    bench.act { link.receive(MMonMap(map: map)) }
    #expect(link.isClosed)
    #expect(bench.client.roster?.epoch == 2)
    let next = try #require(bench.transport.links.last?.addresses.v2)
    #expect(["10.0.0.8:3300", "10.0.0.9:3300"].contains(next.socketText))
  }

  @Test func `monitors of a lower priority come first`() {
    var random = SeededRandom(seed: 1)
    let candidates = (0..<8).map { index in
      Hunt.Candidate(
        address: EntityAddress(kind: .v2, ipv4: (10, 0, 0, UInt8(index)), port: 1),
        priority: UInt16(index % 2))
    }
    var hunt = Hunt(candidates, firstDelay: .seconds(1), lastDelay: .seconds(8))
    var order: [UInt8] = []
    var isNewRound = true
    while case .attempt(let address) = hunt.next(&random, isNewRound: isNewRound) {
      order.append(address.ip[3])
      isNewRound = false
    }
    #expect(order.map { $0 % 2 } == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(order.sorted() == Array(0..<8))
    #expect(order != Array(stride(from: 0, to: 8, by: 2)) + Array(stride(from: 1, to: 8, by: 2)))
  }

  @Test func `silence for 30 s ends the session`() throws {
    let bench = try MonBench()
    let link = bench.openSession()
    bench.pass(10.5)
    #expect(link.keepalives == 1)
    link.lastKeepaliveAck = bench.world.clock.now
    bench.pass(29)
    #expect(link.keepalives >= 3)
    #expect(!link.isClosed)
    bench.pass(14)
    #expect(link.isClosed)
  }

  /// A monitor map, framed 9/6, as far as it is read.
  static func monMap(epoch: UInt32, _ hosts: [String]) -> ByteSlice {
    var writer = WireWriter()
    writer.writeFramed(version: 9, compat: 6) { writer in
      writer.write(UniqueID(high: 1, low: 2))
      writer.write(epoch)
      writer.writeZeros(16)
      for _ in 0..<2 { writer.writeFramed(version: 1, compat: 1) { $0.write(UInt64(0)) } }
      writer.write(UInt32(hosts.count))
      for host in hosts {
        writer.write(host)
        writer.writeFramed(version: 5, compat: 1) { writer in
          writer.write(host)
          writer.write(EntityAddresses(EntityAddress(host) ?? .none))
          writer.write(UInt16(0))
        }
      }
    }
    return writer.finish()
  }
}

struct MonQuestionsTests {
  /// Runs an async question in the bench's world until it has an answer.
  func ask<Answer>(
    _ bench: MonBench, _ body: @escaping () async throws(MonError) -> Answer,
    meanwhile: () throws -> Void
  ) throws -> Result<Answer, MonError> {
    var result: Result<Answer, MonError>?
    bench.reactor.spawn {
      do throws(MonError) { result = .success(try await body()) } catch { result = .failure(error) }
    }
    bench.act {}
    try meanwhile()
    bench.world.run { result != nil }
    return try #require(result)
  }

  @Test func `a command is asked again in a new session, and answered once`() throws {
    let bench = try MonBench()
    let first = bench.openSession()
    let result = try ask(
      bench, { () async throws(MonError) in try await bench.client.command("{}") }
    ) {
      let asked = try #require(first.sent.last)
      #expect(asked.type == .monCommand)
      bench.act { first.onLost?() }
      let second = bench.ready()
      let again = try #require(second.sent.first { $0.type == .monCommand })
      #expect(again.header.tid == asked.header.tid)
      bench.act {
        let ack = MMonCommandAck(
          result: -2, status: "no such thing", command: ["{}"], data: BufferList([7]))
        second.receive(ack, tid: 999)
        second.receive(ack, tid: again.header.tid)
        second.receive(ack, tid: again.header.tid)
      }
    }
    let reply = try result.get()
    #expect(reply.result == -2)
    #expect(reply.status == "no such thing")
    #expect(reply.output.array == [7])
  }

  @Test func `versions come by their handle`() throws {
    let bench = try MonBench()
    let link = bench.openSession()
    let result = try ask(
      bench, { () async throws(MonError) in try await bench.client.version(of: "osdmap") }
    ) {
      let asked = try link.sent(MMonGetVersion.self)[0]
      #expect(asked.what == "osdmap")
      bench.act { link.receive(MMonGetVersionReply(handle: asked.handle, newest: 9, oldest: 2)) }
    }
    #expect(try result.get() == (9, 2))
  }

  @Test func `a question without an answer times out`() throws {
    let bench = try MonBench()
    bench.openSession()
    let result = try ask(
      bench,
      { () async throws(MonError) in try await bench.client.command("{}", timeout: .seconds(5)) }
    ) {}
    #expect(throws: MonError.timedOut("an answer to {}")) { try result.get() }
  }

  @Test func `who waits when the client stops is told`() throws {
    let bench = try MonBench()
    bench.openSession()
    let command = try ask(
      bench, { () async throws(MonError) in try await bench.client.command("{}") }
    ) {
      bench.act { bench.client.stop() }
    }
    #expect(throws: MonError.stopped) { try command.get() }
    let other = try MonBench()
    other.act { other.client.start() }
    let session = try ask(
      other,
      { () async throws(MonError) in try await other.client.authenticate(timeout: .seconds(60)) }
    ) { other.act { other.client.stop() } }
    #expect(throws: MonError.stopped) { try session.get() }
  }

  @Test func `authenticate returns with session and monitor map, or after its time`() throws {
    let bench = try MonBench()
    let link = bench.openSession()
    let result = try ask(
      bench,
      { () async throws(MonError) in try await bench.client.authenticate(timeout: .seconds(60)) }
    ) {
      bench.act { link.receive(MMonMap(map: MonClientTests.monMap(epoch: 1, MonBench.hosts))) }
    }
    #expect(throws: Never.self) { try result.get() }
    let silent = try MonBench()
    silent.act { silent.client.start() }
    let late = try ask(
      silent,
      { () async throws(MonError) in try await silent.client.authenticate(timeout: .seconds(7)) }
    ) {}
    #expect(throws: MonError.timedOut("a session with a monitor")) { try late.get() }
  }
}

struct ClusterLogTests {
  @Test func `lines are kept until a monitor has them`() throws {
    let bench = try MonBench()
    bench.act { bench.client.clusterLog.warning("before") }
    let first = bench.openSession()
    bench.act { bench.client.clusterLog.info("after") }
    bench.pass(1.1)
    let sent = try first.sent(MLog.self)
    #expect(sent.flatMap(\.entries).map(\.text.text) == ["before", "after"])
    #expect(sent[0].entries[0].level == .warning)
    #expect(sent[0].entries[0].rank == EntityName(.osd, 3))
    bench.act {
      first.receive(MLogAck(fsid: UniqueID(), last: 1))
      first.onLost?()
    }
    let second = bench.ready()
    #expect(try second.sent(MLog.self).flatMap(\.entries).map(\.text.text) == ["after"])
    bench.act { second.receive(MLogAck(fsid: UniqueID(), last: 2)) }
    bench.pass(3)
    #expect(try second.sent(MLog.self).count == 1)
  }
}
