import Base
import Buffers
import Ciphers
import RadosTypes
import Wire

/// A daemon's identity in its cluster: name, key, tickets, rotating keys; makes every handshake.
///
/// Any thread: messengers ask for handshakes on their reactors, the monitor client renews on its own. Ceph:
/// the authentication half of `MonClient`, `AuthRegistry`, `RotatingKeyRing`.
package final class ClusterAuthenticator: Authenticator, @unchecked Sendable {
  /// Services whose tickets we ask for: monitors, OSDs, managers, and AUTH, the ticket for tickets.
  package static let wantedServices: UInt32 = 1 | 4 | 16 | 32
  private static let authService: UInt32 = 32

  package let name: AuthName
  package let policy: AuthPolicy
  package let rotatingKeys = RotatingKeyStore()
  private let key: CryptoKey
  private let clock: any Clock
  private let log: Log?
  private let random: @Sendable (Int) -> [UInt8]

  private let lock = Lock()
  private var session = Session()
  private var missedKeyAction: (@Sendable () -> Void)?
  private var lastRefusal: AuthError?

  /// What the last handshake with a monitor left.
  private struct Session {
    var method: AuthMethod?
    var tickets = CephXTickets()
    /// Needed once more when the AUTH ticket itself is renewed within the session.
    var serverChallenge: UInt64 = 0
  }

  package init(
    name: AuthName, key: CryptoKey?, policy: AuthPolicy, clock: any Clock, log: Log? = nil,
    random: @escaping @Sendable (Int) -> [UInt8] = { SecureRandom().bytes($0) }
  ) {
    self.name = name
    self.key = key ?? .none
    self.policy = policy
    self.clock = clock
    self.log = log
    self.random = random
  }

  package func clientHandshake(peer: EntityType) -> any AuthClientHandshake {
    peer == .monitor ? MonitorHandshake(self) : ServiceHandshake(self, peer: peer)
  }

  package func serverHandshake(peer: EntityType) -> any AuthServerHandshake {
    ServerHandshake(self, peer: peer)
  }

  /// The method that the monitor accepted; nil before the first session.
  package var method: AuthMethod? { lock.withLock { session.method } }

  package var tickets: CephXTickets { lock.withLock { session.tickets } }

  package var globalID: UInt64 { tickets.globalID }

  /// Calls `body`, on any thread, when a ticket came that is sealed with a key that we do not have.
  package func onMissedKey(_ body: @escaping @Sendable () -> Void) {
    lock.withLock { missedKeyAction = body }
  }

  func missedKey(_ id: UInt64) { lock.withLock { missedKeyAction }?() }

  /// Why the last handshake with a monitor came to nothing, until one succeeds.
  package var refusal: AuthError? { lock.withLock { lastRefusal } }

  func refused(byMonitor error: AuthError) { lock.withLock { lastRefusal = error } }

  func refused(_ peer: EntityType, _ error: AuthError) {
    log?.write(.auth, 0, nil, "refused a \(peer.name): \(error)")
  }

  func randomBytes(_ count: Int) -> [UInt8] { random(count) }

  func randomNumber() -> UInt64 {
    random(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  func adopt(_ tickets: CephXTickets, method: AuthMethod, serverChallenge: UInt64) {
    lock.withLock {
      session = Session(method: method, tickets: tickets, serverChallenge: serverChallenge)
      lastRefusal = nil
    }
  }

  /// The next session with a monitor begins as a stranger, with a new global id.
  package func forgetSession() {
    lock.withLock {
      session.tickets = CephXTickets()
      session.serverChallenge = 0
    }
  }
}

// MARK: What goes to the monitor within the session, in MAuth, and comes back in MAuthReply.
extension ClusterAuthenticator {
  /// A request for the tickets that are missing or old; nil when none is.
  package func ticketRequest() throws(AuthError) -> ByteSlice? {
    let current = lock.withLock { session }
    guard current.method == .cephx else { return nil }
    let needed = current.tickets.needed(of: Self.wantedServices, at: clock.now)
    guard needed != 0 else { return nil }
    if needed & Self.authService != 0 {
      return try proof(
        serverChallenge: current.serverChallenge, oldTicket: current.tickets[.auth]?.blob)
    }
    var writer = WireWriter()
    writer.write(CephXRequestHeader(.principalSessionKey))
    writer.writeRaw(try current.tickets.authorizer(for: Self.authService, nonce: randomNumber()))
    writer.write(CephXServiceTicketRequest(services: needed))
    return writer.finish()
  }

  /// A request for the service keys of an OSD; nil with auth none.
  package func rotatingKeysRequest() -> ByteSlice? {
    method == .cephx ? CephXRequestHeader(.rotatingKey).wire : nil
  }

  /// Whether the service keys are missing or old.
  package var needsRotatingKeys: Bool {
    method == .cephx && rotatingKeys.areStale(at: UTime(wallNanoseconds: clock.wallNanoseconds))
  }

  /// Takes the payload of an MAuthReply.
  package func takeReply(result: Int32, payload: ByteSlice) throws(AuthError) {
    guard result >= 0 else { throw AuthError(result, "the monitor refuses \(name)") }
    var reader = WireReader(payload)
    let type = try AuthError.decoding("reply") { () throws(DecodeError) in
      try CephXResponseHeader(wire: payload).type
    }
    switch CephXRequestType(rawValue: type) {
    case .authSessionKey: try takeSessionReply(&reader)
    case .principalSessionKey: try takeTicketReply(&reader)
    case .rotatingKey: try takeRotatingKeys(&reader)
    case nil: throw .access("reply of the unknown type \(type)")
    }
  }

  private func takeSessionReply(_ reader: inout WireReader) throws(AuthError) {
    try CephXReply.header(&reader, .authSessionKey)
    var tickets = self.tickets
    _ = try takeSession(&reader, into: &tickets)
    lock.withLock { session.tickets = tickets }
  }

  private func takeTicketReply(_ reader: inout WireReader) throws(AuthError) {
    try CephXReply.header(&reader, .principalSessionKey)
    var tickets = self.tickets
    guard let auth = tickets[.auth] else { throw .access("tickets without a session") }
    try tickets.take(reply: &reader, sealedWith: auth.sessionKey, at: clock.now)
    lock.withLock { session.tickets = tickets }
  }

  private func takeRotatingKeys(_ reader: inout WireReader) throws(AuthError) {
    try CephXReply.header(&reader, .rotatingKey)
    let sealed = try AuthError.decoding("rotating keys") { () throws(DecodeError) in
      try reader.readBytes()
    }
    rotatingKeys.set(try CephXSeal.open(sealed, key, "rotating keys"))
  }

  /// The answer to the monitor's challenge: proof of our key, and the wish for tickets.
  func proof(serverChallenge: UInt64, oldTicket: CephXTicketBlob?) throws(AuthError) -> ByteSlice {
    guard key.cipherKey != nil else { throw .access("no key for \(name) in the keyring") }
    let challenges = CephXChallengeBlob(server: serverChallenge, client: randomNumber())
    var writer = WireWriter()
    writer.write(CephXRequestHeader(.authSessionKey))
    writer.write(
      CephXAuthenticate(
        clientChallenge: challenges.client, proof: try challenges.proof(of: key),
        oldTicket: oldTicket ?? CephXTicketBlob(), services: Self.wantedServices))
    return writer.finish()
  }

  /// Takes the AUTH ticket and what comes with it; returns the connection's secret, if there is one.
  ///
  /// Layout: `ticket reply (sealed with our key), bufferlist {sealed secret}, bufferlist {ticket reply
  /// (sealed with the new session key)}`.
  func takeSession(
    _ reader: inout WireReader, into tickets: inout CephXTickets
  ) throws(AuthError)
    -> [UInt8]
  {
    try tickets.take(reply: &reader, sealedWith: key, at: clock.now)
    guard let session = tickets[.auth]?.sessionKey else { throw .access("no AUTH ticket came") }
    guard !reader.isAtEnd else { return [] }
    let (secret, extra) = try AuthError.decoding("session") { () throws(DecodeError) in
      (try reader.readBytes(), try reader.readBytes())
    }
    if !extra.isEmpty {
      var tail = WireReader(extra)
      try tickets.take(reply: &tail, sealedWith: session, at: clock.now)
    }
    guard !secret.isEmpty else { return [] }
    let sealed = try AuthError.decoding("connection secret") { () throws(DecodeError) in
      try CountedBytes(wire: secret).bytes
    }
    let opened: CountedBytes = try CephXSeal.open(sealed, session, "connection secret")
    return opened.bytes.array
  }
}
