import Base
import Buffers
import RadosTypes
import Wire

/// Our side of a connection to a monitor: proves who we are, and comes home with tickets.
///
///     begin ──AUTH_REQUEST(name)──▶ asked ──challenge──▶ proved ──done──▶ tickets
///                    ▲                │
///                    └──bad method────┘ (the next method that both know)
///
/// Source: src/mon/MonClient.cc (`MonConnection`), src/auth/cephx/CephxClientHandler.cc.
final class MonitorHandshake: AuthClientHandshake {
  private let authenticator: ClusterAuthenticator
  /// The tickets of the session before, until this one's replace them.
  private var tickets: CephXTickets
  private var methods: ArraySlice<AuthMethod>
  private var modes: [ConnectionMode] = []
  private var serverChallenge: UInt64?

  init(_ authenticator: ClusterAuthenticator) {
    self.authenticator = authenticator
    tickets = authenticator.tickets
    methods = authenticator.policy.methods(for: .monitor)[...]
  }

  func begin() throws(AuthError) -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice) {
    guard let method = methods.first else {
      throw .access("no method of authentication is left to try")
    }
    modes = authenticator.policy.modes(for: .monitor, method: method)
    guard !modes.isEmpty else { throw .access("no connection mode for method \(method)") }
    serverChallenge = nil
    var payload = WireWriter()
    payload.write(AuthMode.monitorSession)
    payload.write(authenticator.name)
    payload.write(tickets.globalID)
    return (method.rawValue, modes, payload.finish())
  }

  func badMethod(
    result: Int32, allowedMethods: [UInt32], allowedModes: [UInt32]
  ) throws(AuthError)
    -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice)
  {
    // A monitor that does not know the old ticket (any more) refuses the global id for good.
    if tickets.globalID != 0 { authenticator.forgetSession() }
    let wasStranger = tickets.globalID == 0
    tickets = CephXTickets()
    methods = methods.dropFirst().drop { !allowedMethods.contains($0.rawValue) }
    guard !methods.isEmpty else {
      let error = AuthError(
        result < 0 ? result : -Errno.EACCES,
        "the monitor refuses \(authenticator.name) and allows methods \(allowedMethods)")
      if wasStranger { authenticator.refused(byMonitor: error) }
      throw error
    }
    return try begin()
  }

  func more(_ payload: ByteSlice) throws(AuthError) -> ByteSlice {
    guard methods.first == .cephx, serverChallenge == nil else {
      throw .access("the monitor asks for more than its challenge")
    }
    let challenge = try AuthError.decoding("monitor's challenge") { () throws(DecodeError) in
      try CephXServerChallenge(wire: payload).challenge
    }
    serverChallenge = challenge
    do {
      return try authenticator.proof(serverChallenge: challenge, oldTicket: tickets[.auth]?.blob)
    } catch {
      authenticator.refused(byMonitor: error)
      throw error
    }
  }

  func done(
    globalID: UInt64, mode: ConnectionMode, payload: ByteSlice
  ) throws(AuthError) -> AuthOutcome {
    guard modes.contains(mode), let method = methods.first else {
      throw .access("the monitor chose a mode that was not offered")
    }
    tickets.globalID = globalID
    guard method == .cephx else {
      authenticator.adopt(tickets, method: method, serverChallenge: 0)
      return AuthOutcome(peer: nil, sessionKey: [], connectionSecret: [], mode: mode)
    }
    guard let serverChallenge else { throw .access("the monitor is done without a challenge") }
    var reader = WireReader(payload)
    try CephXReply.header(&reader, .authSessionKey)
    let secret = try authenticator.takeSession(&reader, into: &tickets)
    guard let session = tickets[.auth]?.sessionKey.cipherKey else {
      throw .access("the monitor gave no session key")
    }
    guard secret.count >= mode.secretBytes else {
      throw .access("the monitor gave no connection secret")
    }
    authenticator.adopt(tickets, method: method, serverChallenge: serverChallenge)
    return AuthOutcome(
      peer: nil, sessionKey: session, connectionSecret: mode == .crc ? [] : secret, mode: mode)
  }
}

enum CephXReply {
  /// Reads the header of an answer to `type`; throws the status that it carries.
  static func header(_ reader: inout WireReader, _ type: CephXRequestType) throws(AuthError) {
    let header = try AuthError.decoding("reply") { () throws(DecodeError) in
      try CephXResponseHeader(from: &reader)
    }
    guard header.type == type.rawValue else {
      throw .access("reply of type \(header.type) to a request of type \(type.rawValue)")
    }
    guard header.status >= 0 else { throw AuthError(header.status, "the monitor refuses \(type)") }
  }
}
