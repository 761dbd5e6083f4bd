import Auth
import Base
import Buffers
import Messages
import RadosTypes
import TestKit
import Testing

@testable import Messaging

struct LossyMessengerTests {
  private func server(
    _ world: SimWorld, policy: Policy = .statelessRegisteredServer(),
    authenticator: TestAuthenticator = TestAuthenticator()
  ) throws -> SimNode {
    try SimNode(
      world, EntityName(.osd, 0), nonce: 77, authenticator: authenticator, policy: policy,
      binds: 6800)
  }

  private func client(
    _ world: SimWorld, nonce: UInt32 = 5, authenticator: TestAuthenticator = TestAuthenticator()
  ) throws -> SimNode {
    try SimNode(
      world, EntityName(.client, -1), reactors: 1, nonce: nonce, authenticator: authenticator,
      policy: .lossyClient)
  }

  @Test(arguments: 0..<20)
  func `messages go there and back, in order`(seed: Int) throws {
    let world = SimWorld(seed: UInt64(seed))
    let authenticator = seed % 2 == 0 ? TestAuthenticator() : TestAuthenticator.secure()
    let server = try server(world, authenticator: authenticator)
    server.echoes = true
    let client = try client(world, authenticator: authenticator)
    let connection = client.messenger.connect(to: server.addresses, peer: .osd)
    client.run {
      for tid in 1...200 { connection.send(message(UInt64(tid), dataBytes: tid * 131 % 20_000)) }
    }
    #expect(world.run { client.received.count == 200 })
    #expect(client.tids == Array(1...200) && server.tids == client.tids)
    for (_, echo) in client.received {
      #expect(
        echo.isSame(
          as: {
            var sent = message(echo.header.tid, dataBytes: Int(echo.header.tid) * 131 % 20_000)
            sent.header.sequence = echo.header.sequence
            return sent
          }()))
    }
    #expect(server.received[0].from == EntityName(.client, 4711))
    #expect(client.received[0].from == EntityName(.osd, 0))
    #expect(server.ready.count == 1 && server.ready[0].auth?.name == AuthName(.client, "test"))
    #expect(connection.mode == authenticator.mode && connection.policy.lossy)
    #expect(connection.peerFeatures == Features.pacific.rawValue)
    let worker = server.ready[0].worker.perf
    #expect(worker.value(MessengerCounter.receivedMessages).sum == 200)
    #expect(worker.value(MessengerCounter.sentMessages).sum == 200)
    #expect(worker.value(MessengerCounter.activeConnections).sum == 1)
  }

  @Test func `a cut connection is reset on both sides, once`() throws {
    let world = SimWorld(seed: 1)
    let server = try server(world)
    let client = try client(world)
    let connection = client.messenger.connect(to: server.addresses, peer: .osd)
    #expect(world.run { server.ready.count == 1 && client.ready.count == 1 })
    world.network.cutOne()
    #expect(world.run { server.resets.count == 1 && client.resets.count == 1 })
    #expect(!connection.isOpen)
    client.run { connection.send(message(1)) }
    world.run { false }
    #expect(server.received.isEmpty && client.resets.count == 1)
    #expect(server.ready[0].worker.perf.value(MessengerCounter.activeConnections).sum == 0)
  }

  @Test func `where nobody listens the connection is refused, then reset`() throws {
    let world = SimWorld(seed: 1)
    let client = try client(world)
    _ = client.messenger.connect(
      to: EntityAddresses(EntityAddress("v2:127.0.0.1:6999/1")!), peer: .osd)
    world.run { false }
    #expect(client.refusals == 1 && client.resets.count == 1)
  }

  @Test func `a wrong nonce is not us`() throws {
    let world = SimWorld(seed: 1)
    let server = try server(world)
    let client = try client(world)
    var wrong = server.addresses.addresses[0]
    wrong.nonce += 1
    _ = client.messenger.connect(to: EntityAddresses(wrong), peer: .osd)
    world.run { false }
    #expect(client.resets.count == 1 && server.ready.isEmpty)
  }

  @Test func `a peer that is of another kind is not the one`() throws {
    let world = SimWorld(seed: 1)
    let server = try server(world)
    let client = try client(world)
    _ = client.messenger.connect(to: server.addresses, peer: .monitor)
    world.run { false }
    #expect(client.resets.count == 1 && client.ready.isEmpty)
  }

  @Test func `a client without required features is told so`() throws {
    let world = SimWorld(seed: 1)
    var policy = Policy.statelessServer()
    policy.featuresRequired = 1 << 44
    let server = try server(world, policy: policy)
    let client = try client(world)
    _ = client.messenger.connect(to: server.addresses, peer: .osd)
    world.run { false }
    #expect(client.resets.count == 1 && server.ready.isEmpty)
  }

  @Test func `a refused client is reset`() throws {
    let world = SimWorld(seed: 1)
    let authenticator = TestAuthenticator()
    authenticator.refuses = AuthError(-13, "no")
    let server = try server(world, authenticator: authenticator)
    let client = try client(world, authenticator: authenticator)
    _ = client.messenger.connect(to: server.addresses, peer: .osd)
    world.run { false }
    #expect(client.resets.count == 1 && server.ready.isEmpty)
  }

  @Test(arguments: 0..<10)
  func `a client that comes again replaces its older connection`(seed: Int) throws {
    let world = SimWorld(seed: UInt64(seed))
    let server = try server(world)
    let client = try client(world)
    let first = client.messenger.connect(to: server.addresses, peer: .osd)
    client.run { first.send(message(1)) }
    #expect(world.run { server.received.count == 1 })
    let second = client.messenger.connect(to: server.addresses, peer: .osd)
    client.run { second.send(message(2)) }
    #expect(world.run { server.received.count == 2 && client.resets.count == 1 })
    #expect(
      server.ready.count == 2 && server.resets.count == 1 && server.resets[0] === server.ready[0])
    #expect(!first.isOpen && second.isOpen)
  }

  @Test func `what is marked down is silent`() throws {
    let world = SimWorld(seed: 3)
    let server = try server(world)
    let client = try client(world)
    let connection = client.messenger.connect(to: server.addresses, peer: .osd)
    #expect(world.run { client.ready.count == 1 })
    connection.markDown()
    #expect(world.run { server.resets.count == 1 })
    #expect(client.resets.isEmpty && !connection.isOpen)
    #expect(world.network.connectionCount == 0)
  }

  @Test func `keepalives are answered`() throws {
    let world = SimWorld(seed: 4)
    let server = try server(world)
    let client = try client(world)
    let connection = client.messenger.connect(to: server.addresses, peer: .osd)
    client.run { connection.sendKeepalive() }
    #expect(world.run { connection.lastKeepaliveAck.nanoseconds > 0 })
    #expect(server.ready[0].lastKeepalive.nanoseconds > 0)
  }

  /// The server holds what it receives; the client's bytes stop at the budget, and go on as it is freed.
  @Test(arguments: 0..<10)
  func `a client does not exceed the budget of bytes`(seed: Int) throws {
    let world = SimWorld(seed: UInt64(seed))
    world.network.cutsPieces = false
    let throttle = Throttle(bytesMax: 100_000)
    let server = try server(world, policy: .statelessRegisteredServer(throttle: throttle))
    let client = try client(world)
    let connection = client.messenger.connect(to: server.addresses, peer: .osd)
    var mostHeld = 0
    server.onDispatch = { _, _ in mostHeld = max(mostHeld, throttle.bytesHeld) }
    for tid in 1...100 {
      client.reactors[0].schedule(after: .milliseconds(tid)) {
        connection.send(message(UInt64(tid), dataBytes: 10_000))
      }
    }
    world.run { false }
    #expect((10...12).contains(server.received.count))
    var all: [UInt64] = []
    while !server.received.isEmpty {
      all += server.tids
      server.received = []
      world.run { false }
    }
    #expect(all == Array(1...100))
    #expect(mostHeld < 130_000 && throttle.bytesHeld == 0)
  }

  @Test func `a client does not exceed the budget of messages`() throws {
    let world = SimWorld(seed: 9)
    let throttle = Throttle(bytesMax: .max, messagesMax: 10)
    let server = try server(world, policy: .statelessRegisteredServer(throttle: throttle))
    let client = try client(world)
    let connection = client.messenger.connect(to: server.addresses, peer: .osd)
    for tid in 1...50 {
      client.reactors[0].schedule(after: .milliseconds(tid)) {
        connection.send(message(UInt64(tid)))
      }
    }
    world.run { false }
    #expect(server.received.count == 10 && throttle.messagesHeld == 10)
    throttle.messagesMax = 20
    world.run { false }
    #expect(server.received.count == 20)
    server.onDispatch = { _, _ in server.received = [] }
    server.received = []
    world.run { false }
    #expect(throttle.messagesHeld <= 1 && server.received.count <= 1)
  }

  /// Strangers' bytes end with their connections, and nobody else's.
  @Test(arguments: 0..<20)
  func `garbage on the port harms nobody`(seed: Int) throws {
    let world = SimWorld(seed: UInt64(seed))
    let server = try server(world)
    server.echoes = true
    let client = try client(world)
    let connection = client.messenger.connect(to: server.addresses, peer: .osd)
    let reactor = world.makeReactor()
    nonisolated(unsafe) var closed = 0
    var random = SeededRandom(seed: UInt64(seed))
    let starts = [[], Banner.bytes.array, Banner.bytes.array + GoldenFrames.hello]
    for index in 0..<20 {
      let garbage =
        starts[index % 3] + (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
      reactor.post {
        let socket = reactor.driver.connect(to: .loopback(port: 6800), from: nil)
        socket.start(onReceive: { _ in }, onClose: { _ in closed += 1 })
        socket.send(ByteSlice(garbage))
      }
      client.run { connection.send(message(UInt64(index + 1))) }
    }
    #expect(world.run { closed == 20 && client.received.count == 20 })
    #expect(world.clock.now.nanoseconds < 9_000_000_000)
    #expect(client.tids == Array(1...20) && server.ready.count == 1)
    #expect(server.reactors.count == 2 && world.network.connectionCount == 1)
  }

  @Test func `a silent guest is shown out after the handshake's time`() throws {
    let world = SimWorld(seed: 5)
    let server = try server(world)
    let reactor = world.makeReactor()
    nonisolated(unsafe) var closed = false
    reactor.post {
      let socket = reactor.driver.connect(to: .loopback(port: 6800), from: nil)
      socket.start(onReceive: { _ in }, onClose: { _ in closed = true })
    }
    #expect(world.run { closed })
    #expect(world.clock.now.nanoseconds >= 10_000_000_000)
    #expect(server.ready.isEmpty)
  }
}
