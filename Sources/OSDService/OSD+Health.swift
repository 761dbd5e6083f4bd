import Base
import ClusterMaps
import Messages
import Messaging
import PlacementGroups
import RadosTypes
import Wire

/// Marked down while it runs: the OSD says so, takes on new addresses among its peers, waits until it
/// hears enough of them, and boots again (`OSD::_committed_osd_maps`, `_is_healthy`).
extension OSD {
  /// What an active OSD finds wrong with itself in the newest map.
  enum WrongInMap {
    case missing
    case stopped
    case down
    case otherAddress(String)
  }

  /// Nil if the map has this OSD up, and where it is.
  func wrongInMap() -> WrongInMap? {
    let whoami = identity.whoami
    if !map.exists(whoami) { return .missing }
    if map.isStopped(whoami) { return .stopped }
    if !map.isUp(whoami) { return .down }
    let table = [
      ("client", map.clientAddresses(whoami), messengers.client.addresses),
      ("cluster", map.clusterAddresses(whoami), messengers.cluster.addresses),
      ("heartbeat back", map.heartbeatBackAddresses(whoami), messengers.heartbeatBack.addresses),
      ("heartbeat front", map.heartbeatFrontAddresses(whoami), messengers.heartbeatFront.addresses),
    ]
    return table.first { $0.1 != $0.2 }.map {
      .otherAddress("\($0.0) addr (\($0.1) != my \($0.2))")
    }
  }

  func markedDown(_ wrong: WrongInMap) {
    switch wrong {
    case .missing: return shutDown("map says i do not exist")
    case .stopped: return shutDown("map says i am stopped by admin")
    case .down:
      monitors.clusterLog.warning(
        "Monitor daemon marked \(identity.name) down, but it is still running")
      monitors.clusterLog.debug(
        "map e\(map.epoch) wrongly marked me down at e\(map.downAt(identity.whoami))")
      monitors.send(
        RawMessage(
          encoding: MOSDMarkMeDead(
            paxos: PaxosHeader(UInt64(map.epoch)), fsid: identity.cluster, osd: identity.whoami,
            epoch: map.epoch)))
    case .otherAddress(let which):
      monitors.clusterLog.error("map e\(map.epoch) had wrong \(which)")
    }
    beginAgain()
  }

  /// Too often is a sign that something is wrong here: the process ends.
  private func beginAgain() {
    upFrom = 0
    bindEpoch = map.epoch
    messengers.heartbeatDispatcher.update(map, upFrom: 0)
    enter(.waitingForHealthy)
    heartbeats.reset()
    peers.forget()
    let most = configuration.integer("osd_max_markdown_count")
    let times = heartbeats.markdowns.note(at: parts.clock.now, period: markdownPeriod)
    guard times <= most else {
      return shutDown(
        "marked down \(times) > osd_max_markdown_count \(most) in last "
          + "\(markdownPeriod.components.seconds) seconds")
    }
    isRebinding = true
    home.spawn { [self] in
      do { try await messengers.rebind(configuration) } catch {
        return shutDown("marked down, and no new address among the OSDs: \(error)")
      }
      isRebinding = false
      log.write(.osd, 1, self, "now at \(messengers.cluster.addresses) for other OSDs")
      heartbeats.beginAnew()
      bootIfHealthy()
    }
  }

  var markdownPeriod: Duration { .seconds(configuration.integer("osd_max_markdown_period")) }

  /// Asked again every second.
  func bootIfHealthy() {
    guard state == .waitingForHealthy, !isRebinding, isHealthy else { return }
    enter(.preboot)
    bootWhenReady()
  }

  /// No reactor is stuck, and enough peers answer; long after the last time that it was marked down,
  /// the latter does not count.
  private var isHealthy: Bool {
    guard !parts.isStuck else { return false }
    return heartbeats.markdowns.isEmpty
      || heartbeats.peers.isHealthy(
        at: parts.clock.now, ratio: configuration.real("osd_heartbeat_min_healthy_ratio"))
  }

  /// If it really is an OSD of the map's, it waits for what it said to be done: then this daemon ends, as
  /// with orders that it can read and not carry out. Others are cut off.
  func cannotRead(
    _ type: MessageType, _ error: DecodeError, over connection: Connection, from osd: Int32
  ) {
    let isPeer = map.isUp(osd) && map.clusterAddresses(osd) == connection.peerAddresses
    log.error(
      .osd, self,
      "\(type) of osd.\(osd) cannot be read: \(error): \(isPeer ? "stopping" : "closing")")
    if isPeer { parts.onFatal(1) } else { connection.markDown() }
  }

  /// Ends the daemon as a signal does.
  func shutDown(_ reason: String) {
    log.error(.osd, self, "\(reason): shutting down")
    parts.onShutdown()
  }

  /// The counters of the shard that shares this OSD's reactor, which alone may write them here.
  var homeCounters: PerfCounters? { shards.shards.first { $0.reactor === home }?.perf }
}

extension OSD.Parts {
  /// A reactor has not come round for `osd_op_thread_timeout`.
  var isStuck: Bool {
    let limit = Duration.seconds(configuration.integer("osd_op_thread_timeout"))
    let now = clock.now
    return reactors.contains { reactor in reactor.busySince.map { now - $0 > limit } ?? false }
  }
}
