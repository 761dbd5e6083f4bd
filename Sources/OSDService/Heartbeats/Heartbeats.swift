import Base
import ClusterMaps
import Messages
import Messaging
import PlacementGroups
import RadosTypes
import Reactors

/// Moves what `HeartbeatPeers` decides: keeps the connections to the peers, pings them, and tells the
/// monitors of those that are silent or gone.
///
/// Confined to the daemon's home reactor. Ceph: `OSD::heartbeat_entry`, `heartbeat_check`,
/// `send_failures`.
final class Heartbeats: LogPrefixed, @unchecked Sendable {
  /// Outlives its heartbeats.
  unowned let owner: OSD
  var peers: HeartbeatPeers
  var markdowns = MarkdownLog()
  var links: [Int32: [HeartbeatNetwork: HeartbeatLink]] = [:]
  private var random = SeededRandom.fromSystem()
  /// What a PG or the tree makes of a new map is not looked at yet.
  private var isChoiceOld = true
  private var isChoosing = false
  /// osd_heartbeat_interval.
  private var pingInterval = Duration.seconds(6)
  private var pingTimer: ReactorTimer?
  var lastReport: Instant?
  private var lastMapRequest: Instant?

  init(_ owner: OSD) {
    self.owner = owner
    peers = HeartbeatPeers(whoami: owner.identity.whoami)
  }

  var parts: OSD.Parts { owner.parts }
  var messengers: Messengers { owner.messengers }
  var log: Log { owner.log }
  var map: OSDMap { owner.map }
  var now: PingTime { PingTime(parts.clock) }
  var takesPart: Bool { owner.state == .active || owner.state == .waitingForHealthy }

  var logPrefix: String { owner.logPrefix }

  // MARK: Time

  func start() { pingLater() }

  private func pingLater() {
    pingTimer?.cancel()
    let tenths = Int.random(in: 0..<10, using: &random)
    let pause = .milliseconds(500) + max(pingInterval, .zero) * tenths / 10
    pingTimer = owner.home.schedule(after: pause) { [weak owner] in
      guard let owner, owner.state != .stopping else { return }
      owner.heartbeats.ping()
      owner.heartbeats.pingLater()
    }
  }

  /// Once a second.
  func tick() {
    markdowns.forget(at: now.steady, period: owner.markdownPeriod)
    if takesPart, !owner.isRebinding {
      let isWaiting = owner.state == .waitingForHealthy
      if peers.resample(at: now.steady, all: isWaiting) { isChoiceOld = true }
      chooseIfNeeded()
      check()
    }
    if owner.state == .waitingForHealthy { owner.bootIfHealthy() }
    askForMapIfLonely()
  }

  /// New options. Who pings more often than before does not wait for the old time to pass.
  func follow(_ settings: HeartbeatPeers.Settings, interval: Duration) {
    peers.settings = settings
    guard interval != pingInterval else { return }
    pingInterval = interval
    if pingTimer != nil { pingLater() }
  }

  // MARK: Who

  /// Each step from one map to the next.
  func mapChanged(_ map: OSDMap) {
    peers.mapChanged(map)
    closeUnused()
    isChoiceOld = true
  }

  private func chooseIfNeeded() {
    guard isChoiceOld, !isChoosing else { return }
    isChoiceOld = false
    guard owner.state == .active else { return choose(pgPeers: []) }
    isChoosing = true
    owner.home.spawn { [self] in
      let pgPeers = await owner.shards.heartbeatPeers()
      isChoosing = false
      if takesPart, !owner.isRebinding { choose(pgPeers: pgPeers) }
    }
  }

  private func choose(pgPeers: Set<Int32>) {
    send(peers.choose(from: map, pgPeers: pgPeers, at: now, using: &random))
    closeUnused()
  }

  /// Who waits to be healthy wants to know soon.
  func beginAnew() {
    chooseIfNeeded()
    ping()
  }

  /// Forgets everybody, with the connections.
  func reset() {
    peers.reset()
    closeUnused()
    isChoiceOld = true
  }

  // MARK: Pings

  /// A daemon whose reactors are stuck seems dead to its peers, from either side.
  func ping() {
    guard !parts.isStuck else {
      return log.write(.osd, 0, self, "a reactor is stuck: not pinging")
    }
    let now = now
    for osd in peers.ids {
      let message = messengers.heartbeatDispatcher.ping(osd, at: now, epoch: map.epoch)
      for network in HeartbeatNetwork.allCases {
        link(to: osd, over: network)?.connection.send(message)
      }
    }
    peers.ping(at: now)
  }

  func replied(_ link: HeartbeatLink, to stamp: UTime) {
    guard isWanted(link) else { return }
    link.wasAnswered = true
    let withdrawn = peers.replied(link.osd, to: stamp, over: link.network, at: now)
    if let withdrawn { send([withdrawn]) }
  }

  func toldDead(by peer: Int32, epoch: UInt32) {
    log.write(.osd, 1, self, "osd.\(peer) says that this OSD is down in map \(epoch)")
    owner.wantMap(max(epoch, map.epoch + 1))
  }

  // MARK: Maps

  /// With nobody to hear from, only the monitors know what the others think of this OSD.
  private func askForMapIfLonely() {
    let isAlone = owner.state == .active && peers.isEmpty
    guard isAlone || owner.state == .waitingForHealthy || owner.state == .booting else { return }
    let interval = parts.configuration.seconds("osd_mon_heartbeat_interval")
    let now = now.steady
    guard lastMapRequest.map({ now - $0 > interval }) ?? true else { return }
    lastMapRequest = now
    owner.monitors.subscribe(to: "osdmap", from: UInt64(map.epoch) + 1)
  }
}
