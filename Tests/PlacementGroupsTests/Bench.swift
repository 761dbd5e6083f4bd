import Base
import Buffers
import ClusterMaps
import Messages
import ObjectStores
import Peering
import PlacementGroups
import RadosTypes
import Reactors
import TestKit
import Wire

/// One simulated OSD's PG layer on a memory store, a client, and the monitor's part.
final class Bench {
  static let pool: Int64 = 2

  let world: SimWorld
  let reactors: [Reactor]
  let store: any ObjectStore
  let host = RecordingHost()
  let client = RecordingClient()
  private(set) var shards: OSDShards
  private(set) var contents = OSDMap.Contents()
  var settings = PGSettings(whoami: 0)
  private var tid: UInt64 = 0
  let log: Log

  init(
    seed: UInt64 = 1, pgCount: UInt32 = 1, reactors count: Int = 1, settings: PGSettings? = nil,
    capacity: UInt64 = 1 << 34, isSlow: Bool = false, isEmpty: Bool = false,
    on makeStore: ((SimWorld) -> any ObjectStore)? = nil
  ) {
    world = SimWorld(seed: seed)
    let world = world
    reactors = (0..<count).map { _ in world.makeReactor() }
    log = Log(clock: world.clock, level: -1)
    let memory = MemStore(capacity: capacity)
    let plain: any ObjectStore = isSlow ? SlowStore(memory, seed: seed) : memory
    store = makeStore?(world) ?? plain
    if let settings { self.settings = settings }
    shards = OSDShards(
      reactors: reactors, store: store, settings: self.settings, log: log, host: host)
    contents.osds.resize(to: 1)
    contents.osds.states[0] = [.exists, .up]
    contents.osds.weights[0] = 0x10000
    contents.flags = [.sortBitwise, .recoveryDeletes, .pgLogHardLimit]
    contents.epoch = 10
    contents.requireOSDRelease = .pacific
    mount()
    setPool(pgCount: pgCount)
    publish()
    if !isEmpty { createPGs() }
  }

  // MARK: Running

  func run(_ body: @escaping @Sendable () async throws -> Void) throws {
    nonisolated(unsafe) var outcome: Result<Void, any Error>?
    reactors[0].spawn {
      do {
        try await body()
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
    }
    world.run { outcome != nil }
    try outcome?.get()
  }

  /// Until all that is going on must be over; leases are renewed for ever.
  func settle() {
    let end = world.clock.now + .seconds(2)
    reactors[0].schedule(after: .seconds(2)) {}
    world.run { world.clock.now > end }
  }

  private func mount() {
    nonisolated(unsafe) let bench = self
    try? run { try await bench.store.mount(reactors: bench.reactors) }
  }

  /// The daemon dies and starts again: what the store has is what is left.
  func restart() throws {
    nonisolated(unsafe) let bench = self
    mount()
    shards = OSDShards(reactors: reactors, store: store, settings: settings, log: log, host: host)
    try run { _ = try await bench.shards.loadPGs(OSDMap(bench.contents)) }
    bumpEpoch()
    publish()
  }

  // MARK: Maps

  func setPool(pgCount: UInt32, _ change: (inout Pool) -> Void = { _ in }) {
    var pool = contents.pools[Self.pool] ?? Pool(kind: .replicated, size: 1, pgCount: pgCount)
    pool.minSize = 1
    pool.flags.insert(.creating)
    pool.pgCount = pgCount
    pool.placementCount = pgCount
    pool.pgCountPending = pgCount
    change(&pool)
    contents.pools[Self.pool] = pool
    contents.poolNames[Self.pool] = "pool"
    contents.poolMax = 3
    for seed in 0..<pgCount { contents.pgUpmap[PGID(pool: Self.pool, seed: seed)] = [0] }
  }

  /// The pool gets more PGs; those that split off peer from the map after.
  func split(to pgCount: UInt32) {
    bumpEpoch()
    setPool(pgCount: pgCount)
    publish()
    bumpEpoch()
    publish()
  }

  func removePool() { contents.pools[Self.pool] = nil }
  func bumpEpoch() { contents.epoch += 1 }
  func change(_ body: (inout OSDMap.Contents) -> Void) { body(&contents) }

  /// The map as it stands, with this OSD known to be alive in its epoch.
  func publish() {
    publishNow()
    settle()
  }

  /// As `publish`, while what is going on goes on.
  func publishNow() {
    contents.osds.infos[0].upThrough = contents.epoch
    let map = OSDMap(contents)
    host.maps[map.epoch] = map
    shards.publish(map, bootEpoch: 1)
  }

  func createPGs() {
    let pool = contents.pools[Self.pool]!
    shards.create(
      (0..<pool.pgCount).map {
        PGCreation(
          pgID: ShardPGID(PGID(pool: Self.pool, seed: $0)), epoch: contents.epoch,
          stamp: UTime(seconds: 1))
      })
    settle()
  }

  // MARK: Asking

  func request(
    _ name: ByteString, _ ops: [OSDOp], namespace: ByteString = "", key: ByteString = "",
    flags: RequestFlags = [.onDisk]
  ) -> MOSDOp {
    let hash = ObjectHash.hash(name: name, key: key, namespace: namespace)
    let pool = contents.pools[Self.pool] ?? Pool(kind: .replicated, size: 1, pgCount: 1)
    tid += 1
    var request = MOSDOp(
      pgID: ShardPGID(PGID(pool: Self.pool, seed: pool.seed(ofHash: hash))),
      object: HObject(pool: Self.pool, hash: hash, name: name, key: key, namespace: namespace),
      ops: ops, epoch: contents.epoch, flags: flags, tid: tid)
    request.mtime = UTime(seconds: 100)
    return request
  }

  func send(_ request: MOSDOp, from source: RecordingClient? = nil) {
    // As it arrives: through the wire form.
    let raw = RawMessage(encoding: request, tid: request.tid)
    guard let arrived = try? raw.decode(MOSDOp.self) else {
      fatalError("a request does not decode")
    }
    shards.enqueue(
      ClientOp(
        arrived, from: source ?? client, cost: raw.byteCount, priority: 63, at: world.clock.now))
  }

  /// Sends and waits; nil if there is no answer.
  @discardableResult
  func ask(_ request: MOSDOp) -> MOSDOpReply? {
    send(request)
    settle()
    return client.reply(to: request.tid)
  }

  @discardableResult
  func ask(_ name: ByteString, _ ops: OSDOp..., flags: RequestFlags = [.onDisk]) -> MOSDOpReply? {
    ask(request(name, ops, flags: flags))
  }

  func stats() -> [PGID: PGStat] {
    nonisolated(unsafe) let bench = self
    nonisolated(unsafe) var all: [PGID: PGStat] = [:]
    try? run {
      for reports in await bench.shards.collect({ $0.reports(changedOnly: false) }) {
        for (id, stat) in reports { all[id] = stat }
      }
    }
    return all
  }
}

final class RecordingHost: PGHost, @unchecked Sendable {
  var wantedMaps: [UInt32] = []
  var wantedUpThrough: [UInt32] = []
  var created: [PGID] = []
  var deleted: [ShardPGID] = []

