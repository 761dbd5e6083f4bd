import Auth
import Base
import Ciphers
import Glibc
import Messages
import RadosTypes
import Reactors

/// Making, losing and finding again of sessions.
extension Connection {
  // MARK: Connecting

  /// Dials the peer.
  func connect() {
    guard state != .closed, let target else { return }
    retryTimer?.cancel()
    dropLink()
    state = .connecting
    sessionState.beginAttempt(globalSequence: messenger.nextGlobalSequence())
    guard let address = target.socketAddress else {
      note(-1, "cannot connect: not an address")
      return reset()
    }
    let machine = ProtocolV2(
      connectingTo: target, peer: peerType, as: messenger.name.type,
      authenticator: messenger.authenticator, pool: reactor.pool)
    let link = Link(reactor.driver.connect(to: address), machine, worker)
    self.link = link
    link.startTimer(Limits.handshakeTimeout)
    link.start(owner: self)
  }

  /// After authentication: a session from scratch, or the one that was.
  func openSession(_ link: Link) throws(ProtocolError) {
    auth = link.machine.outcome?.peer
    if sessionState.isEstablished { try reconnect(link) } else { try identify(link) }
  }

  private func identify(_ link: Link) throws(ProtocolError) {
    isReconnecting = false
    if !policy.lossy, sessionState.clientCookie == 0 {
      sessionState.clientCookie = .random(in: 1 ... .max)
    }
    sessionState.restartNumbering()
    try link.machine.send(
      ClientIdent(
        addresses: messenger.identAddresses, target: target ?? .none,
        gid: messenger.gid(globalID: link.machine.globalID),
        globalSequence: sessionState.globalSequence,
        featuresSupported: policy.featuresSupported,
        featuresRequired: policy.featuresRequired | Policy.alwaysRequired,
        flags: policy.lossy ? ClientIdent.lossy : 0, cookie: sessionState.clientCookie))
  }

  private func reconnect(_ link: Link) throws(ProtocolError) {
    isReconnecting = true
    try link.machine.send(
      SessionReconnect(
        addresses: messenger.identAddresses, clientCookie: sessionState.clientCookie,
        serverCookie: sessionState.serverCookie, globalSequence: sessionState.globalSequence,
        connectSequence: sessionState.connectSequence, messageSequence: sessionState.inSequence))
  }

  func receive(_ frame: SessionFrame, on link: Link) throws(ProtocolError) {
    if case .serverIdent(let ident) = frame, !isReconnecting { try check(ident) }
    switch sessionState.receive(frame, reconnecting: isReconnecting) {
    case .identify(let remoteReset):
      note(
        1, "the peer has reset the session, \(remoteReset ? "all" : "nothing queued") is dropped")
      if remoteReset {
        delayed?.discard()
        messenger.dispatcher.remoteReset(self)
      }
      if self.link === link { try identify(link) }
    case .reconnect(let above):
      if let above { sessionState.globalSequence = messenger.nextGlobalSequence(above: above) }
      try reconnect(link)
    case .ready:
      if case .serverIdent(let ident) = frame { adopt(ident) }
      becomeReady(link)
    case .wait: yieldToPeer()
    case .fail(let error): throw error
    }
  }

  /// Is this whom we wanted?
  private func check(_ ident: ServerIdent) throws(ProtocolError) {
    guard let target, !ident.addresses.contains(target) else { return }
    throw .notThePeer(dialled: "\(target)", identified: "\(ident.addresses)")
  }

  private func adopt(_ ident: ServerIdent) {
    peerAddresses = ident.addresses
    peer = EntityName(peerType, ident.gid)
    peerFeatures = ident.featuresSupported & policy.featuresSupported
    policy.lossy = ident.flags & ClientIdent.lossy != 0
  }

  func becomeReady(_ link: Link) {
    link.machine.becomeReady()
    link.stopTimer()
    backoff = nil
    state = .ready
    note(10, "ready, \(policy.lossy ? "lossy" : "lossless"), mode \(mode.map { "\($0)" } ?? "-")")
    messenger.dispatcher.connectionReady(self)
    guard self.link === link, state == .ready else { return }
    if keepaliveWanted {
      keepaliveWanted = false
      sendKeepalive()
    }
    transmitQueued()
    link.flushSoon()
  }

