import Base
import Buffers
import Messages
import RadosTypes
import Reactors
import Wire

/// Who supplies what the manager is told. Called on the client's reactor.
package protocol MgrClientDelegate: AnyObject {
  /// A report is due: brings counters up to date that are looked up, and calls `done`.
  func mgrClient(_ client: MgrClient, prepares done: @escaping () -> Void)
  /// A period has passed: collect, and hand PGSTATS to `client.send`, at once or when it is there.
  func mgrClientWantsStats(_ client: MgrClient)
  /// PGs are to be scrubbed.
  func mgrClient(_ client: MgrClient, asksFor order: ScrubOrder)
  /// Complaints that go with the next report.
  func mgrClientHealth(_ client: MgrClient) -> [DaemonHealthMetric]
  /// What this daemon's options are set to, and their defaults, encoded as MGR_OPEN has them; empty
  /// will do.
  func mgrClientConfiguration(_ client: MgrClient) -> (config: ByteSlice, defaults: ByteSlice)
}

/// The session with the active manager: follows the manager map, reports counters every period.
///
///     idle ──map names one──▶ connecting ──ready: MGR_OPEN──▶ open ──MGR_CONFIGURE──▶ reporting
///      ▲                          └───── lost ──────┬──────────┴──── lost ────────────────┘
///      └──────────────── another one, or none, or 1 s later ────────┘
///
/// Managers hang up on daemons that they know no metadata of yet; we come again until they do. Commands
/// from managers are not seen here, they are for whoever dispatches the connection's messages. Confined to
/// `reactor`. Ceph: `MgrClient`. Source: src/mgr/MgrClient.cc.
package final class MgrClient: LogPrefixed, @unchecked Sendable {
  package let reactor: Reactor
  package weak var delegate: (any MgrClientDelegate)?
  private let transport: any SessionTransport
  private let registry: PerfRegistry
  private let log: Log
  private let daemonName: String

  package private(set) var map: MgrMap?
  private var link: (any SessionLink)?
  private var isReady = false
  private var report = PerfReport()
  /// Zero: not told yet to report.
  private var period: UInt32 = 0
  private var threshold: UInt32 = 0
  private var lastAttempt: Instant?
  private var timer: ReactorTimer?
  private var isStopped = false
  /// `mgr connect retry interval`.
  private let retryInterval: Duration = .seconds(1)

  package init(
    reactor: Reactor, transport: any SessionTransport, registry: PerfRegistry, name: AuthName,
    log: Log
  ) {
    self.reactor = reactor
    self.transport = transport
    self.registry = registry
    self.log = log
    daemonName = name.id.text
  }

  package var logPrefix: String { "mgrc" }

  /// A session stands; the manager may still hang up.
  package var isConnected: Bool { isReady }

  /// Takes the manager maps that `monitors` sends, from now on.
  package func follow(_ monitors: MonClient) {
    monitors.handle(.mgrMap) { [weak self, weak monitors] message in
      guard let self, let monitors else { return }
      self.take(message, from: monitors)
    }
    monitors.subscribe(to: "mgrmap", from: 0)
  }

  package func stop() {
    isStopped = true
    closeLink()
  }

  /// Nothing is kept for a manager that is not there: reports are of the moment.
  package func send(_ message: RawMessage) { if isReady { link?.send(message) } }

  // MARK: The map

  private func take(_ message: RawMessage, from monitors: MonClient) {
    do throws(DecodeError) {
      let new = try MgrMap(wire: try message.decode(MMgrMap.self).map)
      monitors.got("mgrmap", UInt64(new.epoch))
      take(new)
    } catch { log.error(.mgrc, self, "a manager map: \(error)") }
  }

  private func take(_ new: MgrMap) {
    let old = map
    map = new
    log.write(
      .mgrc, 4, self,
      "mgrmap e\(new.epoch), active \(new.activeName) at \(new.activeAddresses)\(new.isAvailable ? "" : ", starting")"
    )
    if link == nil || old?.activeAddresses != new.activeAddresses { reconnect() }
  }

  // MARK: The session

  private func reconnect() {
    closeLink()
    guard !isStopped, let map, map.isAvailable, !map.activeAddresses.isEmpty else { return }
    if let lastAttempt, reactor.now - lastAttempt < retryInterval {
      timer = reactor.schedule(after: retryInterval - (reactor.now - lastAttempt)) { [weak self] in
        self?.reconnect()
      }
      return
    }
    lastAttempt = reactor.now
    let link = transport.open(
      to: map.activeAddresses, peer: .manager,
      takes: [.mgrConfigure, .mgrClose, .osdScrub, .osdScrub2])
    self.link = link
    link.onReady = { [weak self, weak link] in self?.linkReady(link) }
    link.onMessage = { [weak self, weak link] message in self?.received(message, on: link) }
    link.onLost = { [weak self, weak link] in self?.linkLost(link) }
  }

  private func closeLink() {
    timer?.cancel()
    timer = nil
    isReady = false
    period = 0
    link?.onReady = nil
    link?.onMessage = nil
    link?.onLost = nil
    link?.close()
    link = nil
  }

  private func linkReady(_ ready: (any SessionLink)?) {
    guard let ready, ready === link, !isReady else { return }
    isReady = true
    report.newSession()
    let configuration = delegate?.mgrClientConfiguration(self) ?? (.empty, .empty)
    log.write(.mgrc, 4, self, "opening a session with \(map?.activeName ?? "?")")
    send(
      RawMessage(
        encoding: MMgrOpen(
          daemonName: daemonName, config: configuration.config, defaults: configuration.defaults)))
  }

  private func linkLost(_ lost: (any SessionLink)?) {
    guard let lost, lost === link else { return }
    log.write(.mgrc, 4, self, "lost the manager")
    reconnect()
  }

  private func received(_ message: RawMessage, on from: (any SessionLink)?) {
    guard let from, from === link else { return }
    do throws(DecodeError) {
      switch message.type {
      case .osdScrub:
        delegate?.mgrClient(self, asksFor: ScrubOrder(try message.decode(MOSDScrub.self)))
      case .osdScrub2:
        delegate?.mgrClient(self, asksFor: ScrubOrder(try message.decode(MOSDScrub2.self)))
      case .mgrConfigure: configure(try message.decode(MMgrConfigure.self))
      default: break
      }
    } catch { log.error(.mgrc, self, "\(message.type): \(error)") }
  }

  private func configure(_ told: MMgrConfigure) {
    log.write(.mgrc, 4, self, "stats_period=\(told.period)")
    threshold = told.threshold
    let isStarting = period == 0 && told.period != 0
    period = min(told.period, 3600)
    if isStarting { reportNow() }
  }

  // MARK: Reports

  private func reportNow() {
    guard isReady, period > 0 else { return }
    guard let delegate, let link else { return sendReport() }
    delegate.mgrClient(
      self,
      prepares: { [weak self, weak link] in
        guard let self, let link, link === self.link else { return }
        sendReport()
      })
  }

  private func sendReport() {
    guard isReady, period > 0 else { return }
    let content = report.collect(registry, threshold: threshold)
    var message = MMgrReport(
      daemonName: daemonName, declared: content.declared, packed: content.packed)
    message.undeclared = content.undeclared
    message.health = delegate?.mgrClientHealth(self) ?? []
    send(RawMessage(encoding: message))
    delegate?.mgrClientWantsStats(self)
    timer = reactor.schedule(after: .seconds(Int64(period))) { [weak self] in self?.reportNow() }
  }
}