  var maps: [UInt32: OSDMap] = [:]

  func wantMap(_ epoch: UInt32) { wantedMaps.append(epoch) }
  func map(_ epoch: UInt32) async -> OSDMap? { maps[epoch] }
  func wantPGTemp(_ pgID: PGID, _ acting: [Int32]?) {}
  func mergeReadiness(_ pgID: PGID, _ readiness: MergeReadiness) {}
  func tell(_ level: LogEntry.Level, _ text: String) {}
  func clock(of osd: Int32) -> ClockDelta { ClockDelta() }
  func fail() { fatalError("osd.0 would stop") }
  func send(_ message: RawMessage, to osd: Int32, _ epoch: UInt32) {
    fatalError("osd.0 is alone, and sends \(message.type) to osd.\(osd)")
  }
  func wantUpThrough(_ epoch: UInt32) { wantedUpThrough.append(epoch) }
  func pgCreated(_ pgID: PGID) { created.append(pgID) }
  func pgDeleted(_ pgID: ShardPGID) { deleted.append(pgID) }
}

final class RecordingClient: OpSource, @unchecked Sendable {
  let peer: EntityName
  var peerAddress = EntityAddress.none
  var features = Features.pacific
  var isOpen = true
  var allowed = true
  /// In the order in which they came.
  var replies: [(tid: UInt64, reply: MOSDOpReply)] = []

  init(number: Int64 = 4127) { peer = EntityName(.client, number) }

  func reply(_ message: RawMessage) {
    guard let reply = try? message.decode(MOSDOpReply.self) else {
      fatalError("a reply does not decode")
    }
    replies.append((message.header.tid, reply))
  }

  func reply(to tid: UInt64) -> MOSDOpReply? { replies.last { $0.tid == tid }?.reply }
  var allowsAll: Bool { false }
  func allows(_ request: CapabilityRequest) -> Bool { allowed }
}

extension OSDOp {
  static func write(_ offset: UInt64, _ text: String) -> OSDOp {
    data(.write, offset, Array(text.utf8))
  }

  static func writeFull(_ text: String) -> OSDOp { data(.writeFull, 0, Array(text.utf8)) }
  static func append(_ text: String) -> OSDOp { data(.append, 0, Array(text.utf8)) }

  static func data(_ code: OpCode, _ offset: UInt64, _ bytes: [UInt8]) -> OSDOp {
    var op = OSDOp(code, indata: BufferList(bytes))
    op.extent = OSDOp.Extent(offset: offset, length: UInt64(bytes.count))
    return op
  }

  static func extent(_ code: OpCode, _ offset: UInt64 = 0, _ length: UInt64 = 0) -> OSDOp {
    var op = OSDOp(code)
    op.extent = OSDOp.Extent(offset: offset, length: length)
    return op
  }

  static func read(_ offset: UInt64 = 0, _ length: UInt64 = 0) -> OSDOp {
    extent(.read, offset, length)
  }

  static func attribute(
    _ code: OpCode, _ name: String, _ value: String = "", comparison: UInt8 = 0, mode: UInt8 = 0
  ) -> OSDOp {
    var op = OSDOp(code, indata: BufferList(Array(name.utf8) + Array(value.utf8)))
    op.attribute = OSDOp.Attribute(
      nameCount: UInt32(name.utf8.count), valueCount: UInt32(value.utf8.count),
      comparison: comparison, mode: mode)
    return op
  }

  static func encoded(_ code: OpCode, _ body: (inout WireWriter) -> Void) -> OSDOp {
    var writer = WireWriter()
    body(&writer)
    return OSDOp(code, indata: writer.finishList())
  }

  func with(_ flags: OpFlags) -> OSDOp {
    var op = self
    op.flags = flags
    return op
  }
}

extension MOSDOpReply {
  var text: String { ops.map { $0.outdata.contiguous().text }.joined() }
}

extension String {
  var name: ByteString { ByteString(self) }
}
