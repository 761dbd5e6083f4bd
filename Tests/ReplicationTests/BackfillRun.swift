import Base
import Buffers
import ObjectStores
import Peering
import RadosTypes
import Reactors
import Replication
import TestKit
import Testing
import Wire

/// A primary that backfills some targets while clients write, everything in an order from a seed.
///
/// Messages to and from a target keep their order; nothing else does.
final class BackfillRun {
  typealias Versions = [HObject: EVersion]

  enum ToTarget {
    case write(Transaction)
    case remove([ObjectVersion])
    case push(PushOp)
    case scan(from: HObject)
    /// With what the primary had when it said so.
    case progress(HObject, Versions)
  }

  enum ToPrimary {
    case stored(HObject)
    case scanned(begin: HObject, end: HObject, BufferList)
  }

  final class Target {
    let harness: StoreHarness
    let collection: StoreCollection
    let pushes: PushTarget
    var inbox = Fifo<ToTarget>()
    var outbox = Fifo<ToPrimary>()
    /// Its statistics as the primary keeps them.
    var sum = ObjectStatSum()
    var beganEmpty = false

    init(_ harness: StoreHarness) async {
      self.harness = harness
      collection = await harness.makeCollection(StoreSamples.collection)
      pushes = PushTarget(
        pg: StoreSamples.pg, intervalSince: 1, store: harness.store, collection: collection)
    }
  }

  var random: SeededRandom
  let primary: StoreHarness
  let collection: StoreCollection
  let names: [HObject]
  let shards: [PGShard]
  var targets: [PGShard: Target] = [:]
  var settings = RecoverySettings()
  var log = PGLog()
  var objects: Versions = [:]
  /// What each object counts.
  var sums: [HObject: ObjectStatSum] = [:]
  var plan = BackfillPlan([PGShard(osd: 1): .min])
  var pushing: [HObject: ObjectPushes] = [:]
  /// A scan of the primary's copy: asked for, then begun with the log's head and done, then told.
  var scanAsked: HObject?
  var scanDone: BackfillInterval?

  init(seed: UInt64, targetCount: Int, reactor: Reactor) async throws {
    random = SeededRandom(seed: seed)
    shards = (1...targetCount).map { PGShard(osd: Int32($0)) }
    names = (0..<70).map { StoreSamples.object(ByteString("object \($0)")).object }.sorted()
    primary = try await Self.harness(reactor)
    collection = await primary.makeCollection(StoreSamples.collection)
    settings.scanMin = number(1...4)
    settings.scanMax = settings.scanMin + number(0...5)
    settings.chunkBytesMax = UInt64(number(500...6000))
    for shard in shards {
      targets[shard] = await Target(try await Self.harness(reactor))
    }
  }

  private static func harness(_ reactor: Reactor) async throws -> StoreHarness {
    let store = MemStore()
    try await store.mount(reactors: [reactor])
    return StoreHarness(store: store, reactor: reactor) { $0 }
  }

  func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  func chance(_ one: Int) -> Bool { number(1...one) == 1 }

  // MARK: Clients

  /// Writes an object, or removes it; the entry goes into the log.
  func write(isSent: Bool = true) async {
    let object = names[number(0...names.count - 1)]
    guard !plan.isInFlight(object) else { return }
    let version = EVersion(epoch: 2, version: log.head.version + 1)
    let prior = objects[object] ?? .zero
    let isDelete = prior != .zero && chance(4)
    log.append(
      PGLogEntry(isDelete ? .delete : .modify, object, version: version, priorVersion: prior))
    let old = sums[object] ?? ObjectStatSum()
    let transaction = change(object, version, isDelete: isDelete)
    await primary.commit(transaction, on: collection)
    objects[object] = isDelete ? nil : version
    var delta = sums[object] ?? ObjectStatSum()
    delta.bytes -= old.bytes
    delta.objects -= old.objects
    guard isSent else { return }
    plan.follow(delta, object)
    for (shard, target) in targets {
      let last = plan.lastBackfill[shard] ?? .max
      if object <= last { target.sum += delta }
      if object <= plan.lastBackfillStarted || object <= last {
        target.inbox.append(.write(transaction))
      }
    }
  }

