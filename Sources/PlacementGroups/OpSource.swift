import Buffers
import Messages
import RadosTypes

/// Where a client's ops come from and their replies go: a connection and what is known of its peer.
package protocol OpSource: AnyObject, Sendable {
  /// Fixed while the source lives.
  var peer: EntityName { get }
  var peerAddress: EntityAddress { get }
  var features: Features { get }
  /// False when nobody would hear a reply; any thread.
  var isOpen: Bool { get }
  /// Any thread; in order for each thread.
  func reply(_ message: RawMessage)
  /// Whether the peer's capabilities allow anything; any thread.
  var allowsAll: Bool { get }
  /// Whether they allow this; any thread.
  func allows(_ request: CapabilityRequest) -> Bool
}

/// What capabilities are asked about. Ceph: the arguments of `OSDCap::is_capable`.
package struct CapabilityRequest {
  package var pool: Int64
  package var poolName: ByteString
  package var applications: [ByteString: [ByteString: ByteString]]
  package var namespace: ByteString
  /// The locator key if there is one, else the object's name.
  package var object: ByteString
  package var reads: Bool
  package var writes: Bool
}
