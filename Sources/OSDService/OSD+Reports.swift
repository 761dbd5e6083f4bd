import Base
import Buffers
import ClusterMaps
import Messages
import Monitors
import ObjectStores
import PlacementGroups
import RadosTypes

/// What was reported last.
struct ReportState {
  /// The low half of `osd_stat_t::seq`; counts reports since this boot.
  var sequence: UInt32 = 0
  var fullStateSent: (epoch: UInt32, state: OSDState)?
  /// Pools that were reported, so that one that lost its last PG here is reported once more, as empty.
  var pools: Set<Int64> = []
  /// The greatest up_thru that was asked for.
  var upThroughWanted: UInt32 = 0
  /// Ops that take longer than they should, as of now.
  var slowOps = (count: 0, oldest: Duration.zero)
  /// Nanoseconds and count of all writes, as of the last report.
  var writes: (sum: UInt64, count: UInt64) = (0, 0)
  /// PGs that the monitors were told of, while their pool counts as being created.
  var pgsCreated: Set<PGID> = []
  /// PGs that are to be merged.
  var merges = MergeReports()
  /// Acting sets that PGs wish for.
  var pgTemps: [PGID: [Int32]] = [:]
}

/// Signs of life for the monitors, statistics for the manager.
extension OSD {
  func scheduleBeacon(every interval: Duration) {
    beaconTimer?.cancel()
    beaconTimer = home.schedule(after: interval) { [weak self] in
      guard let self, state != .stopping else { return }
      sendBeacon()
      scheduleBeacon(every: interval)
    }
  }

  func sendBeacon() {
    guard state == .active else { return }
    home.spawn { [self] in
      let cleanEpochs = await lastEpochsClean()
      monitors.send(
        RawMessage(
          encoding: MOSDBeacon(
            paxos: PaxosHeader(UInt64(map.epoch)), pgs: cleanEpochs.keys.sorted(),
            minLastEpochClean: cleanEpochs.values.min() ?? map.epoch,
            reportInterval: UInt32(clamping: configuration.integer("osd_beacon_report_interval")))))
    }
  }

  /// By PG that this OSD leads.
  private func lastEpochsClean() async -> [PGID: UInt32] {
    let answers = await shards.collect { shard in
      shard.lastEpochsClean
    }
    return answers.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
  }

  /// Mean time of the writes since the last report.
  private func commitLatencyMS() -> UInt32 {
    let totals = shards.shards.map { $0.perf.value(OpCounter.writeLatency) }
    let now = (sum: totals.reduce(0) { $0 &+ $1.sum }, count: totals.reduce(0) { $0 &+ $1.count })
    let before = reports.writes
    reports.writes = now
    guard now.count > before.count, now.sum >= before.sum else { return 0 }
    return UInt32(clamping: (now.sum - before.sum) / (now.count - before.count) / 1_000_000)
  }

  /// The next report for the manager: this OSD's statistics, and those of its PGs.
  func statisticsReport() async -> MPGStats {
    let answers = await shards.collect { ($0.reports(changedOnly: false), $0.pgCount) }
    let stats = answers.reduce(into: [PGID: PGStat]()) { $0.merge($1.0) { first, _ in first } }
    pgCount = answers.reduce(0) { $0 + $1.1 }
    let pools = Set(stats.keys.map { $0.pool })
    var usage: [Int64: StoreStatfs] = [:]
    for pool in pools.union(reports.pools) {
      usage[pool] = StoreStatfs(parts.store.statfs(pool: pool))
    }
    reports.pools = pools
    var osd = OSDStat()
    osd.statfs = StoreStatfs(parts.store.statfs())
    osd.upFrom = upFrom
    osd.shardsRepaired = shards.scrubs.shardsRepaired
    reports.sequence &+= 1
    osd.sequence = UInt64(upFrom) << 32 | UInt64(reports.sequence)
    osd.heartbeatPeers = heartbeats.peers.ids
    osd.pingTimes = heartbeats.peers.pingTimes
    osd.pgCount = UInt32(clamping: pgCount)
    // Omap is not counted by pool: readers take what deep scrubs counted in the PGs (`perPoolOmapOSDs` is 0).
    osd.perPoolOSDs = 1
    osd.commitLatencyMS = commitLatencyMS()
    osd.applyLatencyMS = osd.commitLatencyMS
    return MPGStats(
      paxos: PaxosHeader(UInt64(map.epoch)), fsid: identity.cluster, osd: osd, pgs: stats,
      epoch: map.epoch,
      pools: usage)
  }
}

extension StoreStatfs {
  init(_ usage: StoreUsage) {
    self.init(total: usage.total, available: usage.available)
    allocated = Int64(clamping: usage.allocated)
    dataStored = Int64(clamping: usage.stored)
    omapAllocated = Int64(clamping: usage.omap)
    internalMetadata = Int64(clamping: usage.metadata)
  }
}

extension OSD: MgrClientDelegate {
  package func mgrClient(_ client: MgrClient, prepares done: @escaping () -> Void) {
    nonisolated(unsafe) let done = done
    home.spawn { [self] in
      await refreshGauges()
      await lookAtSlowOps()
      done()
    }
  }

  package func mgrClientWantsStats(_ client: MgrClient) {
    guard state == .active else { return }
    home.spawn { [self] in
      client.send(RawMessage(encoding: await statisticsReport()))
    }
  }

  package func mgrClient(_ client: MgrClient, asksFor order: ScrubOrder) {
    guard order.fsid == identity.cluster else { return }
    log.write(.osd, 5, self, "scrub of \(order.pgs?.description ?? "all") is asked for")
    shards.requestScrub(order.pgs, isDeep: order.isDeep, isRepair: order.isRepair)
  }

  package func mgrClientHealth(_ client: MgrClient) -> [DaemonHealthMetric] {
    [
      DaemonHealthMetric(
        kind: DaemonHealthMetric.slowOps,
        value: UInt64(UInt32(clamping: reports.slowOps.count))
          | UInt64(UInt32(clamping: Int(reports.slowOps.oldest.inSeconds))) << 32)
    ]
  }

  package func mgrClientConfiguration(
    _ client: MgrClient
  ) -> (config: ByteSlice, defaults: ByteSlice) {
    (.empty, .empty)
  }
}
