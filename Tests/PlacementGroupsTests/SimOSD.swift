import Base
import Buffers
import ClusterMaps
import Messages
import ObjectStores
import Peering
import RadosTypes
import Reactors
import TestKit
import Testing
import Wire

@testable import PlacementGroups

/// One simulated OSD: a store that outlives its processes, and a process at a time.
final class SimOSD: PGHost, @unchecked Sendable {
  let id: Int32
  unowned let cluster: ClusterBench
  let store = MemStore(capacity: 1 << 34)
  private(set) var shards: OSDShards!
  /// The present process's way to `store`.
  private(set) var slowStore: SlowStore!
  private(set) var isAlive = false
  /// Counts its processes.
  private(set) var life = 0
  var bootEpoch: UInt32?
  private var reactor: Reactor!
  private var published: UInt32 = 0
  private var isFollowing = false
  private var lastArrival: [Int32: Instant] = [:]
  private(set) var deleted: [ShardPGID] = []
  private var mergeReports = MergeReports()
  /// How many of its processes ended by themselves.
  private(set) var failures = 0

  init(_ id: Int32, _ cluster: ClusterBench) {
    self.id = id
    self.cluster = cluster
  }

  var addresses: EntityAddresses {
    var address = EntityAddress(kind: .v2, ipv4: (127, 0, 0, 1), port: UInt16(7000 + id))
    address.nonce = UInt32(life)
    return EntityAddresses(address)
  }

  func start() {
    life += 1
    isAlive = true
    bootEpoch = nil
    mergeReports = MergeReports()
    reactor = cluster.world.makeReactor()
    var settings = PGSettings(whoami: id)
    settings.log.entriesMin = 20
    settings.log.entriesPerOSD = 0
    settings.log.trimMin = 5
    settings.peering.debugLevel = max(1, Int(ClusterBench.logLevel))
    let log = cluster.log
    nonisolated(unsafe) let (osd, cluster) = (self, cluster)
    let ready = SlowStore(store, seed: UInt64(life) &* 31 &+ UInt64(id))
    slowStore = ready
    shards = OSDShards(
      reactors: [reactor], store: ready, settings: settings, log: log, host: self)
    published = cluster.contents.epoch
    let first = cluster.maps[published]!
    reactor.spawn {
      do {
        try await ready.mount(reactors: [osd.reactor])
        _ = try await osd.shards.loadPGs(first)
      } catch { fatalError("osd.\(osd.id): \(error)") }
      cluster.boot(osd)
    }
  }

  func kill() {
    guard isAlive else { return }
    isAlive = false
    cluster.world.remove(reactor)
  }

  /// Takes maps one after another, each after a while.
  func follow(_ epoch: UInt32) {
    guard isAlive, !isFollowing else { return }
    isFollowing = true
    let life = life
    let delay = Duration.microseconds(Int64.random(in: 0..<20_000, using: &cluster.random))
    nonisolated(unsafe) let osd = self
    cluster.monitor.schedule(after: delay) {
      osd.isFollowing = false
      guard osd.isAlive, let next = osd.cluster.maps[osd.published + 1] else { return }
      if osd.life == life {
        osd.published += 1
        osd.mergeReports.prune(next)
        let isUp = next.isUp(osd.id) && next.clusterAddresses(osd.id) == osd.addresses
        osd.shards.publish(next, bootEpoch: isUp ? osd.bootEpoch : nil)
      }
      if osd.published < osd.cluster.contents.epoch { osd.follow(osd.cluster.contents.epoch) }
    }
  }

  func receive(_ message: RawMessage, from osd: Int32) {
    do {
      guard let said = try PeerMessage.decode(message, from: osd) else {
        fatalError("osd.\(id) cannot take \(message.type)")
      }
      for message in said {
        cluster.expectTakeable(message)
        shards.enqueue(message)
      }
    } catch { fatalError("osd.\(id): \(message.type) does not decode: \(error)") }
  }

  func carry(to peer: Int32, delayOn reactor: Reactor, _ arrive: @escaping () -> Void) {
    let delay = Duration.microseconds(Int64.random(in: 20..<800, using: &cluster.random))
    let at = max(cluster.world.clock.now + delay, lastArrival[peer] ?? cluster.world.clock.now)
    lastArrival[peer] = at + .nanoseconds(1)
    nonisolated(unsafe) let arrive = arrive
    reactor.post { reactor.schedule(after: at - reactor.clock.now) { arrive() } }
  }

  // MARK: PGHost

  func wantMap(_ epoch: UInt32) {}
  func map(_ epoch: UInt32) async -> OSDMap? { cluster.maps[epoch] }
  func wantUpThrough(_ epoch: UInt32) { cluster.setUpThrough(id, epoch) }
  func wantPGTemp(_ pgID: PGID, _ acting: [Int32]?) {
    if let acting { cluster.setTemporary(pgID, acting) }
  }
  func pgCreated(_ pgID: PGID) {}
  func pgDeleted(_ pgID: ShardPGID) { deleted.append(pgID) }
  func mergeReadiness(_ pgID: PGID, _ readiness: MergeReadiness) {
    mergeReports.note(pgID, readiness)
    for report in mergeReports.take(epoch: published) { cluster.mayMerge(report) }
  }
  /// All are on one clock, but no heartbeats could tell this so exactly.
  func clock(of osd: Int32) -> ClockDelta {
    let most = TimeSpan(nanoseconds: 1_000_000)
    return ClockDelta(lowerBound: .zero - most, upperBound: most)
  }
  /// As a real one: the process is gone, and starts again only if it is told to.
  func fail() {
    failures += 1
    cluster.kill(Int(id))
  }

  func tell(_ level: LogEntry.Level, _ text: String) { cluster.told(level, text) }

  func send(_ message: RawMessage, to osd: Int32, _ epoch: UInt32) {
    guard let map = cluster.maps[published], map.isUp(osd), map.upFrom(osd) <= epoch else { return }
    // As it arrives: with data in one run.
    cluster.carry(message, from: self, to: osd)
  }
}
