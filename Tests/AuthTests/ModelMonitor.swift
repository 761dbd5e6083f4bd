import Base
import Buffers
import Ciphers
import RadosTypes
import Wire

@testable import Auth

/// Time that stands still until it is moved.
final class StillClock: Clock, @unchecked Sendable {
  var seconds: UInt64 = 1_700_000_000

  var now: Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
  var wallNanoseconds: UInt64 { seconds * 1_000_000_000 }
}

/// A monitor's key server in memory: enough of it to hand out tickets and rotating keys.
final class ModelMonitor {
  static let osdName = AuthName(.osd, "3")
  let osdKey = ModelMonitor.newKey()
  let authKey = ModelMonitor.newKey()
  var services: [UInt32: RotatingSecrets] = [:]
  let challenge: UInt64 = 0x1122_3344_5566_7788
  var caps: ByteString = "allow *"
  let clock = StillClock()
  private(set) var sessionKey = CryptoKey.none

  init() {
    for service: UInt32 in [1, 4, 16] { rotate(service) }
  }

  static func newKey() -> CryptoKey {
    CryptoKey(created: UTime(seconds: 1), secret: SecureRandom().bytes(16))
  }

  /// Three fresh keys, numbered on from the old ones.
  func rotate(_ service: UInt32) {
    let newest = services[service]?.newest ?? 0
    var keys: [UInt64: ExpiringCryptoKey] = [:]
    for step: UInt64 in 1...3 {
      let expires = UTime(seconds: UInt32(clock.seconds + (step - 1) * 3600))
      keys[newest + step] = ExpiringCryptoKey(key: Self.newKey(), expires: expires)
    }
    services[service] = RotatingSecrets(keys: keys, newest: newest + 3)
  }

  func authenticator(
    _ key: CryptoKey? = nil, policy: AuthPolicy = AuthPolicy()
  ) -> ClusterAuthenticator {
    ClusterAuthenticator(name: Self.osdName, key: key ?? osdKey, policy: policy, clock: clock)
  }

  /// The reply to the proof in `request`, or nil if it proves nothing.
  func answer(
    _ request: ByteSlice, secretBytes: Int = 64, globalID: UInt64 = 4711
  ) throws -> ByteSlice? {
    var reader = WireReader(request)
    _ = try CephXRequestHeader(from: &reader)
    let asked = try CephXAuthenticate(from: &reader)
    let challenges = CephXChallengeBlob(server: challenge, client: asked.clientChallenge)
    guard asked.proof == (try challenges.proof(of: osdKey)) else { return nil }
    let oldKey = asked.oldTicket.blob.isEmpty ? nil : sessionKey
    sessionKey = Self.newKey()
    var writer = WireWriter()
    writer.write(UInt16(0x0100))
    writer.write(Int32(0))
    let auth = try ticket(32, sealedWith: authKey, secretID: 1, key: sessionKey, globalID: globalID)
    writer.writeRaw(try reply([(32, sessionKey, auth)], sealedFor: osdKey, oldKey: oldKey))
    let secret = CountedBytes(ByteSlice(SecureRandom().bytes(secretBytes)))
    writer.write(CountedBytes(try CephXSeal.seal(secret, sessionKey)).wire)
    writer.write(try tickets(asked.services & ~32, globalID: globalID))
    return writer.finish()
  }

  /// The reply to a request for service tickets within the session.
  func answerTickets(_ request: ByteSlice) throws -> ByteSlice {
    var reader = WireReader(request)
    try reader.skip(2 + 1 + 8 + 4)
    _ = try CephXTicketBlob(from: &reader)
    _ = try reader.readBytes()
    let asked = try CephXServiceTicketRequest(from: &reader)
    var writer = WireWriter()
    writer.write(UInt16(0x0200))
    writer.write(Int32(0))
    writer.writeRaw(try tickets(asked.services, globalID: 4711))
    return writer.finish()
  }

  func answerRotating(sealedFor key: CryptoKey? = nil) throws -> ByteSlice {
    var writer = WireWriter()
    writer.write(UInt16(0x0400))
    writer.write(Int32(0))
    writer.write(try CephXSeal.seal(services[4] ?? RotatingSecrets(), key ?? osdKey))
    return writer.finish()
  }

  private func tickets(_ services: UInt32, globalID: UInt64) throws -> ByteSlice {
    var all: [(UInt32, CryptoKey, CephXTicketBlob)] = []
    for service: UInt32 in [1, 4, 16] where services & service != 0 {
      let key = Self.newKey()
      let secrets = self.services[service] ?? RotatingSecrets()
      let current = secrets.newest - 1
      guard let secret = secrets.keys[current]?.key else { continue }
      all.append(
        (
          service, key,
          try ticket(service, sealedWith: secret, secretID: current, key: key, globalID: globalID)
        ))
    }
    return try reply(all, sealedFor: sessionKey, oldKey: nil)
  }

  func ticket(
    _ service: UInt32, sealedWith secret: CryptoKey, secretID: UInt64, key: CryptoKey,
    globalID: UInt64
  ) throws -> CephXTicketBlob {
    let ticket = AuthTicket(
      name: Self.osdName, globalID: globalID, created: .zero, expires: UTime(seconds: 10),
      caps: caps)
    let info = CephXServiceTicketInfo(ticket: ticket, sessionKey: key)
    return CephXTicketBlob(secretID: secretID, blob: try CephXSeal.seal(info, secret))
  }

  private func reply(
    _ tickets: [(UInt32, CryptoKey, CephXTicketBlob)], sealedFor key: CryptoKey, oldKey: CryptoKey?
  ) throws -> ByteSlice {
    var writer = WireWriter()
    writer.write(UInt8(1))
    writer.write(UInt32(tickets.count))
    for (service, sessionKey, blob) in tickets {
      writer.write(service)
      writer.write(UInt8(1))
      let grant = CephXServiceTicket(
        sessionKey: sessionKey, validity: UTime(seconds: service == 32 ? 259_200 : 3600))
      writer.write(try CephXSeal.seal(grant, key))
      writer.write(oldKey != nil)
      if let oldKey {
        writer.write(try CephXSeal.seal(CountedBytes(blob.wire), oldKey))
      } else {
        writer.write(blob.wire)
      }
    }
    return writer.finish()
  }

  /// A whole session, for tests of what comes after it.
  func logIn(_ authenticator: ClusterAuthenticator) throws {
    let handshake = authenticator.clientHandshake(peer: .monitor)
    _ = try handshake.begin()
    let proof = try handshake.more(CephXServerChallenge(challenge: challenge).wire)
    guard let answer = try answer(proof) else { throw AuthError(-13, "the proof is wrong") }
    _ = try handshake.done(globalID: 4711, mode: .secure, payload: answer)
    try authenticator.takeReply(result: 0, payload: try answerRotating())
  }
}
