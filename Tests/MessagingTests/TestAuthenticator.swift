import Auth
import Buffers
import Messaging
import RadosTypes

/// Authentication that always knows the answer: as many rounds, and what key and mode, a test wants.
final class TestAuthenticator: Authenticator, @unchecked Sendable {
  var mode = ConnectionMode.crc
  var sessionKey: [UInt8] = []
  var rounds = 0
  /// The server wants method 2; the client first tries this.
  var firstMethod: UInt32 = 2
  var clientName = AuthName(.client, "test")
  /// The server turns everybody away.
  var refuses: AuthError?
  /// The two ends do not have the same key.
  var clientKey: [UInt8]?

  static let secret = (0..<64).map { UInt8(200 - $0) }

  static func secure() -> TestAuthenticator {
    let made = TestAuthenticator()
    made.mode = .secure
    made.sessionKey = Array(1...16)
    made.rounds = 1
    return made
  }

  func clientHandshake(peer: EntityType) -> any AuthClientHandshake { Client(self) }
  func serverHandshake(peer: EntityType) -> any AuthServerHandshake { Server(self, peer) }

  private func outcome(peer: AuthenticatedPeer?, key: [UInt8]) -> AuthOutcome {
    AuthOutcome(
      peer: peer, sessionKey: key, connectionSecret: mode == .secure ? Self.secret : [], mode: mode)
  }

  private final class Client: AuthClientHandshake {
    let all: TestAuthenticator
    init(_ all: TestAuthenticator) { self.all = all }

    func begin() throws(AuthError) -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice)
    {
      (all.firstMethod, [all.mode], ByteSlice("hello".utf8))
    }

    func badMethod(
      result: Int32, allowedMethods: [UInt32], allowedModes: [UInt32]
    ) throws(AuthError)
      -> (method: UInt32, modes: [ConnectionMode], payload: ByteSlice)
    {
      guard let method = allowedMethods.first else { throw AuthError(result, "refused") }
      return (method, [all.mode], ByteSlice("again".utf8))
    }

    func more(_ payload: ByteSlice) throws(AuthError) -> ByteSlice { payload }

    func done(
      globalID: UInt64, mode: ConnectionMode, payload: ByteSlice
    ) throws(AuthError) -> AuthOutcome {
      all.outcome(peer: nil, key: all.clientKey ?? all.sessionKey)
    }
  }

  private final class Server: AuthServerHandshake {
    let all: TestAuthenticator
    let peer: EntityType
    var round = 0
    init(_ all: TestAuthenticator, _ peer: EntityType) {
      self.all = all
      self.peer = peer
    }

    func request(
      method: UInt32, preferredModes: [UInt32], payload: ByteSlice
    ) throws(AuthError)
      -> AuthServerStep
    {
      if let refusal = all.refuses { throw refusal }
      guard method == 2 else {
        return .refuse(result: -95, allowedMethods: [2], allowedModes: [all.mode.rawValue])
      }
      return try requestMore(payload)
    }

    func requestMore(_ payload: ByteSlice) throws(AuthError) -> AuthServerStep {
      guard round >= all.rounds else {
        round += 1
        return .more(ByteSlice("round \(round)".utf8))
      }
      let peer = AuthenticatedPeer(name: all.clientName, globalID: 4711, caps: "allow *")
      return .done(
        globalID: 4711, payload: .empty, all.outcome(peer: peer, key: all.sessionKey))
    }
  }
}
