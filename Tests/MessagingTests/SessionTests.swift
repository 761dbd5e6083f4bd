import Base
import Messages
import RadosTypes
import Testing

@testable import Messaging

struct ReplayQueueTests {
  private func message(_ tid: UInt64) -> RawMessage {
    RawMessage(header: MessageHeader(type: .ping, tid: tid))
  }

  private func send(_ queue: inout ReplayQueue, keeping: Bool = true) -> [UInt64] {
    var sent: [UInt64] = []
    while let message = queue.takeUnsent(keeping: keeping) {
      sent.append(message.header.sequence * 1000 + message.header.tid)
    }
    return sent
  }

  @Test func `what is not acknowledged is sent again under its old number`() {
    var queue = ReplayQueue()
    for tid in 1...5 { queue.append(message(UInt64(tid))) }
    #expect(send(&queue) == [1001, 2002, 3003, 4004, 5005])
    queue.acknowledge(2)
    queue.requeueSent()
    queue.append(message(6))
    #expect(send(&queue) == [3003, 4004, 5005, 6006])
    #expect(queue.unacknowledgedCount == 4)
    queue.acknowledge(6)
    #expect(queue.isEmpty && !queue.hasUnsent)
  }

  @Test func `an acknowledgement after a fault takes what waits again`() {
    var queue = ReplayQueue()
    for tid in 1...4 { queue.append(message(UInt64(tid))) }
    _ = send(&queue)
    queue.requeueSent()
    queue.acknowledge(3)
    #expect(send(&queue) == [4004])
    queue.append(message(5))
    #expect(send(&queue) == [5005])
  }

  @Test func `a new session counts from one`() {
    var queue = ReplayQueue()
    for tid in 1...3 { queue.append(message(UInt64(tid))) }
    _ = send(&queue)
    queue.acknowledge(1)
    queue.renumber()
    queue.acknowledge(100)
    #expect(send(&queue) == [1002, 2003])
  }

  @Test func `lossy messages are not kept`() {
    var queue = ReplayQueue()
    for tid in 1...3 { queue.append(message(UInt64(tid))) }
    #expect(send(&queue, keeping: false) == [1001, 2002, 3003])
    #expect(queue.isEmpty)
    queue.requeueSent()
    #expect(send(&queue, keeping: false) == [])
  }

  /// Against a model: two lists.
  @Test(arguments: 0..<50)
  func `any history agrees with two lists`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    var queue = ReplayQueue()
    var sent: [UInt64] = []
    var waiting: [UInt64] = []
    var tid: UInt64 = 0
    var acknowledged: UInt64 = 0
    for _ in 0..<5000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        tid += 1
        queue.append(message(tid))
        waiting.append(tid)
      case 4..<7:
        let taken = queue.takeUnsent(keeping: true)
        #expect(taken?.header.tid == waiting.first)
        if let taken {
          #expect(taken.header.sequence == taken.header.tid)
          sent.append(waiting.removeFirst())
        }
      case 7, 8:
        acknowledged = max(acknowledged, sent.randomElement(using: &random) ?? 0)
        queue.acknowledge(acknowledged)
        sent.removeAll { $0 <= acknowledged }
        waiting.removeAll { $0 <= acknowledged }
      case _:
        queue.requeueSent()
        waiting = sent + waiting
        sent = []
      }
      #expect(queue.count == sent.count + waiting.count && queue.unacknowledgedCount == sent.count)
    }
  }
}

struct UnacknowledgedTests {
  @Test func `many messages are much, and so are a few long ones`() {
    var small = Unacknowledged()
    #expect(small.isEmpty)
    for _ in 1..<Limits.unacknowledgedMax { small.add(4096) }
    #expect(!small.isEmpty && !small.isMuch)
    small.add(0)
    #expect(small.isMuch)

    var long = Unacknowledged()
    long.add(Limits.unacknowledgedBytesMax - 1)
    #expect(!long.isMuch)
    long.add(1)
    #expect(long.isMuch)
  }
}

struct SessionStateTests {
  @Test func `a repeated message is dropped, a gap is told`() {
    var session = SessionState()
    #expect(session.admit(1) == .next)
    #expect(session.admit(1) == .old)
    #expect(session.admit(4) == .skipped(from: 1))
    #expect(session.admit(5) == .next)
  }

