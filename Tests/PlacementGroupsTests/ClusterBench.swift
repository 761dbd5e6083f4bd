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

/// The PG layers of several simulated OSDs, a model monitor and a client, on one clock.
///
/// Messages between two OSDs stay in order and take a seeded time; maps reach each OSD in order but not
/// at the same time. An OSD that is killed keeps what its store has.
final class ClusterBench: @unchecked Sendable {
  static let pool: Int64 = 2

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
  private var isMapDue = false
  private var changes: [(inout OSDMap.Contents) -> Void] = []
  /// The map in which a PG split off another.
  private var splitEpochs: [PGID: UInt32] = [:]

  init(seed: UInt64, osds count: Int, pgCount: UInt32 = 1, size: UInt8, minSize: UInt8 = 1) {
    world = SimWorld(seed: seed)
    log = Log(clock: world.clock, level: -1)
    monitor = world.makeReactor()
    client = ClusterClient(world.makeReactor())
    client.cluster = self
    contents.osds.resize(to: count)
    contents.flags = [.sortBitwise, .recoveryDeletes]
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

  // MARK: The network

  /// In order for each pair; dropped if one of the two dies meanwhile.
  func carry(_ message: RawMessage, from sender: SimOSD, to id: Int32) {
    let receiver = osds[Int(id)]
    let lives = (sender.life, receiver.life)
    guard receiver.isAlive else { return }
    nonisolated(unsafe) let bench = self
    sender.carry(to: id, delayOn: bench.monitor) {
      guard sender.life == lives.0, receiver.life == lives.1, receiver.isAlive else { return }
      receiver.receive(message, from: sender.id)
    }
  }
}

/// One simulated OSD: a store that outlives its processes, and a process at a time.
final class SimOSD: PGHost, @unchecked Sendable {
  let id: Int32
  unowned let cluster: ClusterBench
  let store = MemStore(capacity: 1 << 34)
  private(set) var shards: OSDShards!
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
    let log = cluster.log
    nonisolated(unsafe) let (osd, cluster) = (self, cluster)
    let ready = SlowStore(store, seed: UInt64(life) &* 31 &+ UInt64(id))
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

/// A client that sends each op until it is answered, and again when the map sends it elsewhere, as
/// librados does.
final class ClusterClient: OpSource, @unchecked Sendable {
  let peer = EntityName(.client, 4127)
  let peerAddress = EntityAddress.none
  let features = Features.pacific
  let isOpen = true
  unowned var cluster: ClusterBench!
  private let reactor: Reactor
  private var tid: UInt64 = 0
  private var pending: [UInt64: Pending] = [:]
  private(set) var replies: [UInt64: MOSDOpReply] = [:]
  /// Reads that replicas answered, and that they left to their primaries.
  private(set) var replicaReplies = 0
  private(set) var replicaRefusals = 0
  private var map: OSDMap?
  /// The process of each OSD to which ops were sent last.
  private var sessions: [Int32: Int] = [:]

  private struct Pending {
    var request: MOSDOp
    var placement: PGPlacement
    var interval: UInt32
    /// Whom it was sent to: the primary, or any copy if the request says so.
    var target: Int32
    /// It went to any copy at first.
    var wasAnyones: Bool

    mutating func choose(_ random: inout SeededRandom) {
      let isAnyones = !request.flags.isDisjoint(with: .anyCopy)
      target =
        (isAnyones ? placement.acting.filter { $0 >= 0 }.randomElement(using: &random) : nil)
        ?? placement.actingPrimary
    }
  }

  init(_ reactor: Reactor) { self.reactor = reactor }

  var isIdle: Bool { pending.isEmpty }
  /// What is not answered, for people.
  var pendingText: String {
    pending.sorted { $0.key < $1.key }.map { tid, op in
      "\(tid): \(op.request.pgID) e\(op.request.epoch) to \(op.placement.acting)"
    }.joined(separator: ", ")
  }

