import Buffers
import RadosTypes
import Wire

/// The accepting side: opens the peer's ticket with our rotating keys, challenges it, and vouches for
/// ourselves by its nonce.
///
///     request ──▶ challenged ──requestMore──▶ done
///        └──────────────┴── anything that is not right ──▶ refused (the peer may begin again)
///
/// Like stock daemons this trusts a ticket as long as its key is one of our three, whatever its own
/// expiry says: the clocks of clients and servers need not agree. Source:
/// src/auth/cephx/CephxProtocol.cc (`cephx_verify_authorizer`), src/mon/MonClient.cc
/// (`handle_auth_request`).
final class ServerHandshake: AuthServerHandshake {
  private let authenticator: ClusterAuthenticator
  private let peer: EntityType
  private var mode = ConnectionMode.crc
  private var challenge: UInt64?

  init(_ authenticator: ClusterAuthenticator, peer: EntityType) {
    self.authenticator = authenticator
    self.peer = peer
  }

  func request(
    method: UInt32, preferredModes: [UInt32], payload: ByteSlice
  ) throws(AuthError)
    -> AuthServerStep
  {
    challenge = nil
    guard let method = AuthMethod(rawValue: method), policy.methods(for: peer).contains(method),
      let mode = policy.chooseMode(for: peer, method: method, wishes: preferredModes)
    else { return refusal(-Errno.EOPNOTSUPP) }
    self.mode = mode
    guard let first = payload.isEmpty ? nil : payload[0], AuthMode.authorizers.contains(first)
    else {
      return refusal(-Errno.EACCES)
    }
    switch method {
    case .none: return acceptName(payload)
    case .cephx: return acceptTicket(payload)
    }
  }

  func requestMore(_ payload: ByteSlice) throws(AuthError) -> AuthServerStep {
    guard challenge != nil else {
      throw .access("\(peer.name) answers a challenge that was not made")
    }
    return acceptTicket(payload)
  }

  private var policy: AuthPolicy { authenticator.policy }

  private func refusal(_ result: Int32) -> AuthServerStep {
    challenge = nil
    let methods = policy.methods(for: peer)
    var modes: [ConnectionMode] = []
    for mode in methods.flatMap({ policy.modes(for: peer, method: $0) }) where !modes.contains(mode)
    {
      modes.append(mode)
    }
    return .refuse(
      result: result, allowedMethods: methods.map(\.rawValue), allowedModes: modes.map(\.rawValue))
  }

  private func acceptName(_ payload: ByteSlice) -> AuthServerStep {
    var reader = WireReader(payload)
    guard (try? reader.skip(1)) != nil, let name = try? reader.read(AuthName.self),
      let globalID = try? reader.read(UInt64.self), mayBe(name)
    else { return refusal(-Errno.EACCES) }
    let known = AuthenticatedPeer(name: name, globalID: globalID, caps: "allow *")
    return .done(
      globalID: globalID, payload: .empty,
      AuthOutcome(peer: known, sessionKey: [], connectionSecret: [], mode: mode))
  }

  private func acceptTicket(_ payload: ByteSlice) -> AuthServerStep {
    do throws(AuthError) {
      let opened = try Authorizer(payload, authenticator)
      guard mayBe(opened.info.ticket.name) else {
        throw AuthError.access("\(opened.info.ticket.name) says that it is of kind \(peer.name)")
      }
      guard let challenge else { return try makeChallenge(opened) }
      return try finish(opened, challenge: challenge)
    } catch {
      authenticator.refused(peer, error)
      return refusal(error.result)
    }
  }

  /// A party that comes as an OSD has an OSD's ticket.
  private func mayBe(_ name: AuthName) -> Bool { peer != .osd || name.type == .osd }

  private func makeChallenge(_ opened: Authorizer) throws(AuthError) -> AuthServerStep {
    let made = authenticator.randomNumber()
    challenge = made
    return .more(
      try CephXSeal.seal(CephXAuthorizeChallenge(challenge: made), opened.info.sessionKey))
  }

  private func finish(_ opened: Authorizer, challenge: UInt64) throws(AuthError) -> AuthServerStep {
    guard opened.proof.challengePlusOne == challenge &+ 1 else {
      throw .access("the answer to the challenge is wrong")
    }
    guard let session = opened.info.sessionKey.cipherKey else {
      throw .access("the ticket has no key")
    }
    let ticket = opened.info.ticket
    let caps = try AuthError.decoding("capabilities") { () throws(DecodeError) in
      try ticket.capsText()
    }
    let secret = authenticator.randomBytes(mode.secretBytes)
    let reply = CephXAuthorizeReply(
      noncePlusOne: opened.proof.nonce &+ 1, connectionSecret: secret)
    let sealed = CountedBytes(try CephXSeal.seal(reply, opened.info.sessionKey))
    let known = AuthenticatedPeer(name: ticket.name, globalID: ticket.globalID, caps: caps)
    return .done(
      globalID: ticket.globalID, payload: sealed.wire,
      AuthOutcome(peer: known, sessionKey: session, connectionSecret: secret, mode: mode))
  }
}

/// An authorizer that opened: the ticket with our key, the proof with the ticket's.
struct Authorizer {
  var info: CephXServiceTicketInfo
  var proof: CephXAuthorize

  init(_ payload: ByteSlice, _ authenticator: ClusterAuthenticator) throws(AuthError) {
    let (globalID, service, blob, sealed) = try AuthError.decoding("authorizer") {
      () throws(DecodeError) in
      var reader = WireReader(payload)
      try reader.skip(1)
      return (
        try reader.read(UInt64.self), try reader.read(UInt32.self),
        try reader.read(CephXTicketBlob.self), try reader.readBytes()
      )
    }
    guard service == UInt32(authenticator.policy.role.rawValue) else {
      throw .access("the ticket is for service \(service)")
    }
    guard let key = authenticator.rotatingKeys.key(blob.secretID) else {
      authenticator.missedKey(blob.secretID)
      throw .access("the ticket is sealed with key \(blob.secretID), which is not here")
    }
    info = try CephXSeal.open(blob.blob, key, "ticket")
    guard info.ticket.globalID == globalID else {
      throw .access("the ticket is of another global id")
    }
    proof = try CephXSeal.open(sealed, info.sessionKey, "proof")
  }
}
