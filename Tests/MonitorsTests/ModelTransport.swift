import Auth
import Base
import Buffers
import Messages
import Monitors
import RadosTypes
import Reactors
import TestKit

/// A connection whose other end is the test.
final class ModelLink: SessionLink {
  let addresses: EntityAddresses
  let peer: EntityType
  var onReady: (() -> Void)?
  var onMessage: ((RawMessage) -> Void)?
  var onLost: (() -> Void)?
  var lastKeepaliveAck: Instant?
  var keepalives = 0
  var isClosed = false
  private(set) var sent: [RawMessage] = []

  init(_ addresses: EntityAddresses, _ peer: EntityType) {
    self.addresses = addresses
    self.peer = peer
  }

  func send(_ message: RawMessage) { sent.append(message) }
  func sendKeepalive() { keepalives += 1 }
  func close() { isClosed = true }

  func sent<Body: Message>(_: Body.Type) throws -> [Body] {
    try sent.filter { $0.type == Body.type }.map { try $0.decode(Body.self) }
  }

  /// The peer says something.
  func receive(_ message: some Message, tid: UInt64 = 0) {
    onMessage?(RawMessage(encoding: message, tid: tid))
  }
}

final class ModelTransport: SessionTransport {
  var addresses = EntityAddresses()
  private(set) var links: [ModelLink] = []
  /// Done with every new link, by the reactor.
  var onOpen: ((ModelLink) -> Void)?

  func open(
    to addresses: EntityAddresses, peer: EntityType, takes: Set<MessageType>?
  )
    -> any SessionLink
  {
    let link = ModelLink(addresses, peer)
    links.append(link)
    onOpen?(link)
    return link
  }
}

/// A monitor client in a simulated world, and what it tells.
final class MonBench: MonClientDelegate {
  let world = SimWorld(seed: 7)
  let transport = ModelTransport()
  let reactor: Reactor
  let client: MonClient
  let authenticator: ClusterAuthenticator
  var sessions = 0
  var received: [MessageType] = []

  static let hosts = ["10.0.0.1:3300", "10.0.0.2:3300", "10.0.0.3:3300"]

  init(hosts: [String] = MonBench.hosts) throws {
    reactor = world.makeReactor()
    authenticator = ClusterAuthenticator(
      name: AuthName(.osd, "3"), key: nil, policy: .allNone, clock: world.clock)
    var options = MonClient.Options(monitors: try MonHosts.parse(hosts.joined(separator: ",")))
    options.hostname = "here"
    options.fsid = UniqueID(high: 1, low: 2)
    client = MonClient(
      reactor: reactor, transport: transport, authenticator: authenticator, options: options,
      log: Log(clock: world.clock, level: -2), random: SeededRandom(seed: 3))
    client.delegate = self
  }

  func monClientDidOpenSession(_ client: MonClient) { sessions += 1 }
  func monClient(_ client: MonClient, received message: RawMessage) {
    received.append(message.type)
  }

  /// Does `body` on the reactor.
  func act(_ body: @escaping () -> Void) {
    var isDone = false
    nonisolated(unsafe) let body = body
    nonisolated(unsafe) let finish = { isDone = true }
    reactor.post {
      body()
      finish()
    }
    world.run { isDone }
  }

  /// Runs for so many seconds of the world's time.
  func pass(_ seconds: Double) {
    let end = world.clock.now + .nanoseconds(Int64(seconds * 1e9))
    var isOver = false
    act { [self] in reactor.schedule(after: end - world.clock.now) { isOver = true } }
    world.run { isOver }
  }

  /// Starts, and lets the first link come up.
  @discardableResult
  func openSession() -> ModelLink {
    act { [self] in client.start() }
    return ready()
  }

  /// The newest link comes up.
  @discardableResult
  func ready() -> ModelLink {
    let link = transport.links[transport.links.count - 1]
    act { link.onReady?() }
    return link
  }
}