  @Test func `an established session reconnects with the next sequence`() {
    var session = SessionState()
    session.beginAttempt(globalSequence: 1)
    #expect(session.connectSequence == 0)
    session.serverCookie = 9
    session.beginAttempt(globalSequence: 2)
    #expect(session.connectSequence == 1 && session.globalSequence == 2)
    #expect(
      session.receive(.retry(connectSequence: 7), reconnecting: true)
        == .reconnect(globalSequenceAbove: nil))
    #expect(session.connectSequence == 8)
    #expect(
      session.receive(.retryGlobal(globalSequence: 40), reconnecting: true)
        == .reconnect(globalSequenceAbove: 40))
  }

  @Test func `a full reset forgets, another keeps what is queued`() {
    for full in [true, false] {
      var session = SessionState()
      session.clientCookie = 1
      session.serverCookie = 2
      session.connectSequence = 3
      session.inSequence = 4
      session.queue.append(RawMessage(header: MessageHeader(type: .ping)))
      #expect(
        session.receive(.reset(full: full), reconnecting: true) == .identify(remoteReset: full))
      #expect(session.serverCookie == 0 && session.connectSequence == 0 && session.inSequence == 0)
      #expect(session.queue.isEmpty == full)
      #expect(session.clientCookie == (full ? 0 : 1))
    }
  }

  @Test func `answers to the other question are errors`() {
    let ident = ServerIdent(
      addresses: EntityAddresses(), gid: 0, globalSequence: 1, featuresSupported: 0,
      featuresRequired: 0, flags: 0, cookie: 1)
    let wrong: [(SessionFrame, reconnecting: Bool)] = [
      (.serverIdent(ident), true), (.missingFeatures(1), true), (.reset(full: true), false),
      (.retry(connectSequence: 1), false), (.retryGlobal(globalSequence: 1), false),
      (.reconnectOK(messageSequence: 1), false),
    ]
    for (frame, reconnecting) in wrong {
      var session = SessionState()
      guard case .fail = session.receive(frame, reconnecting: reconnecting) else {
        Issue.record("\(frame)")
        continue
      }
    }
  }
}

/// The answers that a stock OSD gave, and those of the source, case by case.
struct AcceptRulesTests {
  private let low = EntityAddress("v2:127.0.0.1:6800/1")!
  private let high = EntityAddress("v2:127.0.0.1:6800/2")!

  private func existing(
    client: UInt64 = 11, server: UInt64 = 22, global: UInt64 = 5, connect: UInt64 = 3,
    lossy: Bool = false, isServer: Bool = false, ready: Bool = true
  ) -> AcceptRules.Existing {
    var session = SessionState()
    session.clientCookie = client
    session.serverCookie = server
    session.peerGlobalSequence = global
    session.connectSequence = connect
    return AcceptRules.Existing(
      session: session, lossy: lossy, server: isServer, isReadyOrStandby: ready)
  }

  private func ident(
    _ existing: AcceptRules.Existing?, cookie: UInt64 = 33, global: UInt64 = 6,
    resetCheck: Bool = false,
    peerIsLow: Bool = true
  ) -> AcceptRules.IdentAnswer {
    var ident = FrameSamples.ident
    ident.cookie = cookie
    ident.globalSequence = global
    return AcceptRules.answer(
      ident, existing: existing, resetCheck: resetCheck, peer: peerIsLow ? low : high,
      mine: peerIsLow ? high : low)
  }

  @Test func `CLIENT_IDENT`() {
    #expect(ident(nil) == .fresh)
    #expect(ident(existing(global: 7)) == .stale(current: 7))
    #expect(ident(existing(global: 6)) == .takeOver(forgetting: false))
    #expect(ident(existing(lossy: true)) == .fresh)
    #expect(ident(existing(), resetCheck: true) == .takeOver(forgetting: true))
    #expect(ident(existing(), cookie: 11, resetCheck: true) == .takeOver(forgetting: false))
    #expect(ident(existing(client: 0, server: 0)) == .takeOver(forgetting: false))
    #expect(ident(existing(server: 0, ready: false)) == .takeOver(forgetting: false))
    #expect(ident(existing(server: 0, ready: false), peerIsLow: false) == .wait)
    #expect(
      ident(existing(server: 0, isServer: true, ready: false), peerIsLow: false)
        == .takeOver(forgetting: false))
  }

  private func reconnect(
    _ existing: AcceptRules.Existing?, client: UInt64 = 11, global: UInt64 = 6, connect: UInt64 = 4,
    resetCheck: Bool = false, peerIsLow: Bool = true
  ) -> AcceptRules.ReconnectAnswer {
    let frame = SessionReconnect(
      addresses: EntityAddresses(low), clientCookie: client, serverCookie: 22,
      globalSequence: global,
      connectSequence: connect, messageSequence: 0)
    return AcceptRules.answer(
      frame, existing: existing, resetCheck: resetCheck, peer: peerIsLow ? low : high,
      mine: peerIsLow ? high : low)
  }

  @Test func `SESSION_RECONNECT`() {
    #expect(reconnect(nil) == .reset(full: true))
    #expect(reconnect(existing()) == .resume)
    #expect(reconnect(existing(), client: 12) == .reset(full: false))
    #expect(reconnect(existing(), client: 12, resetCheck: true) == .reset(full: true))
    #expect(reconnect(existing(server: 0)) == .reset(full: false))
    #expect(reconnect(existing(), global: 4) == .retryGlobal(5))
    #expect(reconnect(existing(), connect: 2) == .retry(3))
    #expect(reconnect(existing(), connect: 3) == .resume)
    #expect(reconnect(existing(), connect: 3, peerIsLow: false) == .wait)
    #expect(reconnect(existing(isServer: true), connect: 3, peerIsLow: false) == .resume)
  }

  @Test func `addresses compare as memory does, nonces first and lowest byte first`() {
    let small = EntityAddress("v2:127.0.0.1:6800/256")!
    let large = EntityAddress("v2:127.0.0.1:6800/1")!
    #expect(small < large)
  }
}
