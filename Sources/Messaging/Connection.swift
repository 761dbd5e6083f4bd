import Auth
import Base
import Messages
import RadosTypes
import Reactors

/// A way to one peer, over whatever socket there is at the moment.
///
///     connecting ──▶ ready ──fault, lossless──▶ connecting │ standby      (any) ──markDown──▶ closed
///      ▲  │ fault       └──fault, lossy──▶ closed               │
///      │  ▼                                                     │
///     backoff                     connecting ◀──send────────────┘
///
/// A lossy connection that faults, even while it connects, is reset: its user decides what comes next.
/// A lossless one goes on over the next socket, its own or the peer's, and every message arrives once
/// and in order. Confined to `reactor`, but for `post` and `markDown`.
package final class Connection: @unchecked Sendable {
  package enum State: String, Sendable { case connecting, backoff, standby, ready, closed }

  package let reactor: Reactor
  package let peerType: EntityType
  /// For the user: what belongs to this connection.
  package var session: AnyObject?

  package internal(set) var state = State.connecting
  package internal(set) var peer: EntityName
  package internal(set) var peerAddresses: EntityAddresses
  package internal(set) var peerFeatures: UInt64 = 0
  /// Who authenticated; nil for the server of a connection that was made here.
  package internal(set) var auth: AuthenticatedPeer?
  package internal(set) var policy: Policy
  /// When the last KEEPALIVE2_ACK, and the last KEEPALIVE2 of the peer, came.
  package internal(set) var lastKeepaliveAck = Instant(nanoseconds: 0)
  package internal(set) var lastKeepalive = Instant(nanoseconds: 0)

  let messenger: AsyncMessenger
  let worker: Worker
  /// What is dialled; nil on a server's side.
  let target: EntityAddress?
  /// By which the messenger knows it, if it does.
  let tableKey: EntityAddress
  var link: Link?
  var sessionState = SessionState()
  var isReconnecting = false
  var backoff: Duration?
  var retryTimer: ReactorTimer?
  /// A keepalive was asked for before the connection was ready.
  var keepaliveWanted = false
  var isPaused = false
  var unacknowledged = Unacknowledged()
  var ackTimer: ReactorTimer?
  /// Nil unless the network was told to delay such peers.
  private(set) var delayed: DelayedDelivery?

  init(
    messenger: AsyncMessenger, worker: Worker, peerType: EntityType, addresses: EntityAddresses,
    target: EntityAddress?, policy: Policy
  ) {
    self.messenger = messenger
    self.worker = worker
    reactor = worker.reactor
    self.peerType = peerType
    peer = EntityName(peerType, -1)
    peerAddresses = addresses
    tableKey = addresses.key
    self.target = target
    self.policy = policy
    guard worker.faults.delays(peerType) else { return }
    delayed = DelayedDelivery(reactor) { [unowned self] message in
      messenger.dispatcher.dispatch(message, from: self)
    }
  }

  package var isOpen: Bool { state != .closed }
  package var isReady: Bool { state == .ready }
  /// Bytes handed to the socket that the kernel did not take yet.
  package var bytesQueued: Int { link?.bytesQueued ?? 0 }
  /// The mode of the present socket.
  package var mode: ConnectionMode? { link?.machine.outcome?.mode }

  // MARK: Sending

  /// Sends, now or when the connection is ready; dropped if it is closed.
  package func send(_ message: RawMessage) {
    precondition(reactor.isCurrent, "\(self): send from another thread")
    switch state {
    case .ready where !sessionState.queue.hasUnsent: transmit(message)
    case .ready:
      sessionState.queue.append(message)
      transmitQueued()
    case .connecting, .backoff: sessionState.queue.append(message)
    case .standby:
      sessionState.queue.append(message)
      leaveStandby()
    case .closed: break
    }
  }

  /// As `send`, from any thread.
  package func post(_ message: RawMessage) {
    if reactor.isCurrent { send(message) } else { reactor.post { [self] in send(message) } }
  }

  /// Asks the peer for a sign of life; see `lastKeepaliveAck`.
  package func sendKeepalive() {
    switch state {
    case .ready:
      guard let link else { return }
      attempt(link) { (machine) throws(ProtocolError) in
        try machine.sendKeepalive(UTime(wallNanoseconds: reactor.clock.wallNanoseconds))
      }
    case .connecting, .backoff: keepaliveWanted = true
    case .standby:
      keepaliveWanted = true
      leaveStandby()
    case .closed: break
    }
  }

  @inline(__always)
  private func transmit(_ message: RawMessage) {
    guard let link else { return }
    let sequence = sessionState.queue.nextSequence()
    if !policy.lossy { sessionState.queue.appendSent(message, sequence: sequence) }
    hand(message, sequence, to: link)
  }

  /// What waits in the queue, as far as the socket exists.
  func transmitQueued() {
    guard let link else { return }
    while state == .ready, let message = sessionState.queue.takeUnsent(keeping: !policy.lossy) {
      hand(message, message.header.sequence, to: link)
    }
  }

  private func hand(_ message: RawMessage, _ sequence: UInt64, to link: Link) {
    worker.perf.add(MessengerCounter.sentMessages)
    unacknowledged = Unacknowledged()
    do throws(ProtocolError) {
      try link.machine.send(
        message, sequence: sequence, ackSequence: sessionState.inSequence)
    } catch { return link.fail(.protocolError(error)) }
    link.flushSoon()
  }

  func attempt(_ link: Link, _ body: (ProtocolV2) throws(ProtocolError) -> Void) {
    do throws(ProtocolError) { try body(link.machine) } catch {
      return link.fail(.protocolError(error))
    }
    link.flushSoon()
  }

  // MARK: End

  /// Closes for good; the dispatcher is not told, and from now on `connect` makes another connection
  /// to this peer. Any thread.
  package func markDown() {
    messenger.unregister(self)
    if reactor.isCurrent { end() } else { reactor.post { [self] in end() } }
  }

  /// True if it was open.
  @discardableResult
  func end() -> Bool {
    guard state != .closed else { return false }
    state = .closed
    dropLink()
    retryTimer?.cancel()
    delayed?.discard()
    sessionState.queue.removeAll()
    messenger.forget(self)
    return true
  }

  /// Closes for good and says so.
  func reset() {
    delayed?.flush()
    if end() { messenger.dispatcher.connectionReset(self) }
  }

  func dropLink() {
    ackTimer?.cancel()
    ackTimer = nil
    unacknowledged = Unacknowledged()
    isPaused = false
    link?.close()
    link = nil
  }
}

extension Connection: LogPrefixed, CustomStringConvertible {
  package var description: String { "\(peer) \(peerAddresses)" }

  package var logPrefix: String { "-- \(messenger.identAddresses) >> \(self)" }

  func note(_ level: Int8, _ text: @autoclosure () -> String) {
    messenger.log.write(.ms, level, self, text())
  }
}
