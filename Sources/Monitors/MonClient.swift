import Auth
import Base
import Buffers
import Messages
import RadosTypes
import Reactors
import Wire

/// Who hears what the monitors say. Called on the client's reactor.
package protocol MonClientDelegate: AnyObject {
  /// A session stands, the first or after the last one was lost: whatever the monitor must know and
  /// may not (boot, alive, failures, pg_temp) is to be sent again.
  func monClientDidOpenSession(_ client: MonClient)
  /// A message that is not the client's own affair: OSD_MAP, CONFIG, OSD_PG_CREATE2, MON_MAP too.
  func monClient(_ client: MonClient, received message: RawMessage)
}

/// The session with a monitor: finds one, stays authenticated, keeps subscriptions, asks questions.
///
///     idle ──start──▶ hunting ──link ready──▶ open
///                       ▲  └─ lost, or slow ─┘  │
///                       └── lost, silent, gone ─┘
///
/// Confined to `reactor`. Ceph: `MonClient`. Source: src/mon/MonClient.cc.
package final class MonClient: LogPrefixed, @unchecked Sendable {
  package struct Options: Sendable {
    /// From `MonHosts.parse`.
    package var monitors: [EntityAddress]
    package var hostname = ""
    /// Known from configuration; else the monitor map tells.
    package var fsid: UniqueID?
    /// `mon client hunt interval`: how long one monitor has to answer.
    package var huntInterval: Duration = .seconds(3)
    /// `mon client ping interval`, `mon client ping timeout`.
    package var pingInterval: Duration = .seconds(10)
    package var pingTimeout: Duration = .seconds(30)
    /// `mon client log interval`.
    package var tick: Duration = .seconds(1)

    package init(monitors: [EntityAddress]) { self.monitors = monitors }
  }

  package let reactor: Reactor
  package let authenticator: ClusterAuthenticator
  package let clusterLog: ClusterLog
  package weak var delegate: (any MonClientDelegate)?
  let transport: any SessionTransport
  let log: Log
  /// Times may be changed later.
  package var options: Options
  private var random: SeededRandom

  package private(set) var roster: MonRoster?
  var subscriptions = Subscriptions()
  var questions = MonQuestions()
  var renewal = AuthRenewal()
  var waiters: [MonWaiter] = []
  private var handlers: [MessageType: (RawMessage) -> Void] = [:]

  private enum State { case idle, hunting, open, stopped }
  private var state = State.idle
  private var hunt: Hunt
  private var link: (any SessionLink)?
  private var linkAddress: EntityAddress?
  private var huntTimer: ReactorTimer?
  private var tickTimer: ReactorTimer?
  /// Sent while there is no session yet; a hunt that fails drops them, as their senders are told of the
  /// next session.
  private var waitingForSession: [RawMessage] = []
  private var openedAt = Instant(nanoseconds: 0)
  private var lastPing = Instant(nanoseconds: 0)

  package init(
    reactor: Reactor, transport: any SessionTransport, authenticator: ClusterAuthenticator,
    options: Options, log: Log, random: SeededRandom
  ) {
    self.reactor = reactor
    self.transport = transport
    self.authenticator = authenticator
    self.options = options
    self.log = log
    self.random = random
    clusterLog = ClusterLog(name: authenticator.name, reactor: reactor)
    hunt = Hunt(
      options.monitors.map { Hunt.Candidate(address: $0) }, firstDelay: .milliseconds(200),
      lastDelay: options.huntInterval)
    clusterLog.client = self
    authenticator.onMissedKey { [weak self, reactor] in
      reactor.post { [weak self] in self?.renewRotatingKeys() }
    }
  }

  package var logPrefix: String { "monclient\(state == .open ? "" : "(hunting)"):" }

  package var isOpen: Bool { state == .open }
  var isStopped: Bool { state == .stopped }

  package var fsid: UniqueID? { options.fsid ?? roster?.fsid }

  // MARK: Life

  /// Begins to look for a monitor.
  package func start() {
    precondition(state == .idle, "a monitor client starts once")
    subscriptions.want("monmap", from: 0)
    subscriptions.want("config", from: 0)
    state = .hunting
    attempt(isNewRound: true)
    scheduleTick()
  }

  package func stop() {
    guard state != .stopped else { return }
    state = .stopped
    closeLink()
    tickTimer?.cancel()
    huntTimer?.cancel()
    questions.failAll(.stopped)
    checkWaiters()
  }

  // MARK: Hunting

  /// Drops the session or the attempt at hand and looks for another monitor.
  private func huntAgain() {
    closeLink()
    state = .hunting
    waitingForSession = []
    attempt(isNewRound: true)
  }

  private func attempt(isNewRound: Bool) {
    switch hunt.next(&random, isNewRound: isNewRound) {
    case .attempt(let address): open(address)
    case .wait(let delay):
      log.write(.monc, 1, self, "no monitor answers, trying again in \(delay.inSeconds) s")
      huntTimer = reactor.schedule(after: delay) { [weak self] in self?.attempt(isNewRound: true) }
    }
  }

  private func open(_ address: EntityAddress) {
    log.write(.monc, 10, self, "trying \(address)")
    linkAddress = address
    let link = transport.open(to: EntityAddresses(address), peer: .monitor, takes: nil)
    self.link = link
    link.onReady = { [weak self, weak link] in self?.linkReady(link) }
    link.onMessage = { [weak self, weak link] message in self?.received(message, on: link) }
    link.onLost = { [weak self, weak link] in self?.linkLost(link) }
    huntTimer = reactor.schedule(after: options.huntInterval) { [weak self] in
      self?.attemptTimedOut()
    }
  }

  private func closeLink() {
    huntTimer?.cancel()
    huntTimer = nil
    link?.onReady = nil
    link?.onMessage = nil
    link?.onLost = nil
    link?.close()
    link = nil
    linkAddress = nil
  }

  private func attemptTimedOut() {
    guard state == .hunting else { return }
    log.write(.monc, 1, self, "\(linkAddress.map(\.description) ?? "?") does not answer")
    closeLink()
    attempt(isNewRound: false)
  }

  private func linkLost(_ lost: (any SessionLink)?) {
    guard let lost, lost === link else { return }
    let address = linkAddress.map(\.description) ?? "?"
    switch state {
    case .open:
      log.write(.monc, 1, self, "lost the monitor at \(address)")
      huntAgain()
    case .hunting:
      log.write(.monc, 5, self, "no session with \(address)")
      closeLink()
      checkWaiters()
      if state == .hunting { attempt(isNewRound: false) }
    case .idle, .stopped: break
    }
  }

  private func linkReady(_ ready: (any SessionLink)?) {
    guard let ready, ready === link, state == .hunting else { return }
    huntTimer?.cancel()
    huntTimer = nil
    state = .open
    hunt.succeeded()
    openedAt = reactor.now
    lastPing = reactor.now
    log.write(.monc, 1, self, "found a monitor at \(linkAddress.map(\.description) ?? "?")")
    openSession()
    checkWaiters()
  }

  /// What every session begins with, in this order.
  private func openSession() {
    send(RawMessage(encoding: MMonGetMap()))
    subscriptions.reload()
    renewSubscriptions()
    let waiting = waitingForSession
    waitingForSession = []
    for message in waiting { send(message) }
    renewal.newSession()
    renewAuthentication()
    askAgain(isNewSession: true)
    clusterLog.flush(isNewSession: true)
    delegate?.monClientDidOpenSession(self)
  }

  // MARK: Messages

  /// Sends now, or with the session that is being looked for. What must survive the loss of that
  /// session is for the delegate to send again.
  package func send(_ message: RawMessage) {
    switch state {
    case .open: link?.send(message)
    case .idle, .hunting:
      if waitingForSession.count < Limits.monMessagesWaitingMax {
        waitingForSession.append(message)
      }
    case .stopped: break
    }
  }

  /// Messages of `type` go to `body` instead of the delegate.
  package func handle(_ type: MessageType, _ body: @escaping (RawMessage) -> Void) {
    handlers[type] = body
  }

  private func received(_ message: RawMessage, on from: (any SessionLink)?) {
    guard let from, from === link, state == .open else { return }
    log.write(.monc, 20, self, "got \(message.type)")
    do throws(DecodeError) {
      if try !take(message) {
        if let handler = handlers[message.type] {
          handler(message)
        } else {
          delegate?.monClient(self, received: message)
        }
      }
    } catch {
      log.error(
        .monc, self, "\(message.type) from \(linkAddress.map(\.description) ?? "?"): \(error)")
      huntAgain()
    }
    checkWaiters()
  }

  /// Whether the message was our own affair.
  private func take(_ message: RawMessage) throws(DecodeError) -> Bool {
    switch message.type {
    case .monMap:
      try takeMonMap(try message.decode(MMonMap.self))
      return false
    case .authReply: takeAuthReply(try message.decode())
    case .monCommandAck:
      questions.answer(try message.decode(MMonCommandAck.self), tid: message.header.tid)
    case .monGetVersionReply: questions.answer(try message.decode(MMonGetVersionReply.self))
    case .logAck: clusterLog.acknowledged(try message.decode(MLogAck.self).last)
    case .monSubscribeAck, .ping: break
    default: return false
    }
    return true
  }

  private func takeMonMap(_ message: MMonMap) throws(DecodeError) {
    let new = try MonRoster(wire: message.map)
    if let roster, new.epoch < roster.epoch { return }
    roster = new
    subscriptions.got("monmap", UInt64(new.epoch))
    let candidates = new.monitors.compactMap { monitor in
      monitor.addresses.v2.map { Hunt.Candidate(address: $0, priority: monitor.priority) }
    }
    hunt.replace(candidates)
    askAgain(isNewSession: false)
    guard let linkAddress, !candidates.isEmpty,
      !candidates.contains(where: {
        $0.address.isSameHost(as: linkAddress) && $0.address.port == linkAddress.port
      })
    else { return }
    log.write(.monc, 1, self, "the monitor at \(linkAddress) is no monitor any more")
    huntAgain()
  }

  // MARK: Time

  private func scheduleTick() {
    tickTimer = reactor.schedule(after: options.tick) { [weak self] in
      guard let self, self.state != .stopped else { return }
      self.tick()
      self.scheduleTick()
    }
  }

  private func tick() {
    guard state == .open, let link else { return }
    renewAuthentication()
    clusterLog.flush(isNewSession: false)
    guard reactor.now - lastPing >= options.pingInterval else { return }
    lastPing = reactor.now
    link.sendKeepalive()
    let heard = max(link.lastKeepaliveAck ?? openedAt, openedAt)
    if reactor.now - heard > options.pingTimeout {
      log.write(.monc, 1, self, "the monitor is silent for \((reactor.now - heard).inSeconds) s")
      huntAgain()
    }
  }
}

extension Limits {
  /// Messages kept for the first session; more than this is a fault of the sender.
  package static let monMessagesWaitingMax = 1000
}
