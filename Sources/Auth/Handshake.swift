import Buffers
import RadosTypes

/// What both ends of a connection agreed on: how frames travel after authentication.
///
/// Raw values: Ceph's `CEPH_CON_MODE_*`.
package enum ConnectionMode: UInt32, Sendable {
  case crc = 1
  case secure = 2
}

/// What an authenticated connection knows of its peer.
package struct AuthenticatedPeer: Sendable {
  /// `client.admin`, `osd.3`.
  package var name: AuthName
  package var globalID: UInt64
  /// The capabilities text of its ticket (`allow *`); with auth none, `allow *`.
  package var caps: ByteString

  package init(name: AuthName, globalID: UInt64, caps: ByteString) {
    self.name = name
    self.globalID = globalID
    self.caps = caps
  }
}

/// The end of a handshake: what frames are signed and encrypted with.
package struct AuthOutcome: Sendable {
  package var peer: AuthenticatedPeer?
  /// Key of AUTH_SIGNATURE; empty with auth none.
  package var sessionKey: [UInt8]
  /// 64 bytes in secure mode (see PROTOCOL 1.4), else empty.
  package var connectionSecret: [UInt8]
  package var mode: ConnectionMode

  package init(
    peer: AuthenticatedPeer?, sessionKey: [UInt8], connectionSecret: [UInt8], mode: ConnectionMode
  ) {
    self.peer = peer
    self.sessionKey = sessionKey
    self.connectionSecret = connectionSecret
    self.mode = mode
  }
}

/// Why a handshake ends; `result` is the -errno that the peer is told.
package struct AuthError: Error, Hashable, Sendable, CustomStringConvertible {
  package var result: Int32
  package var reason: String

  package init(_ result: Int32, _ reason: String) {
    self.result = result
    self.reason = reason
  }

  package var description: String { "\(reason) (\(result))" }
}

/// The connecting side of one connection's authentication (msgr2 AUTH_* frames). Pure: no I/O.
package protocol AuthClientHandshake: AnyObject {
  /// AUTH_REQUEST: method, modes in order of preference, payload.
  func begin() throws(AuthError) -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice)
  /// AUTH_BAD_METHOD: another request, or an error when nothing that we have is allowed.
  func badMethod(
    result: Int32, allowedMethods: [UInt32], allowedModes: [UInt32]
  ) throws(AuthError)
    -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice)
  /// AUTH_REPLY_MORE in, AUTH_REQUEST_MORE out.
  func more(_ payload: ByteSlice) throws(AuthError) -> ByteSlice
  /// AUTH_DONE.
  func done(
    globalID: UInt64, mode: ConnectionMode, payload: ByteSlice
  ) throws(AuthError) -> AuthOutcome
}

package enum AuthServerStep: Sendable {
  /// AUTH_BAD_METHOD.
  case refuse(result: Int32, allowedMethods: [UInt32], allowedModes: [UInt32])
  /// AUTH_REPLY_MORE.
  case more(ByteSlice)
  /// AUTH_DONE.
  case done(globalID: UInt64, payload: ByteSlice, AuthOutcome)
}

/// The accepting side. Pure: no I/O.
package protocol AuthServerHandshake: AnyObject {
  func request(
    method: UInt32, preferredModes: [UInt32], payload: ByteSlice
  ) throws(AuthError)
    -> AuthServerStep
  func requestMore(_ payload: ByteSlice) throws(AuthError) -> AuthServerStep
}

/// Makes handshakes for a messenger's connections; asked on any reactor.
package protocol Authenticator: AnyObject, Sendable {
  func clientHandshake(peer: EntityType) -> any AuthClientHandshake
  func serverHandshake(peer: EntityType) -> any AuthServerHandshake
}
