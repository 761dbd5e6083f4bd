import Buffers
import RadosTypes
import Wire

/// Our side of a connection to a service (a manager, another OSD): shows the ticket, answers the
/// challenge, and checks that the service could open the ticket.
///
/// Source: src/auth/cephx/CephxProtocol.cc (`CephXAuthorizer`), src/auth/none/AuthNoneProtocol.h.
final class ServiceHandshake: AuthClientHandshake {
  private let authenticator: ClusterAuthenticator
  private let peer: EntityType
  private let service: UInt32
  private let nonce: UInt64
  private var tickets = CephXTickets()
  private var modes: [ConnectionMode] = []
  private var method = AuthMethod.none
  private var isChallenged = false

  init(_ authenticator: ClusterAuthenticator, peer: EntityType) {
    self.authenticator = authenticator
    self.peer = peer
    service = UInt32(peer.rawValue)
    nonce = authenticator.randomNumber()
  }

  func begin() throws(AuthError) -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice) {
    guard let method = authenticator.method else {
      throw .access("no session with a monitor yet, so no ticket for \(peer.name)")
    }
    self.method = method
    tickets = authenticator.tickets
    modes = authenticator.policy.modes(for: peer, method: method)
    switch method {
    case .cephx: return (method.rawValue, modes, try tickets.authorizer(for: service, nonce: nonce))
    case .none:
      var payload = WireWriter()
      payload.write(AuthMode.authorizer)
      payload.write(authenticator.name)
      payload.write(tickets.globalID)
      return (method.rawValue, modes, payload.finish())
    }
  }

  func badMethod(
    result: Int32, allowedMethods: [UInt32], allowedModes: [UInt32]
  ) throws(AuthError)
    -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice)
  {
    throw AuthError(
      result < 0 ? result : -Errno.EACCES,
      "\(peer.name) refuses our ticket and allows methods \(allowedMethods), modes \(allowedModes)")
  }

  func more(_ payload: ByteSlice) throws(AuthError) -> ByteSlice {
    guard method == .cephx, !isChallenged, let ticket = tickets[peer] else {
      throw .access("\(peer.name) challenges twice")
    }
    isChallenged = true
    let challenge: CephXAuthorizeChallenge = try CephXSeal.open(
      payload, ticket.sessionKey, "service's challenge")
    return try tickets.authorizer(
      for: service, nonce: nonce, challengePlusOne: challenge.challenge &+ 1)
  }

  func done(
    globalID: UInt64, mode: ConnectionMode, payload: ByteSlice
  ) throws(AuthError) -> AuthOutcome {
    guard modes.contains(mode) else {
      throw .access("\(peer.name) chose a mode that was not offered")
    }
    guard method == .cephx else {
      return AuthOutcome(peer: nil, sessionKey: [], connectionSecret: [], mode: mode)
    }
    guard let key = tickets[peer]?.sessionKey, let session = key.cipherKey else {
      throw .access("no ticket for \(peer.name)")
    }
    let sealed = try AuthError.decoding("service's reply") { () throws(DecodeError) in
      try CountedBytes(wire: payload).bytes
    }
    let reply: CephXAuthorizeReply = try CephXSeal.open(sealed, key, "service's reply")
    guard reply.noncePlusOne == nonce &+ 1 else {
      throw .access("\(peer.name) could not open our ticket")
    }
    guard reply.connectionSecret.count >= mode.secretBytes else {
      throw .access("\(peer.name) gave no connection secret")
    }
    return AuthOutcome(
      peer: nil, sessionKey: session, connectionSecret: mode == .crc ? [] : reply.connectionSecret,
      mode: mode)
  }
}
