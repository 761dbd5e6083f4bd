import Base
import ClusterMaps
import RadosTypes

/// Whom this OSD pings, who of them does not answer, and what the monitors are to know of it.
///
/// Pure: maps, answers and the time come in, pings and reports go out; no connections, no clock. Ceph:
/// `heartbeat_peers` and what `OSD` does with it.
struct HeartbeatPeers: Sendable {
  struct Settings: Sendable {
    /// How long a ping may be without an answer.
    var grace: Duration = .seconds(20)
    /// After this much more a peer is begun with anew.
    var stale: Duration = .seconds(600)
    var peersMin = 10
    /// Peers beside our own part of the tree: as many as monitors want to hear from, and of which level.
    var reportersMin = 2
    var reporterLevel = "host"
  }

  let whoami: Int32
  var settings = Settings()
  private(set) var peers: [Int32: HeartbeatPeer] = [:]
  private var reports = FailureReports()
  private var lastCheck: Instant?
  private var lastResample: Instant?

  /// A check that comes later than this after the last finds that this process itself did not run.
  private static let checkGapMax: Duration = .seconds(5)

  init(whoami: Int32) { self.whoami = whoami }

  var ids: [Int32] { peers.keys.sorted() }
  var isEmpty: Bool { peers.isEmpty }

  // MARK: Who

  /// Chooses by this map: the OSDs of our PGs, both neighbours, some of other parts of the tree, more if
  /// they are too few. Returns reports to take back, of those who are peers no longer.
  mutating func choose(
    from map: OSDMap, pgPeers: Set<Int32>, at now: PingTime,
    using random: inout some RandomNumberGenerator
  ) -> [FailureReport] {
    for osd in pgPeers.sorted() { add(osd, map, now) }
    let wanted = map.heartbeatNeighbours(
      of: whoami, level: settings.reporterLevel,
      count: max(settings.reportersMin, settings.peersMin), using: &random)
    for osd in wanted.sorted() { add(osd, map, now) }
    for osd in ids where !map.isUp(osd) { peers[osd] = nil }
    var extras = wanted.union(ids.filter { peers[$0]?.epoch != map.epoch })
    fill(from: map, &extras, now)
    for osd in extras.subtracting(wanted).sorted() where peers.count > settings.peersMin {
      peers[osd] = nil
    }
    return reports.osds.subtracting(ids).sorted().compactMap { reports.withdraw($0) }
  }

  private mutating func add(_ osd: Int32, _ map: OSDMap, _ now: PingTime) {
    guard osd != whoami, map.isUp(osd) else { return }
    let upFrom = map.upFrom(osd)
    if peers[osd]?.upFrom != upFrom {
      peers[osd] = HeartbeatPeer(upFrom: upFrom, epoch: map.epoch, at: now)
    }
    peers[osd]?.epoch = map.epoch
  }

  /// Up to the least number of peers, in the order of ids after our own.
  private mutating func fill(from map: OSDMap, _ extras: inout Set<Int32>, _ now: PingTime) {
    let first = map.nextUpOSD(after: whoami)
    var next = first
    while let osd = next, peers.count < settings.peersMin {
      if osd != whoami {
        extras.insert(osd)
        add(osd, map, now)
      }
      next = map.nextUpOSD(after: osd)
      if next == first { return }
    }
  }

  /// A new map: those that it has down, or newly booted, are peers no longer and need no report.
  mutating func mapChanged(_ map: OSDMap) {
    for osd in Set(ids).union(reports.osds)
    where !map.isUp(osd) || peers[osd].map({ $0.upFrom != map.upFrom(osd) }) ?? false {
      peers[osd] = nil
      reports.forget(osd)
    }
  }

  /// A grace after the last time others are to be chosen: true then. Those that were silent for very
  /// long are begun with anew; all of them, if this OSD waits to be healthy.
  mutating func resample(at now: Instant, all: Bool) -> Bool {
    guard let last = lastResample else {
      lastResample = now
      return true
    }
    guard now - last > settings.grace else { return false }
    lastResample = now
    if all { dropAll() } else { dropStale(at: now) }
    return true
  }

  /// Knows nobody, as in the beginning.
  mutating func reset() {
    dropAll()
    lastResample = nil
  }

  /// Begins anew with those that were silent for very long.
  mutating func dropStale(at now: Instant) {
    for (osd, peer) in peers where peer.isStale(at: now, after: settings.stale) { drop(osd) }
  }

  mutating func dropAll() { for osd in ids { drop(osd) } }

  private mutating func drop(_ osd: Int32) {
    peers[osd] = nil
    reports.forget(osd)
  }

  // MARK: Pings and answers

  /// All are pinged now.
  mutating func ping(at now: PingTime) {
    for osd in ids { peers[osd]?.sent(at: now, grace: settings.grace) }
  }

  /// Returns the report to take back if there was one and the peer is well.
  mutating func replied(
    _ osd: Int32, to stamp: UTime, over network: HeartbeatNetwork, at now: PingTime
  ) -> FailureReport? {
    peers[osd]?.replied(to: stamp, over: network, at: now)
    guard peers[osd]?.isHealthy(at: now.steady) == true else { return nil }
    return reports.withdraw(osd)
  }

  mutating func connectionLost(_ osd: Int32) { peers[osd]?.forgetPings() }

  // MARK: Who is silent

  /// Queues a report of everyone who is past the grace; returns those of whom this is news.
  ///
  /// A process that did not run for a while finds every answer late: the first check after that counts
  /// nobody, so that what has arrived meanwhile is read first.
  mutating func check(at now: Instant) -> [Int32] {
    let gap = lastCheck.map { now - $0 } ?? .zero
    lastCheck = now
    guard gap <= Self.checkGapMax else { return [] }
    return ids.filter { osd in
      guard let peer = peers[osd], peer.isUnhealthy(at: now), let since = peer.silentSince else {
        return false
      }
      return reports.note(osd, silentSince: since)
    }
  }

  mutating func takeReports(at now: Instant, _ map: OSDMap) -> [FailureReport] {
    reports.take(at: now) { map.clientAddresses($0) }
  }

  mutating func reportAgain() { reports.requeue() }

  mutating func withdrawReports() -> [FailureReport] { reports.withdrawAll() }

  // MARK: How this side is

  /// Whether `ratio` of the peers answer: else it is this OSD that nobody hears.
  func isHealthy(at now: Instant, ratio: Double) -> Bool {
    Double(peers.values.count { $0.isHealthy(at: now) }) >= Double(peers.count) * ratio
  }

  var pingTimes: [Int32: OSDStat.PingTimes] { peers.mapValues(\.averages.report) }
}
