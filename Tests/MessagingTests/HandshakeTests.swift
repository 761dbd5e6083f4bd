import Auth
import Base
import Buffers
import Messages
import RadosTypes
import TestKit
import Testing
import Wire

@testable import Messaging

/// Two machines whose outputs are each other's inputs.
struct MachinePair {
  let client: ProtocolV2
  let server: ProtocolV2
  var events: [(fromClient: Bool, ProtocolV2.Event)] = []
  /// Changes the n-th batch of bytes on its way.
  var tamper: ((_ toServer: Bool, [UInt8]) -> [UInt8])?

  init(_ authenticator: TestAuthenticator = TestAuthenticator()) {
    client = ProtocolV2(
      connectingTo: EntityAddress("v2:127.0.0.1:6800/815")!, peer: .osd, as: .client,
      authenticator: authenticator)
    server = ProtocolV2(
      acceptedFrom: EntityAddress("v2:127.0.0.1:45678/0")!, as: .osd, authenticator: authenticator)
  }

  /// Carries bytes until nobody says anything; events are collected, `answer` may act on them.
  mutating func run(
    piece: Int = .max,
    _ answer: (ProtocolV2, ProtocolV2.Event) throws -> Void = { _, _ in }
  ) throws {
    while client.hasOutput || server.hasOutput {
      try carry(from: client, to: server, piece, answer)
      try carry(from: server, to: client, piece, answer)
    }
  }

  private mutating func carry(
    from: ProtocolV2, to: ProtocolV2, _ piece: Int,
    _ answer: (ProtocolV2, ProtocolV2.Event) throws -> Void
  ) throws {
    guard from.hasOutput else { return }
    var bytes = from.takeOutput().array
    if let tamper { bytes = tamper(to === server, bytes) }
    var rest = ByteSlice(bytes)
    while !rest.isEmpty {
      to.feed(ByteSlice(rest.prefix(piece).array))
      rest = rest.dropFirst(piece)
      while let event = try to.next() {
        events.append((to === client, event))
        try answer(to, event)
      }
    }
  }

  /// Up to readiness, as a lossy client's session.
  mutating func becomeReady(piece: Int = .max) throws {
    let ident = FrameSamples.ident
    try run(piece: piece) { machine, event in
      switch event {
      case .authenticated where machine.isConnectingSide: try machine.send(ident)
      case .session(.clientIdent(let got)):
        #expect(got == ident)
        try machine.send(
          ServerIdent(
            addresses: ident.addresses, gid: 0, globalSequence: 1, featuresSupported: 1,
            featuresRequired: 0, flags: 1, cookie: 0))
        machine.becomeReady()
      case .session(.serverIdent): machine.becomeReady()
      case _: break
      }
    }
  }
}

struct HandshakeTests {
  static let authenticators: [@Sendable () -> TestAuthenticator] = [
    { TestAuthenticator() },
    {
      let signed = TestAuthenticator()
      signed.sessionKey = Array(1...16)
      signed.rounds = 2
      return signed
    },
    { TestAuthenticator.secure() },
    {
      let stubborn = TestAuthenticator.secure()
      stubborn.firstMethod = 1
      return stubborn
    },
  ]

