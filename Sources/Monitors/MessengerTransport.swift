import Base
import Messages
import Messaging
import RadosTypes
import Reactors

/// Connections of a messenger as links of a monitor or manager client.
///
/// The messenger has one dispatcher, the daemon's. It passes every event on to here first; true says
/// that the connection, and a message of this type, belongs to one of our links. Links live on
/// `reactor`, wherever the connection does.
package final class MessengerTransport: SessionTransport, @unchecked Sendable {
  private let reactor: Reactor
  private let lock = Lock()
  // Guarded by `lock`.
  private var links: [ObjectIdentifier: MessengerLink] = [:]
  private var messenger: AsyncMessenger?

  package init(reactor: Reactor) { self.reactor = reactor }

  /// The messenger knows its dispatcher from the beginning, so it comes second. It keeps this alive.
  package func attach(_ messenger: AsyncMessenger) { lock.withLock { self.messenger = messenger } }

  package var addresses: EntityAddresses {
    lock.withLock { messenger }?.addresses ?? EntityAddresses()
  }

  package func open(
    to addresses: EntityAddresses, peer: EntityType, takes: Set<MessageType>?
  )
    -> any SessionLink
  {
    lock.withLock {
      guard let messenger else { preconditionFailure("a transport without a messenger") }
      let connection = messenger.connect(to: addresses, peer: peer)
      let link = MessengerLink(connection, reactor, takes, self)
      links[ObjectIdentifier(connection)] = link
      return link
    }
  }

  fileprivate func forget(_ connection: Connection) {
    lock.withLock { links[ObjectIdentifier(connection)] = nil }
  }

  /// Asked for every message of a daemon, so clients and OSDs are told apart without the lock.
  private func link(of connection: Connection) -> MessengerLink? {
    guard connection.peerType == .monitor || connection.peerType == .manager else { return nil }
    return lock.withLock { links[ObjectIdentifier(connection)] }
  }

  // MARK: From the dispatcher

  package func connectionReady(_ connection: Connection) -> Bool {
    guard let link = link(of: connection) else { return false }
    link.onReactor { $0.onReady?() }
    return true
  }

  package func dispatch(_ message: RawMessage, from connection: Connection) -> Bool {
    guard let link = link(of: connection), link.takes?.contains(message.type) ?? true else {
      return false
    }
    link.onReactor { $0.onMessage?(message) }
    return true
  }

  package func connectionReset(_ connection: Connection) -> Bool {
    guard let link = link(of: connection) else { return false }
    forget(connection)
    link.onReactor { $0.onLost?() }
    return true
  }
}

/// Confined to the client's reactor.
private final class MessengerLink: SessionLink, @unchecked Sendable {
  var onReady: (() -> Void)?
  var onMessage: ((RawMessage) -> Void)?
  var onLost: (() -> Void)?
  private(set) var lastKeepaliveAck: Instant?
  let takes: Set<MessageType>?
  private let connection: Connection
  private let reactor: Reactor
  private weak var transport: MessengerTransport?

  init(
    _ connection: Connection, _ reactor: Reactor, _ takes: Set<MessageType>?,
    _ transport: MessengerTransport
  ) {
    self.connection = connection
    self.reactor = reactor
    self.takes = takes
    self.transport = transport
  }

  func onReactor(_ body: @escaping @Sendable (MessengerLink) -> Void) {
    if reactor.isCurrent { body(self) } else { reactor.post { [self] in body(self) } }
  }

  func send(_ message: RawMessage) { connection.post(message) }

  func sendKeepalive() {
    let connection = connection
    let ask: @Sendable () -> Void = { [self] in
      connection.sendKeepalive()
      let heard = connection.lastKeepaliveAck
      onReactor { $0.lastKeepaliveAck = heard }
    }
    if connection.reactor.isCurrent { ask() } else { connection.reactor.post(ask) }
  }

  func close() {
    transport?.forget(connection)
    connection.markDown()
  }
}
