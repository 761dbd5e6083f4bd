import Base
import Messages
import RadosTypes
import TestKit
import Testing

@testable import Messaging

struct LosslessMessengerTests {
  private func peers(
    _ world: SimWorld, secure: Bool = false, policy: Policy = .losslessPeer,
    faults: NetworkFaults = .none
  ) throws
    -> (SimNode, SimNode)
  {
    let authenticator = secure ? TestAuthenticator.secure() : TestAuthenticator()
    let made = try [0, 1].map { number in
      try SimNode(
        world, EntityName(.osd, Int64(number)), nonce: 0x1_00FF + UInt32(number),
        authenticator: authenticator, policy: policy, binds: 6800 + UInt16(number), faults: faults)
    }
    return (made[0], made[1])
  }

  /// Sends tids 1...count from `node` at seeded moments over `span`.
  private func send(
    _ count: Int, from node: SimNode, to other: SimNode, span: Int, _ world: SimWorld
  ) {
    let connection = node.messenger.connect(to: other.addresses, peer: .osd)
    let moments = (0..<count).map { _ in Int.random(in: 0..<span, using: &world.clock.random) }
      .sorted()
    for (index, moment) in moments.enumerated() {
      connection.reactor.schedule(after: .microseconds(moment)) {
        connection.send(message(UInt64(index + 1), dataBytes: index * 37 % 9000))
      }
    }
  }

  private func cut(_ times: Int, span: Int, _ world: SimWorld, on node: SimNode) {
    for _ in 0..<times {
      let moment = Int.random(in: 0..<span, using: &world.clock.random)
      node.reactors[0].schedule(after: .microseconds(moment)) { world.network.cutOne() }
    }
  }

  /// Both connect to each other at once, both send, the network cuts connections at any moment: each
  /// message arrives exactly once and in order.
  @Test(arguments: 0..<200)
  func `every message arrives once and in order, whatever is cut`(seed: Int) throws {
    let world = SimWorld(seed: UInt64(seed))
    let (first, second) = try peers(world, secure: seed % 4 == 3)
    let span = [5_000, 100_000, 3_000_000][seed % 3]
    send(150, from: first, to: second, span: span, world)
    if seed % 5 != 0 { send(150, from: second, to: first, span: span, world) }
    cut(seed % 20, span: span + span / 2, world, on: first)
    let expected = seed % 5 != 0 ? 150 : 0
    #expect(world.run { first.received.count >= expected && second.received.count >= 150 })
    world.run { world.clock.now.nanoseconds > 100_000_000_000 }
    #expect(second.tids == Array(1...150))
    #expect(first.tids == (expected == 0 ? [] : Array(1...150)))
    #expect(first.resets.isEmpty && second.resets.isEmpty)
    for node in [first, second] {
      let connection = node.ready.last
      #expect(connection.map { $0.sessionState.queue.isEmpty } ?? true)
      #expect(Set(node.ready.map(ObjectIdentifier.init)).count == 1)
    }
    #expect(world.network.connectionCount <= 1)
  }

  /// The same, answering everything: replies queue while the other side reconnects.
  @Test(arguments: 0..<50)
  func `every request is answered once and in order, whatever is cut`(seed: Int) throws {
    let world = SimWorld(seed: UInt64(seed) + 1000)
    let (first, second) = try peers(world)
    second.echoes = true
    send(200, from: first, to: second, span: 200_000, world)
    cut(seed % 12, span: 250_000, world, on: second)
    #expect(world.run { first.received.count >= 200 })
    world.run { world.clock.now.nanoseconds > 60_000_000_000 }
    #expect(first.tids == Array(1...200) && second.tids == Array(1...200))
  }

  /// Who never sends says so by itself, or the peer would keep all it ever sent.
  @Test(arguments: [(0, 200), (60_000, 100)])
  func `much that was received is acknowledged at once, the rest after a while`(
    bytes: Int, count: Int
  ) throws {
    let world = SimWorld(seed: 5)
    let (first, second) = try peers(world)
    let connection = first.messenger.connect(to: second.addresses, peer: .osd)
    for tid in 1...count { connection.post(message(UInt64(tid), dataBytes: bytes)) }
    #expect(world.run { second.received.count == count })
    let received = world.clock.now
    #expect(world.run { connection.sessionState.queue.count < count })
    #expect(connection.sessionState.queue.count > 0)
    #expect(received.nanoseconds(to: world.clock.now) < 10_000_000)
    #expect(world.run { connection.sessionState.queue.isEmpty })
    let waited = received.nanoseconds(to: world.clock.now)
    #expect(waited > 10_000_000 && waited < 60_000_000, "\(waited) ns")
  }

  @Test func `every message arrives once and in order, though one of 20 receives and sends fails`()
    throws
  {
    let world = SimWorld(seed: 3)
    let (first, second) = try peers(world, faults: NetworkFaults(failureOdds: 20, seed: 3))
    send(300, from: first, to: second, span: 3_000_000, world)
    send(300, from: second, to: first, span: 3_000_000, world)
    #expect(world.run { first.received.count >= 300 && second.received.count >= 300 })
    #expect(first.tids == Array(1...300) && second.tids == Array(1...300))
    #expect(first.ready.count + second.ready.count > 2, "nothing failed")
  }

  /// Half of all are kept back for up to a second, and the connections fail: nothing overtakes, and what
  /// is kept when a connection fails is not lost.
  @Test(arguments: [0, 20])
  func `every message arrives once and in order, though half are delayed`(failureOdds: Int) throws {
    let world = SimWorld(seed: 7)
    let faults = NetworkFaults(
      failureOdds: failureOdds, delayedPeers: "osd mon", delayProbability: 0.5,
      seed: 7)
    let (first, second) = try peers(world, faults: faults)
    let span = failureOdds == 0 ? 1000 : 3_000_000
    send(300, from: first, to: second, span: span, world)
    send(300, from: second, to: first, span: span, world)
    #expect(world.run { first.received.count >= 300 && second.received.count >= 300 })
    #expect(first.tids == Array(1...300) && second.tids == Array(1...300))
    #expect(world.clock.now.nanoseconds > 900_000_000)
  }

