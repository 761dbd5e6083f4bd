import Buffers
import RadosTypes
import Testing
import Wire

@testable import Auth

struct MonitorHandshakeTests {
  let monitor = ModelMonitor()

  @Test func `a session brings tickets for monitor, OSD and manager`() throws {
    let authenticator = monitor.authenticator()
    let handshake = authenticator.clientHandshake(peer: .monitor)
    let (method, modes, payload) = try handshake.begin()
    #expect(method == 2)
    #expect(modes == [.secure, .crc])
    #expect(
      payload.array == [10, 4, 0, 0, 0, 1, 0, 0, 0, UInt8(ascii: "3"), 0, 0, 0, 0, 0, 0, 0, 0])
    let proof = try handshake.more(CephXServerChallenge(challenge: monitor.challenge).wire)
    let answer = try #require(try monitor.answer(proof))
    let outcome = try handshake.done(globalID: 4711, mode: .secure, payload: answer)
    #expect(outcome.sessionKey == monitor.sessionKey.secret)
    #expect(outcome.connectionSecret.count == 64)
    #expect(authenticator.globalID == 4711)
    #expect(authenticator.tickets.byService.keys.sorted() == [1, 4, 16, 32])
    #expect(try authenticator.ticketRequest() == nil)
  }

  @Test func `a wrong key proves nothing`() throws {
    let handshake = monitor.authenticator(ModelMonitor.newKey()).clientHandshake(peer: .monitor)
    _ = try handshake.begin()
    let proof = try handshake.more(CephXServerChallenge(challenge: monitor.challenge).wire)
    #expect(try monitor.answer(proof) == nil)
    #expect(throws: AuthError.self) {
      try handshake.badMethod(result: -13, allowedMethods: [2], allowedModes: [2, 1])
    }
  }

  @Test func `no key is said before anything is sent`() throws {
    let authenticator = ClusterAuthenticator(
      name: ModelMonitor.osdName, key: nil, policy: AuthPolicy(), clock: monitor.clock)
    let handshake = authenticator.clientHandshake(peer: .monitor)
    _ = try handshake.begin()
    #expect(throws: AuthError.self) {
      try handshake.more(CephXServerChallenge(challenge: 1).wire)
    }
  }

  @Test func `methods are tried in order, those that the monitor allows`() throws {
    var policy = AuthPolicy()
    policy.clusterMethods = [.cephx, .none]
    let authenticator = monitor.authenticator(policy: policy)
    let handshake = authenticator.clientHandshake(peer: .monitor)
    _ = try handshake.begin()
    let (method, modes, _) = try handshake.badMethod(
      result: -95, allowedMethods: [1], allowedModes: [1])
    #expect(method == 1)
    #expect(modes == [.crc])
    let outcome = try handshake.done(globalID: 9, mode: .crc, payload: .empty)
    #expect(outcome.sessionKey.isEmpty)
    #expect(authenticator.method == AuthMethod.none)
  }

  @Test func `a mode that was not offered is refused`() throws {
    var policy = AuthPolicy()
    policy.monClusterModes = [.secure]
    let handshake = monitor.authenticator(policy: policy).clientHandshake(peer: .monitor)
    _ = try handshake.begin()
    let proof = try handshake.more(CephXServerChallenge(challenge: monitor.challenge).wire)
    let answer = try #require(try monitor.answer(proof))
    #expect(throws: AuthError.self) {
      try handshake.done(globalID: 4711, mode: .crc, payload: answer)
    }
  }

  @Test func `service tickets are renewed a quarter before their end, by the AUTH ticket`() throws {
    let authenticator = monitor.authenticator()
    try monitor.logIn(authenticator)
    let before = authenticator.tickets
    monitor.clock.seconds += 2699
    #expect(try authenticator.ticketRequest() == nil)
    monitor.clock.seconds += 1
    let request = try #require(try authenticator.ticketRequest())
    try authenticator.takeReply(result: 0, payload: try monitor.answerTickets(request))
    #expect(try authenticator.ticketRequest() == nil)
    #expect(authenticator.tickets[.auth]?.sessionKey == before[.auth]?.sessionKey)
    #expect(authenticator.tickets[.osd]?.sessionKey != before[.osd]?.sessionKey)
  }

  @Test func `the AUTH ticket is renewed by our key, and comes sealed with the old one's`() throws {
    let authenticator = monitor.authenticator()
    try monitor.logIn(authenticator)
    monitor.clock.seconds += 259_200 * 3 / 4
    let request = try #require(try authenticator.ticketRequest())
    let answer = try #require(try monitor.answer(request))
    try authenticator.takeReply(result: 0, payload: answer)
    #expect(try authenticator.ticketRequest() == nil)
    #expect(authenticator.tickets[.auth]?.sessionKey == monitor.sessionKey)
    #expect(throws: AuthError.self) { try authenticator.takeReply(result: -13, payload: answer) }
  }

  @Test func `rotating keys come sealed for us and say when they are old`() throws {
    let authenticator = monitor.authenticator()
    #expect(authenticator.rotatingKeysRequest() == nil)
    try monitor.logIn(authenticator)
    #expect(!authenticator.needsRotatingKeys)
    #expect(authenticator.rotatingKeysRequest()?.array == [0, 4])
    monitor.clock.seconds += 3600 + 29
    #expect(!authenticator.needsRotatingKeys)
    monitor.clock.seconds += 1
    #expect(authenticator.needsRotatingKeys)
    let foreign = try monitor.answerRotating(sealedFor: ModelMonitor.newKey())
    #expect(throws: AuthError.self) { try authenticator.takeReply(result: 0, payload: foreign) }
  }

  @Test func `a refused old ticket is forgotten, so that the next attempt is a stranger's`() throws
  {
    let authenticator = monitor.authenticator()
    try monitor.logIn(authenticator)
    let handshake = authenticator.clientHandshake(peer: .monitor)
    let payload = try handshake.begin().payload
    #expect(payload.array.suffix(8) == [0x67, 0x12, 0, 0, 0, 0, 0, 0])
    #expect(throws: AuthError.self) {
      try handshake.badMethod(result: -13, allowedMethods: [2], allowedModes: [2, 1])
    }
    #expect(
      try authenticator.clientHandshake(peer: .monitor).begin().payload.array.suffix(8) == [
        0, 0, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test func `a cut or damaged answer is an error, never a trap`() throws {
    let authenticator = monitor.authenticator()
    let first = authenticator.clientHandshake(peer: .monitor)
    _ = try first.begin()
    let proof = try first.more(CephXServerChallenge(challenge: monitor.challenge).wire)
    let answer = try #require(try monitor.answer(proof))
    func take(_ payload: ByteSlice) throws {
      let handshake = authenticator.clientHandshake(peer: .monitor)
      _ = try handshake.begin()
      _ = try handshake.more(CephXServerChallenge(challenge: monitor.challenge).wire)
      _ = try handshake.done(globalID: 4711, mode: .secure, payload: payload)
    }
    for length in 0..<answer.count {
      #expect(throws: AuthError.self) { try take(answer.prefix(length)) }
    }
    mutate([answer], count: 2000) { try? take($0) }
    mutate([try monitor.answerRotating()], count: 2000) {
      try? authenticator.takeReply(result: 0, payload: $0)
    }
  }
}
