import Buffers
import RadosTypes
import TestKit
import Testing
import Wire

@testable import Auth

/// Our connecting side against our accepting side, with tickets of a model monitor.
struct ServerHandshakeTests {
  let monitor = ModelMonitor()

  struct Ends {
    var client: AuthOutcome
    var server: AuthOutcome
  }

  func logged(_ policy: AuthPolicy = AuthPolicy()) throws -> ClusterAuthenticator {
    let authenticator = monitor.authenticator(policy: policy)
    try monitor.logIn(authenticator)
    return authenticator
  }

  /// `tamper` may change what the client sends, the first and the second time.
  func connect(
    _ client: ClusterAuthenticator, _ server: ClusterAuthenticator, peer: EntityType = .osd,
    tamper: (ByteSlice) -> ByteSlice = { $0 }
  ) throws -> Ends {
    let out = client.clientHandshake(peer: .osd)
    let into = server.serverHandshake(peer: peer)
    let (method, modes, payload) = try out.begin()
    var step = try into.request(
      method: method, preferredModes: modes.map(\.rawValue), payload: tamper(payload))
    if case .more(let challenge) = step {
      step = try into.requestMore(tamper(try out.more(challenge)))
    }
    guard case .done(let globalID, let reply, let accepted) = step else {
      throw AuthError(-13, "\(step)")
    }
    return Ends(
      client: try out.done(globalID: globalID, mode: accepted.mode, payload: reply),
      server: accepted)
  }

  @Test(arguments: [ConnectionMode.crc, .secure])
  func `both ends agree, and the server knows who came`(mode: ConnectionMode) throws {
    var policy = AuthPolicy()
    policy.clusterModes = [mode]
    let ends = try connect(try logged(policy), try logged())
    #expect(ends.client.mode == mode)
    #expect(ends.client.sessionKey == ends.server.sessionKey)
    #expect(ends.client.sessionKey.count == 16)
    #expect(ends.client.connectionSecret == ends.server.connectionSecret)
    #expect(ends.client.connectionSecret.count == (mode == .secure ? 64 : 0))
    #expect(ends.server.peer?.name == ModelMonitor.osdName)
    #expect(ends.server.peer?.globalID == 4711)
    #expect(ends.server.peer?.caps == "allow *")
  }

  @Test func `an expired ticket, one whose key is gone, is refused and the keys are asked for`()
    throws
  {
    let client = try logged()
    monitor.rotate(4)
    let server = try logged()
    nonisolated(unsafe) var missed = 0
    server.onMissedKey { missed += 1 }
    #expect(throws: AuthError.self) { try connect(client, server) }
    #expect(missed == 1)
  }

  @Test func `a ticket sealed with another key of the same number is refused`() throws {
    let client = try logged()
    let other = ModelMonitor()
    let server = other.authenticator()
    try other.logIn(server)
    #expect(throws: AuthError.self) { try connect(client, server) }
  }

  @Test func `who comes as an OSD has an OSD's ticket`() throws {
    let server = try logged()
    let into = server.serverHandshake(peer: .osd)
    let key = ModelMonitor.newKey()
    let secrets = try #require(monitor.services[4])
    let secret = try #require(secrets.keys[secrets.newest])
    let ticket = AuthTicket(
      name: AuthName(.client, "eve"), globalID: 1, created: .zero, expires: .zero, caps: "allow *")
    var payload = WireWriter()
    payload.write(UInt8(1))
    payload.write(UInt64(1))
    payload.write(UInt32(4))
    payload.write(
      CephXTicketBlob(
        secretID: secrets.newest,
        blob: try CephXSeal.seal(
          CephXServiceTicketInfo(ticket: ticket, sessionKey: key), secret.key)))
    payload.write(try CephXSeal.seal(CephXAuthorize(nonce: 7, challengePlusOne: nil), key))
    let bytes = payload.finish()
    guard
      case .refuse(-13, [2], _) = try into.request(method: 2, preferredModes: [1], payload: bytes)
    else {
      Issue.record("a client passed for an OSD")
      return
    }
    let asClient = server.serverHandshake(peer: .client)
    guard case .more = try asClient.request(method: 2, preferredModes: [1], payload: bytes) else {
      Issue.record("a client was refused")
      return
    }
  }

  @Test func `a replayed answer to an older challenge is refused`() throws {
    let client = try logged()
    let server = try logged()
    let out = client.clientHandshake(peer: .osd)
    let (method, _, payload) = try out.begin()
    let first = server.serverHandshake(peer: .osd)
    guard
      case .more(let challenge) = try first.request(
        method: method, preferredModes: [1], payload: payload)
    else { throw AuthError(-1, "no challenge") }
    let answer = try out.more(challenge)
    let second = server.serverHandshake(peer: .osd)
    _ = try second.request(method: method, preferredModes: [1], payload: payload)
    guard case .refuse(-13, _, _) = try second.requestMore(answer) else {
      Issue.record("a replay passed")
      return
    }
    #expect(throws: AuthError.self) { try second.requestMore(answer) }
  }

  @Test func `method and mode must be ours`() throws {
    let server = try logged()
    let into = server.serverHandshake(peer: .client)
    guard
      case .refuse(-95, [2], [1, 2]) = try into.request(
        method: 1, preferredModes: [1], payload: .empty)
    else {
      Issue.record("auth none passed at a cephx OSD")
      return
    }
    guard
      case .refuse(-95, _, _) = try into.request(method: 2, preferredModes: [9], payload: .empty),
      case .refuse(-13, _, _) = try into.request(method: 2, preferredModes: [1], payload: .empty),
      case .refuse(-13, _, _) = try into.request(
        method: 2, preferredModes: [1], payload: ByteSlice([10, 0]))
    else {
      Issue.record("nonsense passed")
      return
    }
  }

  @Test func `auth none takes a name at its word`() throws {
    let server = ClusterAuthenticator(
      name: ModelMonitor.osdName, key: nil, policy: .allNone, clock: monitor.clock)
    let handshake = server.clientHandshake(peer: .monitor)
    _ = try handshake.begin()
    _ = try handshake.done(globalID: 5, mode: .crc, payload: .empty)
    let ends = try connect(server, server)
    #expect(ends.server.peer?.name == ModelMonitor.osdName)
    #expect(ends.server.peer?.caps == "allow *")
    #expect(ends.client.sessionKey.isEmpty)
  }

  @Test func `every cut and 10,000 mutations are refused or answered, never a trap`() throws {
    let client = try logged()
    let server = try logged()
    let payload = try client.clientHandshake(peer: .osd).begin().payload
    for length in 0..<payload.count {
      let step = try server.serverHandshake(peer: .osd).request(
        method: 2, preferredModes: [1], payload: payload.prefix(length))
      guard case .refuse(-13, _, _) = step else {
        Issue.record("\(length) bytes of an authorizer passed")
        return
      }
    }
    var challenged = 0
    mutate([payload]) { damaged in
      let step = try? server.serverHandshake(peer: .osd).request(
        method: 2, preferredModes: [2], payload: damaged)
      if case .more = step { challenged += 1 }
    }
    #expect(challenged < DecoderTorture.mutationCount / 10)
    #expect(throws: AuthError.self) {
      try connect(client, server) { ByteSlice($0.array.dropLast() + [$0[$0.count - 1] ^ 1]) }
    }
  }
}
