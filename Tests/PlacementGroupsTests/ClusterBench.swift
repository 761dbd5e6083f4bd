import Base
import Buffers
import ClusterMaps
import Foundation
import Messages
import ObjectStores
import Peering
import RadosTypes
import Reactors
import TestKit
import Testing
import Wire

@testable import PlacementGroups

/// The PG layers of several simulated OSDs, a model monitor and a client, on one clock.
///
/// Messages between two OSDs stay in order and take a seeded time; maps reach each OSD in order but not
/// at the same time. An OSD that is killed keeps what its store has.
final class ClusterBench: @unchecked Sendable {
  static let pool: Int64 = 2
  /// LOLIGO_SIM_LOG: how much the simulated OSDs write, to the standard error output; -1 without it.
  static let logLevel =
    ProcessInfo.processInfo.environment["LOLIGO_SIM_LOG"].flatMap { Int8($0) } ?? -1

  let world: SimWorld
  private(set) var osds: [SimOSD] = []
  private(set) var contents = OSDMap.Contents()
  private(set) var maps: [UInt32: OSDMap] = [:]
  let client: ClusterClient
  let log: Log
  /// The monitor's own reactor.
  let monitor: Reactor
  /// Errors and warnings in the cluster's log.
  private(set) var complaints: [String] = []
  /// Sees what an OSD sends to another; what it says true to does not arrive.
  var keepsBack: (RawMessage, Int32) -> Bool = { _, _ in false }
  private var isMapDue = false
  private var changes: [(inout OSDMap.Contents) -> Void] = []
  /// The map in which a PG split off another.
  private var splitEpochs: [PGID: UInt32] = [:]

  init(seed: UInt64, osds count: Int, pgCount: UInt32 = 1, size: UInt8, minSize: UInt8 = 1) {
    world = SimWorld(seed: seed)
    log = Log(clock: world.clock, level: Self.logLevel)
    monitor = world.makeReactor()
    client = ClusterClient(world.makeReactor())
    client.cluster = self
    contents.osds.resize(to: count)
    contents.flags = [.sortBitwise, .recoveryDeletes, .pgLogHardLimit]
    contents.epoch = 1
    contents.requireOSDRelease = .pacific
    contents.fullRatio = 0.95
    contents.backfillFullRatio = 0.9
    for id in 0..<count {
      contents.osds.states[id] = .exists
      contents.osds.weights[id] = 0x10000
      osds.append(SimOSD(Int32(id), self))
    }
    maps[1] = OSDMap(contents)
    for osd in osds { osd.start() }
    settle()
    var pool = Pool(kind: .replicated, size: size, pgCount: pgCount)
    pool.minSize = minSize
    pool.placementCount = pgCount
    pool.pgCountPending = pgCount
    change { [count] contents in
      contents.pools[Self.pool] = pool
      contents.poolNames[Self.pool] = "pool"
      contents.poolMax = 3
      for seed in 0..<pgCount {
        contents.pgUpmap[PGID(pool: Self.pool, seed: seed)] =
          (0..<Int(size)).map { Int32((Int(seed) + $0) % count) }
      }
    }
    settle()
    createPGs()
    settle()
  }

  var random: SeededRandom {
    get { world.clock.random }
    set { world.clock.random = newValue }
  }

  var map: OSDMap { maps[contents.epoch]! }

  /// Until nothing is left to be done, or this much time has passed: leases are renewed for ever.
  func settle(_ duration: Duration = .seconds(60)) { run(for: duration) }

  func run(for duration: Duration) {
    let end = world.clock.now + duration
    nonisolated(unsafe) var isOver = false
    monitor.schedule(after: duration) { isOver = true }
    world.run { isOver || world.clock.now > end }
  }

  /// False if it did not come to that within this time.
  func run(for duration: Duration, until isDone: () -> Bool) -> Bool {
    let end = world.clock.now + duration
    monitor.schedule(after: duration) {}
    world.run { isDone() || world.clock.now > end }
    return isDone()
  }

  // MARK: The monitor

  /// Changes the map soon, with all else that is to change by then.
  func change(_ body: @escaping (inout OSDMap.Contents) -> Void) {
    changes.append(body)
    guard !isMapDue else { return }
    isMapDue = true
    nonisolated(unsafe) let bench = self
    monitor.post { bench.monitor.schedule(after: .milliseconds(5)) { bench.publish() } }
  }

