import Base
import Messages
import RadosTypes

/// A connection to a monitor or manager as its client sees it. Confined to the client's reactor.
package protocol SessionLink: AnyObject {
  /// The handshake is done; called once.
  var onReady: (() -> Void)? { get set }
  var onMessage: ((RawMessage) -> Void)? { get set }
  /// The connection is gone, or never came about; called once, never after `close`.
  var onLost: (() -> Void)? { get set }

  func send(_ message: RawMessage)
  func sendKeepalive()
  /// When the peer last answered a keepalive, as known at the last `sendKeepalive`.
  var lastKeepaliveAck: Instant? { get }
  func close()
}

/// Where such connections come from: a messenger, or a test.
package protocol SessionTransport: AnyObject {
  /// The link gets messages of the types in `takes`, or all of them; the rest is for whoever dispatches
  /// the connection's other messages.
  func open(
    to addresses: EntityAddresses, peer: EntityType, takes: Set<MessageType>?
  )
    -> any SessionLink
  /// Our own, for log entries.
  var addresses: EntityAddresses { get }
}