  /// Both sides connected at once and the peer's attempt wins: it is on its way.
  private func yieldToPeer() {
    note(1, "the peer connects by itself (connection race), waiting")
    dropLink()
    retry(after: Limits.backoffMax)
  }

  // MARK: Accepting

  /// The session goes on over a socket that the peer made.
  private func take(_ link: Link) {
    retryTimer?.cancel()
    if self.link !== link { dropLink() }
    sessionState.queue.requeueSent()
    self.link = link
    link.setOwner(self)
    auth = link.machine.outcome?.peer
  }

  /// CLIENT_IDENT was right: SERVER_IDENT, and a session from scratch.
  func accept(_ ident: ClientIdent, on link: Link) throws(ProtocolError) {
    take(link)
    peer = EntityName(peerType, ident.gid)
    peerAddresses = ident.addresses
    peerFeatures = ident.featuresSupported & policy.featuresSupported
    sessionState.clientCookie = ident.cookie
    sessionState.serverCookie = policy.lossy ? 0 : .random(in: 1 ... .max)
    sessionState.connectSequence = 0
    sessionState.peerGlobalSequence = ident.globalSequence
    sessionState.restartNumbering()
    try link.machine.send(
      ServerIdent(
        addresses: messenger.identAddresses, gid: messenger.gid(globalID: 0),
        globalSequence: messenger.nextGlobalSequence(),
        featuresSupported: policy.featuresSupported,
        featuresRequired: policy.featuresRequired | Policy.alwaysRequired,
        flags: policy.lossy ? ClientIdent.lossy : 0, cookie: sessionState.serverCookie))
    becomeReady(link)
  }

  /// SESSION_RECONNECT was right: what the peer has is forgotten, the rest is sent again.
  func resume(_ reconnect: SessionReconnect, on link: Link) throws(ProtocolError) {
    take(link)
    sessionState.connectSequence = reconnect.connectSequence
    sessionState.peerGlobalSequence = reconnect.globalSequence
    sessionState.queue.acknowledge(reconnect.messageSequence)
    try link.machine.sendWord(.sessionReconnectOK, sessionState.inSequence)
    becomeReady(link)
  }

  /// The peer came anew and wants nothing of what was.
  func forgetSession() {
    sessionState.forget()
    delayed?.discard()
    messenger.dispatcher.remoteReset(self)
  }

  /// Who of two that connect to each other gives way.
  var existing: AcceptRules.Existing {
    AcceptRules.Existing(
      session: sessionState, lossy: policy.lossy, server: policy.server,
      isReadyOrStandby: state == .ready || state == .standby)
  }

  // MARK: Faults

  func fault(_ failure: LinkFailure) {
    delayed?.flush()
    guard state != .closed else { return }
    let wasReady = state == .ready
    dropLink()
    if case .socket(let error?) = failure, error.errno == ECONNREFUSED {
      messenger.dispatcher.connectionRefused(self)
    }
    guard state != .closed, link == nil else { return }
    if policy.lossy { return reset() }
    sessionState.queue.requeueSent()
    if policy.server || policy.standby && sessionState.queue.isEmpty && !keepaliveWanted {
      note(1, "with nothing to send, going to standby")
      state = .standby
    } else if wasReady {
      connect()
    } else {
      backOff()
    }
  }

  private func backOff() {
    let delay = backoff.map { min($0 * 2, Limits.backoffMax) } ?? Limits.backoffMin
    backoff = delay
    retry(after: delay)
  }

  private func retry(after delay: Duration) {
    state = .backoff
    retryTimer?.cancel()
    retryTimer = reactor.schedule(after: delay) { [self] in if state == .backoff { connect() } }
  }

  func leaveStandby() { if state == .standby, !policy.server { connect() } }

  /// The peer has something to send and was told to wait for this side's attempt: make it now.
  func hurry() { if state == .backoff || state == .standby { connect() } }
}
