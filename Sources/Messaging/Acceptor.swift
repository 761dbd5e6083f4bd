import Base
import Messages
import RadosTypes
import Reactors

/// An accepted socket until it is known whose it is: authenticates, checks who comes, and hands the
/// link to a connection, a new one or the one that the peer has already.
///
/// Confined to the reactor of its link; moves once at most, to where the peer's session belongs.
final class Acceptor: @unchecked Sendable {
  private let messenger: AsyncMessenger
  private var worker: Worker
  private var link: Link
  private let peerAddress: EntityAddress
  private var peerType = EntityType.none
  private var policy: Policy

  init(_ messenger: AsyncMessenger, _ socket: any StreamSocket, _ worker: Worker) {
    self.messenger = messenger
    self.worker = worker
    peerAddress = EntityAddress(socket.peerAddress)
    policy = messenger.policy(for: .any)
    let machine = ProtocolV2(
      acceptedFrom: peerAddress, as: messenger.name.type, authenticator: messenger.authenticator,
      pool: worker.reactor.pool)
    link = Link(socket, machine, worker)
  }

  func start() {
    worker.add(self)
    link.startTimer(Limits.handshakeTimeout)
    link.start(owner: self)
  }

  func end() {
    link.close()
    leave()
  }

  private func leave() {
    worker.remove(self)
    messenger.unplace(worker)
  }

  private func receive(_ frame: SessionFrame) throws(ProtocolError) {
    switch frame {
    case .clientIdent(let ident):
      guard let first = ident.addresses.first, first != .none else { throw .noAddress }
      try checkTarget(ident.target)
      let missing = policy.missing(from: ident.featuresSupported)
      guard missing == 0 else {
        note("peer misses required features \(hex(missing))")
        return try link.machine.sendWord(.identMissingFeatures, missing)
      }
      guard policy.lossy else {
        return try atHome(of: ident.addresses) { (acceptor) throws(ProtocolError) in
          try acceptor.decide(ident)
        }
      }
      try acceptLossy(ident)
    case .reconnect(let reconnect):
      guard let first = reconnect.addresses.first, first != .none else { throw .noAddress }
      try atHome(of: reconnect.addresses) { (acceptor) throws(ProtocolError) in
        try acceptor.decide(reconnect)
      }
    case .serverIdent, .missingFeatures, .reset, .retry, .retryGlobal, .reconnectOK, .wait:
      preconditionFailure("the machine of an accepting side let a server's frame through")
    }
  }

  private func checkTarget(_ target: EntityAddress) throws(ProtocolError) {
    let mine = messenger.addresses
    guard mine.contains(target) else { throw .notMe(target: "\(target)", mine: "\(mine)") }
  }

  // MARK: Lossy peers

  private func acceptLossy(_ ident: ClientIdent) throws(ProtocolError) {
    guard policy.registersLossyClients, let older = messenger.peerConnection(ident.addresses) else {
      return try establish(ident)
    }
    // The user hears of the end of the old connection before anything of the new one.
    if older.reactor === worker.reactor {
      older.reset()
      return try establish(ident)
    }
    older.reactor.post { [self] in
      older.reset()
      worker.reactor.post { [self] in guarded { () throws(ProtocolError) in try establish(ident) } }
    }
  }

  /// The first connection with this peer, or another one after the last.
  private func establish(_ ident: ClientIdent) throws(ProtocolError) {
    guard link.isOpen else { return }
    let connection = Connection(
      messenger: messenger, worker: worker, peerType: peerType, addresses: ident.addresses,
      target: policy.server ? nil : ident.addresses.key, policy: policy)
    worker.remove(self)
    messenger.adopt(connection, isRegistered: !policy.lossy || policy.registersLossyClients)
    try connection.accept(ident, on: link)
  }

  // MARK: Lossless peers

  private func decide(_ ident: ClientIdent) throws(ProtocolError) {
    let existing = messenger.peerConnection(ident.addresses)
    let answer = AcceptRules.answer(
      ident, existing: existing?.existing, resetCheck: policy.resetCheck,
      peer: ident.addresses.key, mine: messenger.addresses.key)
    switch answer {
    case .fresh:
      existing?.reset()
      try establish(ident)
    case .stale(let current):
      throw .stale(globalSequence: ident.globalSequence, current: current)
    case .takeOver(let forgetting):
      guard let existing else { return }
      existing.note(1, "taken over by the peer's new connection")
      if forgetting { existing.forgetSession() }
      leave()
      guard existing.isOpen else { return link.close() }
      try existing.accept(ident, on: link)
    case .wait:
      existing?.hurry()
      try link.machine.sendWait()
    }
  }

  private func decide(_ reconnect: SessionReconnect) throws(ProtocolError) {
    let existing = messenger.peerConnection(reconnect.addresses)
    let answer = AcceptRules.answer(
      reconnect, existing: existing?.existing, resetCheck: policy.resetCheck,
      peer: reconnect.addresses.key, mine: messenger.addresses.key)
    switch answer {
    case .reset(let full): try link.machine.send(SessionReset(full: full))
    case .retryGlobal(let sequence): try link.machine.sendWord(.sessionRetryGlobal, sequence)
    case .retry(let sequence): try link.machine.sendWord(.sessionRetry, sequence)
    case .wait: try link.machine.sendWait()
    case .resume:
      guard let existing else { return }
      existing.note(1, "reconnected by the peer")
      leave()
      try existing.resume(reconnect, on: link)
    }
  }

  // MARK: Moving

  /// Goes on where the sessions of this peer live.
  private func atHome(
    of addresses: EntityAddresses,
    _ body: @escaping @Sendable (Acceptor) throws(ProtocolError) -> Void
  ) throws(ProtocolError) {
    let home = messenger.home(of: addresses)
    guard home !== worker else { return try body(self) }
    let detached = link.detach()
    let machine = link.machine
    worker.remove(self)
    messenger.move(from: worker, to: home)
    home.reactor.post { [self] in
      worker = home
      worker.add(self)
      link = Link(home.reactor.driver.adopt(detached), machine, home)
      link.startTimer(Limits.handshakeTimeout)
      link.start(owner: self)
      guarded { () throws(ProtocolError) in try body(self) }
    }
  }

  /// For what is not called from the link, which handles the errors of what it calls.
  private func guarded(_ body: () throws(ProtocolError) -> Void) {
    let link = link
    do throws(ProtocolError) { try body() } catch { return link.fail(.protocolError(error)) }
    link.flushSoon()
  }
}

extension Acceptor: LinkOwner, LogPrefixed {
  func handle(_ event: consuming ProtocolV2.Event, on link: Link) throws(ProtocolError) {
    switch event {
    case .hello(let hello):
      peerType = hello.type
      policy = messenger.policy(for: hello.type)
    case .authenticated: break
    case .session(let frame): try receive(frame)
    case .message, .ack, .keepalive, .keepaliveAck:
      preconditionFailure("a link became ready without a connection")
    }
  }

  func didDrain(_ link: Link) {}

  func linkFailed(_ link: Link, _ failure: LinkFailure) {
    leave()
    switch failure {
    case .protocolError(let error): note("\(error)")
    case .socket(let error):
      messenger.log.write(.ms, 10, self, error?.description ?? "peer left during the handshake")
    case .injected: messenger.log.write(.ms, 1, self, "\(failure)")
    }
  }

  var logPrefix: String { "-- \(messenger.addresses) >> \(peerType.name).? \(peerAddress)" }

  private func note(_ text: String) { messenger.log.write(.ms, 0, self, text) }
}