  private func change(_ object: HObject, _ version: EVersion, isDelete: Bool) -> Transaction {
    var t = Transaction()
    let name = GHObject(object)
    guard !isDelete else {
      t.remove(name, in: t.pg)
      sums[object] = nil
      return t
    }
    var info = ObjectInfo(object)
    info.version = version
    info.size = UInt64(number(0...9000))
    t.remove(name, in: t.pg)
    t.write(name, in: t.pg, offset: 0, data: SampleObject(UInt64(number(0...99))).some(info.size))
    t.setAttribute(name, in: t.pg, ObjectInfo.attributeName, info.wire)
    if chance(3) {
      t.omapSet(name, in: t.pg, (0..<20).map { NamedValue(ByteString("k\($0)"), "\(version)") })
    }
    var sum = ObjectStatSum()
    sum.objects = 1
    sum.bytes = Int64(info.size)
    sums[object] = sum
    return t
  }

  // MARK: The primary

  /// As many steps as there is room for, then what comes of them.
  func turn() async throws {
    for _ in 0..<number(1...5) where plan.inFlight.count < 4 {
      let step = plan.next(log)
      plan.take(step)
      switch step {
      case .scanLocal(let from): scanAsked = from
      case .scanPeers(let positions):
        for (shard, from) in positions { targets[shard]?.inbox.append(.scan(from: from)) }
      case .remove(let object, let holders): #expect(objects[object] == nil && !holders.isEmpty)
      case .push(let object, let lacking):
        #expect(objects[object.object] == object.version)
        if !lacking.isEmpty { try await push(object, to: lacking.keys.sorted()) }
      case .wait, .end: break
      }
    }
    if chance(2) {
      for object in plan.uncounted { plan.count(object, sums[object] ?? ObjectStatSum()) }
    }
    advance()
  }

  private func push(_ object: ObjectVersion, to shards: [PGShard]) async throws {
    let attribute = try await primary.store.attribute(
      ObjectInfo.attributeName, of: GHObject(object.object), in: collection)
    let info = try ObjectInfo(wire: try #require(attribute))
    let missing = MissingItem(need: object.version, cleanRegions: .fullyDirty)
    let subsets = RecoverySubsets(bytes: info.size)
    let push = ObjectPush(info, object: object.object, missing: missing, subsets: subsets)
    pushing[object.object] = ObjectPushes(
      Dictionary(uniqueKeysWithValues: shards.map { ($0, push) }))
    for shard in shards { try await send(push, to: shard) }
  }

  private func send(_ push: ObjectPush, to shard: PGShard) async throws {
    var push = push
    let source = ObjectSource(store: primary.store, collection: collection, settings: settings)
    targets[shard]?.inbox.append(.push(try await push.next(from: source)))
    pushing[push.recovery.object]?.made(push, for: shard)
  }

  func advance() {
    let progress = plan.advance(log)
    for (shard, objects) in progress.removals { targets[shard]?.inbox.append(.remove(objects)) }
    for (shard, target) in targets {
      guard let moved = progress.moved[shard] else { continue }
      target.inbox.append(.progress(moved, objects.filter { $0.key <= moved }))
    }
    for (object, sum) in progress.completed { complete(object, sum) }
    for (shard, position) in progress.moved { reached[shard] = position }
  }

  /// Where the targets stood before the last move.
  var reached: [PGShard: HObject] = [:]

  private func complete(_ object: HObject, _ sum: ObjectStatSum) {
    for (shard, target) in targets where object > reached[shard] ?? .max { target.sum += sum }
  }
}

extension SampleObject {
  /// Bytes that depend on the seed alone.
  func some(_ count: UInt64) -> BufferList {
    var copy = self
    return copy.bytes(count)
  }
}