  @Test func `only the peers that are named are delayed`() {
    let faults = NetworkFaults(delayedPeers: "osd, mgr", delayProbability: 1)
    #expect(faults.delays(.osd) && faults.delays(.manager))
    #expect(!faults.delays(.client) && !faults.delays(.monitor))
    #expect(!NetworkFaults.none.delays(.osd))
  }

  @Test func `the same peer has the same connection`() throws {
    let world = SimWorld(seed: 1)
    let (first, second) = try peers(world)
    let connection = first.messenger.connect(to: second.addresses, peer: .osd)
    #expect(first.messenger.connect(to: second.addresses, peer: .osd) === connection)
    #expect(world.run { first.ready.count == 1 && second.ready.count == 1 })
    #expect(second.messenger.connect(to: first.addresses, peer: .osd) === second.ready[0])
    #expect(second.ready[0].peer == EntityName(.osd, 0) && connection.peer == EntityName(.osd, 1))
    #expect(!connection.policy.lossy && connection.sessionState.isEstablished)
  }

  @Test func `an idle session rests after a cut and goes on when there is something to send`()
    throws
  {
    let world = SimWorld(seed: 2)
    let (first, second) = try peers(world)
    let connection = first.messenger.connect(to: second.addresses, peer: .osd)
    connection.post(message(1))
    #expect(world.run { second.received.count == 1 && connection.sessionState.queue.isEmpty })
    world.network.cutOne()
    #expect(world.run { connection.state == .standby && second.ready[0].state == .standby })
    world.run { world.clock.now.nanoseconds > 30_000_000_000 }
    #expect(connection.state == .standby)
    // The other side has something to say, on the session that it did not open.
    second.ready[0].post(message(2))
    #expect(world.run { first.received.count == 1 })
    #expect(first.ready.count == 2 && second.ready.count == 2)
  }

  /// A peer that is gone is tried again, ever more slowly, until it comes back.
  @Test func `what is sent to an absent peer arrives when it comes`() throws {
    let world = SimWorld(seed: 3)
    let first = try SimNode(
      world, EntityName(.osd, 0), nonce: 1, policy: .losslessPeer, binds: 6800)
    let there = EntityAddresses(EntityAddress("v2:127.0.0.1:6801/2")!)
    let connection = first.messenger.connect(to: there, peer: .osd)
    for tid in 1...10 { connection.post(message(UInt64(tid))) }
    world.run { world.clock.now.nanoseconds > 20_000_000_000 }
    #expect((6...9).contains(first.refusals))
    let second = try SimNode(
      world, EntityName(.osd, 1), nonce: 2, policy: .losslessPeer, binds: 6801)
    #expect(world.run { second.received.count == 10 })
    #expect(second.tids == Array(1...10))
  }

  /// The peer marks its end down and connects again: another session, of which the old one knows nothing.
  @Test(arguments: [false, true])
  func `a peer that forgot its session begins another`(resetCheck: Bool) throws {
    let world = SimWorld(seed: 4)
    var policy = Policy.losslessPeer
    policy.resetCheck = resetCheck
    let (first, second) = try peers(world, policy: policy)
    let connection = first.messenger.connect(to: second.addresses, peer: .osd)
    connection.post(message(1))
    #expect(world.run { second.received.count == 1 && connection.sessionState.queue.isEmpty })
    connection.markDown()
    let again = first.messenger.connect(to: second.addresses, peer: .osd)
    again.post(message(2))
    #expect(world.run { second.received.count == 2 })
    #expect(again !== connection && second.tids == [1, 2])
    #expect(second.remoteResets == (resetCheck ? 1 : 0))
    #expect(second.ready.count == 2 && second.ready[0] === second.ready[1])
  }

  /// This side reconnects to a peer that has marked its end down.
  @Test func `a session that the peer does not know is reset in full`() throws {
    let world = SimWorld(seed: 5)
    let (first, second) = try peers(world)
    let connection = first.messenger.connect(to: second.addresses, peer: .osd)
    connection.post(message(1))
    #expect(world.run { second.received.count == 1 })
    second.ready[0].markDown()
    #expect(world.run { connection.state != .ready })
    connection.post(message(2))
    #expect(world.run { first.remoteResets == 1 && connection.isReady })
    connection.post(message(3))
    #expect(world.run { second.received.count == 2 })
    #expect(second.tids == [1, 3])
  }

  /// Every order in which two attempts may cross.
  @Test(arguments: 0..<300)
  func `two that connect to each other end with one connection`(seed: Int) throws {
    let world = SimWorld(seed: UInt64(seed) + 5000)
    let (first, second) = try peers(world)
    first.messenger.connect(to: second.addresses, peer: .osd).post(message(1))
    if seed % 3 > 0 {
      world.run { first.ready.count > 0 || world.clock.random.next() % 40 == 0 }
    }
    second.messenger.connect(to: first.addresses, peer: .osd).post(message(1))
    #expect(world.run { first.received.count == 1 && second.received.count == 1 })
    // Long before anybody who was told to wait would try again.
    #expect(world.clock.now.nanoseconds < 3_000_000_000)
    world.run { world.clock.now.nanoseconds > 40_000_000_000 }
    #expect(world.network.connectionCount == 1)
    #expect(first.received.count == 1 && second.received.count == 1)
  }
}
