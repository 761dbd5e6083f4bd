import Auth
import Base
import Messages
import Reactors

/// When we last asked the monitor for tickets and keys, so that neither is asked for at every tick.
struct AuthRenewal {
  /// How long an answer may take before we ask again.
  static let patience: Duration = .seconds(5)

  private var ticketsAsked: Instant?
  private var keysAsked: Instant?

  mutating func newSession() {
    ticketsAsked = nil
    keysAsked = nil
  }

  mutating func mayAskForTickets(_ now: Instant) -> Bool { Self.mayAsk(&ticketsAsked, now) }
  mutating func mayAskForKeys(_ now: Instant) -> Bool { Self.mayAsk(&keysAsked, now) }

  private static func mayAsk(_ asked: inout Instant?, _ now: Instant) -> Bool {
    if let asked, now - asked < patience { return false }
    asked = now
    return true
  }
}

extension MonClient {
  /// Asks for what is missing or runs out: service tickets, and the keys that tickets for us are
  /// sealed with.
  func renewAuthentication() {
    guard isOpen else { return }
    renewTickets()
    if authenticator.needsRotatingKeys { renewRotatingKeys() }
  }

  private func renewTickets() {
    do throws(AuthError) {
      guard let request = try authenticator.ticketRequest(), renewal.mayAskForTickets(reactor.now)
      else { return }
      log.write(.monc, 10, self, "asking for new tickets")
      send(RawMessage(encoding: MAuth(method: AuthMethod.cephx.rawValue, payload: request)))
    } catch { log.error(.monc, self, "no request for tickets: \(error)") }
  }

  /// Also called when somebody comes with a ticket that is sealed with a key that we have not.
  func renewRotatingKeys() {
    guard isOpen, let request = authenticator.rotatingKeysRequest(),
      renewal.mayAskForKeys(reactor.now)
    else { return }
    log.write(.monc, 10, self, "asking for rotating keys")
    send(RawMessage(encoding: MAuth(method: AuthMethod.cephx.rawValue, payload: request)))
  }

  func takeAuthReply(_ reply: MAuthReply) {
    do throws(AuthError) {
      try authenticator.takeReply(result: reply.result, payload: reply.payload)
    } catch { log.error(.monc, self, "authentication: \(error)") }
  }

  /// Returns when a session stands and the monitor map is here.
  package func authenticate(timeout: Duration) async throws(MonError) {
    try await wait(for: "a session with a monitor", timeout) { client in
      if client.isOpen && client.roster != nil { return .success(()) }
      return client.authenticator.refusal.map { .failure(.refused($0)) }
    }
  }

  /// Returns when this daemon can open the tickets of those who come (`rotating keys bootstrap
  /// timeout`); at once with auth none.
  package func waitForRotatingKeys(timeout: Duration) async throws(MonError) {
    try await wait(for: "rotating keys", timeout) { client in
      client.authenticator.needsRotatingKeys ? nil : .success(())
    }
  }
}