  @Test(arguments: authenticators.indices, [1, 7, 96, Int.max])
  func `both sides become ready and talk`(index: Int, piece: Int) throws {
    let authenticator = Self.authenticators[index]()
    var pair = MachinePair(authenticator)
    try pair.becomeReady(piece: piece)
    #expect(pair.client.state == .ready && pair.server.state == .ready)
    #expect(pair.server.peerHello?.type == .client && pair.client.peerHello?.type == .osd)
    #expect(pair.client.peerHello?.peerAddress.port == 45678)
    #expect(pair.client.globalID == 4711 && pair.server.outcome?.peer?.globalID == 4711)
    #expect(pair.client.outcome?.mode == authenticator.mode)
    pair.events = []
    let message = FrameSamples.message(
      front: String(repeating: "f", count: 3000), data: String(repeating: "d", count: 5000))
    try pair.client.send(message, sequence: 5, ackSequence: 3)
    try pair.client.sendKeepalive(UTime(seconds: 7, nanoseconds: 8))
    try pair.server.send(message, sequence: 5, ackSequence: 4)
    try pair.server.sendAck(5)
    try pair.run(piece: piece)
    var seen: [String] = []
    for (toClient, event) in pair.events {
      switch event {
      case .message(let got, let ack):
        #expect(got.isSame(as: message))
        seen.append("\(toClient) message \(ack)")
      case .ack(let sequence): seen.append("\(toClient) ack \(sequence)")
      case .keepalive(let stamp): seen.append("\(toClient) keepalive \(stamp.seconds)")
      case .keepaliveAck(let stamp): seen.append("\(toClient) keepaliveAck \(stamp.nanoseconds)")
      case _: seen.append("\(toClient) \(event)")
      }
    }
    #expect(
      seen == [
        "false message 3", "false keepalive 7", "true message 4", "true ack 5",
        "true keepaliveAck 8",
      ])
  }

  private func failure(_ pair: inout MachinePair) -> ProtocolError? {
    do {
      try pair.becomeReady()
      return nil
    } catch { return error as? ProtocolError }
  }

  @Test func `a server that refuses says why and gives up`() {
    let authenticator = TestAuthenticator()
    authenticator.refuses = AuthError(-13, "never")
    var pair = MachinePair(authenticator)
    #expect(failure(&pair) == .auth(AuthError(-13, "never")))
    // What the client then reads.
    #expect(throws: ProtocolError.auth(AuthError(-13, "refused"))) { try pair.run() }
  }

  @Test func `another key makes another signature`() {
    let authenticator = TestAuthenticator()
    authenticator.sessionKey = Array(1...16)
    authenticator.clientKey = Array(2...17)
    var pair = MachinePair(authenticator)
    #expect(failure(&pair) == .badSignature)
  }

  @Test func `a byte changed before the signatures is noticed`() {
    let authenticator = TestAuthenticator()
    authenticator.sessionKey = Array(1...16)
    var pair = MachinePair(authenticator)
    // The feature bits of the banner beyond those that we know.
    pair.tamper = { toServer, bytes in
      var bytes = bytes
      if toServer, bytes.starts(with: Banner.prefix) { bytes[11] ^= 1 }
      return bytes
    }
    #expect(failure(&pair) == .badSignature)
  }

  private func serverError(_ bytes: [UInt8]) -> ProtocolError? {
    let pair = MachinePair()
    pair.server.feed(ByteSlice(bytes))
    do {
      while try pair.server.next() != nil {}
      return nil
    } catch { return error }
  }

  @Test func `banners that are none are refused`() {
    #expect(serverError(Array("ceph v027".utf8) + [0, 0]) == .badBanner("peer speaks protocol v1"))
    #expect(serverError(Array("GET / HTTP/1.1\r\n".utf8)) != nil)
    #expect(serverError(Banner.prefix + [255, 255]) == .badBanner("payload of 65535 bytes"))
    let noRevision = Banner.prefix + [16, 0] + Array(repeating: 0, count: 16)
    #expect(serverError(noRevision) == .bannerFeatures(supported: 0, required: 0))
    let newer = Banner.prefix + [16, 0] + [3, 0, 0, 0, 0, 0, 0, 0] + [2, 0, 0, 0, 0, 0, 0, 0]
    #expect(serverError(newer) == .bannerFeatures(supported: 3, required: 2))
  }

  @Test func `a longer banner of a newer peer is fine`() {
    let longer = Banner.prefix + [20, 0, 1] + Array(repeating: 0, count: 19)
    #expect(serverError(longer) == nil)
  }

  /// Every frame in every state in which it has no place, from either side.
  @Test(arguments: FrameTag.allCases)
  func `a frame out of its turn ends the connection`(tag: FrameTag) throws {
    for (state, allowed) in [
      (ProtocolV2.State.hello, [FrameTag.hello]),
      (.ready, [.message, .ack, .keepalive2, .keepalive2Ack]),
    ] {
      for toServer in [true, false] where !allowed.contains(tag) && tag != .message {
        var pair = MachinePair()
        if state == .ready { try pair.becomeReady() }
        let machine = toServer ? pair.server : pair.client
        if state == .hello { machine.feed(Banner.bytes) }
        #expect(try machine.next() == nil)
        machine.feed(
          ByteSlice(
            try FrameSamples.bytes { try $0.appendControl(tag, ByteSlice(zeros: 41), to: &$1) }))
        #expect(throws: ProtocolError.unexpected(tag, state: state.rawValue)) { try machine.next() }
      }
    }
  }

  /// A stranger declares 64 MiB and is not listened to.
  @Test(arguments: [false, true])
  func `a message before the session ends the connection at its preamble`(
    authenticated: Bool
  ) throws {
    var pair = MachinePair()
    if authenticated {
      try pair.run()
      #expect(pair.server.state == .session)
    } else {
      pair.server.feed(Banner.bytes)
      #expect(try pair.server.next() == nil)
    }
    pair.server.feed(ByteSlice(GoldenFrames.message[..<32]))
    #expect(throws: ProtocolError.unexpected(.message, state: "not ready")) {
      try pair.server.next()
    }
  }

  @Test func `endless authentication ends`() throws {
    let authenticator = TestAuthenticator()
    authenticator.rounds = 1000
    var pair = MachinePair(authenticator)
    guard case .authTooLong = failure(&pair) else {
      Issue.record("it went on")
      return
    }
  }

  /// Both sides of a whole conversation, mutated: events or an error, never a trap.
  @Test(arguments: 0..<200)
  func `mutated conversations end or go on`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    for _ in 0..<DecoderTorture.mutationCount / 1000 {
      let authenticator = Self.authenticators[seed % Self.authenticators.count]()
      var pair = MachinePair(authenticator)
      var left = Int.random(in: 0..<8, using: &random)
      let generator = Generator(random)
      pair.tamper = { _, bytes in
        left -= 1
        return left == 0 ? generator.mutate(bytes) : bytes
      }
      _ = failure(&pair)
      _ = random.next()
    }
  }
}

/// Randomness that a closure can hold.
final class Generator {
  private var random: SeededRandom
  init(_ random: SeededRandom) { self.random = random }

  func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.removeSubrange(at..<min(bytes.count, at + 16))
      case _: bytes.insert(contentsOf: bytes[..<at], at: at)
      }
    }
    return bytes
  }
}