  private func publish() {
    isMapDue = false
    contents.epoch += 1
    for body in changes { body(&contents) }
    changes = []
    let map = OSDMap(contents)
    noteSplits(in: map)
    maps[map.epoch] = map
    for osd in osds { osd.follow(map.epoch) }
    client.follow()
  }

  private func noteSplits(in next: OSDMap) {
    guard let old = maps[next.epoch - 1]?.pool(Self.pool)?.pgCount,
      let new = next.pool(Self.pool)?.pgCount, new > old
    else { return }
    for seed in old..<new { splitEpochs[PGID(pool: Self.pool, seed: seed)] = next.epoch }
  }

  /// A stock OSD aborts when it is told something, in the map of a split, of what splits off there. A
  /// scrub's map bears the epoch in which its interval began, which is that one's.
  func expectTakeable(_ message: PeerMessage) {
    if case .scrubbed = message.body { return }
    #expect(
      splitEpochs[message.pgID.pgID] != message.epoch,
      "osd.\(message.osd) speaks of \(message.pgID) in the map in which it splits off")
  }

  func createPGs() {
    guard let pool = map.pool(Self.pool) else { return }
    for seed in 0..<pool.pgCount {
      let id = PGID(pool: Self.pool, seed: seed)
      let primary = map.placement(of: id).actingPrimary
      osds[Int(primary)].shards.create([
        PGCreation(pgID: ShardPGID(id), epoch: map.epoch, stamp: UTime(seconds: 1))
      ])
    }
  }

  func told(_ level: LogEntry.Level, _ text: String) {
    if level == .error || level == .warning { complaints.append(text) }
  }

  func forgetComplaints() { complaints = [] }

  func kill(_ id: Int) {
    osds[id].kill()
    nonisolated(unsafe) let bench = self
    monitor.post {
      bench.monitor.schedule(after: .milliseconds(50)) {
        guard !bench.osds[id].isAlive else { return }
        bench.change { contents in
          guard !bench.osds[id].isAlive else { return }
          contents.osds.states[id].remove(.up)
          contents.osds.infos[id].downAt = contents.epoch
        }
      }
    }
  }

  func restart(_ id: Int) { osds[id].start() }

  /// An OSD asks to be marked up; if the map still has its process before, that goes first, in a map of
  /// its own.
  func boot(_ osd: SimOSD) {
    let id = Int(osd.id)
    let life = osd.life
    change { [self] contents in
      guard osd.life == life, osd.isAlive else { return }
      guard !contents.osds.states[id].contains(.up) else {
        contents.osds.states[id].remove(.up)
        contents.osds.infos[id].downAt = contents.epoch
        monitor.post { self.boot(osd) }
        return
      }
      contents.osds.states[id].insert(.up)
      contents.osds.infos[id].upFrom = contents.epoch
      contents.osds.clusterAddresses[id] = osd.addresses
      contents.osds.clientAddresses[id] = osd.addresses
      osd.bootEpoch = contents.epoch
    }
  }

  func setUpThrough(_ id: Int32, _ epoch: UInt32) {
    change { contents in
      contents.osds.infos[Int(id)].upThrough = max(contents.osds.infos[Int(id)].upThrough, epoch)
    }
  }

  func setTemporary(_ pgID: PGID, _ acting: [Int32]) {
    change { contents in contents.pgTemp[pgID] = acting.isEmpty ? nil : acting }
  }

  /// osd.0 alone has what is written, and is gone; osd.1 and osd.2 know that they lack it.
  func leaveUnfound(_ write: () -> Void) {
    kill(1)
    kill(2)
    run(for: .seconds(40))
    write()
    // Logs are exchanged, objects are not.
    change { $0.flags.formUnion([.noRecover, .noBackfill]) }
    settle(.seconds(1))
    restart(1)
    restart(2)
    settle(.seconds(5))
    kill(0)
    settle(.seconds(30))
    change { $0.flags.subtract([.noRecover, .noBackfill]) }
    settle(.seconds(5))
  }

  // MARK: The network

  /// In order for each pair; dropped if one of the two dies meanwhile.
  func carry(_ message: RawMessage, from sender: SimOSD, to id: Int32) {
    let receiver = osds[Int(id)]
    let lives = (sender.life, receiver.life)
    guard receiver.isAlive, !keepsBack(message, id) else { return }
    nonisolated(unsafe) let bench = self
    sender.carry(to: id, delayOn: bench.monitor) {
      guard sender.life == lives.0, receiver.life == lives.1, receiver.isAlive else { return }
      receiver.receive(message, from: sender.id)
    }
  }
}