  /// Sends an op on an object; returns its number.
  @discardableResult
  func send(
    _ name: ByteString, _ ops: [OSDOp], flags: RequestFlags = [.onDisk]
  ) -> UInt64 {
    let map = cluster.map
    self.map = map
    tid += 1
    let hash = ObjectHash.hash(name: name, key: "", namespace: "")
    let pool = map.pool(ClusterBench.pool)!
    var request = MOSDOp(
      pgID: ShardPGID(PGID(pool: ClusterBench.pool, seed: pool.seed(ofHash: hash))),
      object: HObject(pool: ClusterBench.pool, hash: hash, name: name), ops: ops,
      epoch: map.epoch, flags: flags, tid: tid)
    request.mtime = UTime(seconds: 100)
    let placement = map.placement(of: request.pgID.pgID)
    pending[tid] = Pending(
      request: request, placement: placement, interval: map.epoch, target: -1,
      wasAnyones: !flags.isDisjoint(with: .anyCopy))
    pending[tid]?.choose(&cluster.random)
    transmit(tid)
    return tid
  }

  /// A new map: what is now somebody else's, or of another interval, is sent again, in order.
  func follow() {
    let next = cluster.map
    let before = map ?? next
    map = next
    for tid in pending.keys.sorted() {
      guard var op = pending[tid], let pool = next.pool(ClusterBench.pool) else { continue }
      let pgID = PGID(pool: ClusterBench.pool, seed: pool.seed(ofHash: op.request.object.hash))
      let placement = next.placement(of: pgID)
      let isMoved = pgID != op.request.pgID.pgID
      guard
        isMoved
          || next.startsInterval(of: pgID, after: before, from: op.placement, to: placement)
      else { continue }
      op.placement = placement
      op.request.pgID = ShardPGID(pgID)
      op.request.epoch = next.epoch
      op.choose(&cluster.random)
      pending[tid] = op
      transmit(tid)
    }
  }

  private func transmit(_ tid: UInt64) {
    guard let op = pending[tid], op.target >= 0 else { return }
    let osd = cluster.osds[Int(op.target)]
    guard osd.isAlive else { return }
    guard sessions[osd.id] == osd.life else { return beginSession(with: osd) }
    let raw = RawMessage(encoding: op.request, tid: tid)
    guard let arrived = try? raw.decode(MOSDOp.self) else { fatalError("op does not decode") }
    osd.shards.enqueue(
      ClientOp(
        arrived, from: self, cost: raw.byteCount, priority: 63, at: cluster.world.clock.now))
  }

  /// A new process has forgotten what was sent to the one before: all is sent again, in order.
  private func beginSession(with osd: SimOSD) {
    sessions[osd.id] = osd.life
    for tid in pending.keys.sorted() where pending[tid]?.target == osd.id {
      transmit(tid)
    }
  }

  func reply(_ message: RawMessage) {
    guard let reply = try? message.decode(MOSDOpReply.self) else {
      fatalError("a reply does not decode")
    }
    let tid = message.header.tid
    guard var op = pending.removeValue(forKey: tid) else { return }
    if reply.result == -11, op.wasAnyones {
      // A replica leaves it to the primary. It may have been sent to more than one, which all say so.
      replicaRefusals += 1
      let isFirst = !op.request.flags.isDisjoint(with: .anyCopy)
      op.request.flags.subtract(.anyCopy)
      if isFirst { op.choose(&cluster.random) }
      pending[tid] = op
      return isFirst ? transmit(tid) : ()
    }
    if op.target != op.placement.actingPrimary { replicaReplies += 1 }
    replies[tid] = reply
  }

  func allows(_ request: CapabilityRequest) -> Bool { true }

  /// Asks and waits; nil if there is no answer within a minute.
  func ask(_ name: ByteString, _ ops: OSDOp...) -> MOSDOpReply? {
    let tid = send(name, ops)
    guard cluster.run(for: .seconds(60), until: { self.replies[tid] != nil }) else { return nil }
    return replies[tid]
  }
}

extension RequestFlags {
  /// Of reads that need not go to the primary.
  static let anyCopy: RequestFlags = [.balanceReads, .localizeReads]
}
