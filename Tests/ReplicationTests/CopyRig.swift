import Base
import Buffers
import ObjectStores
import RadosTypes
import Reactors
import Replication
import TestKit
import Testing
import Wire

/// One PG in two stores: objects are copied from the one to the other.
final class CopyRig {
  let source: StoreHarness
  let target: StoreHarness
  let sourcePG: StoreCollection
  let targetPG: StoreCollection
  var settings = RecoverySettings()
  private(set) var pushTarget: PushTarget
  private var interval: UInt32 = 7

  init(_ source: StoreHarness, _ target: StoreHarness) async {
    self.source = source
    self.target = target
    sourcePG = await source.makeCollection(StoreSamples.collection)
    targetPG = await target.makeCollection(StoreSamples.collection)
    pushTarget = PushTarget(
      pg: StoreSamples.pg, intervalSince: interval, store: target.store, collection: targetPG)
  }

  static func run(_ body: @escaping (CopyRig) async throws -> Void) throws {
    let reactor = Reactor(driver: try EpollDriver())
    try StoreHarness.run(on: reactor) {
      var harnesses: [StoreHarness] = []
      for _ in 0..<2 {
        let store = MemStore()
        try await store.mount(reactors: [reactor])
        harnesses.append(StoreHarness(store: store, reactor: reactor) { $0 })
      }
      try await body(await CopyRig(harnesses[0], harnesses[1]))
    }
  }

  var objectSource: ObjectSource {
    ObjectSource(store: source.store, collection: sourcePG, settings: settings)
  }

  /// The other end's parts start over. What is unfinished is removed, or left behind as by a crash.
  func beginInterval(leavingParts: Bool = false) async throws {
    if !leavingParts {
      var transaction = Transaction()
      pushTarget.abandonAll(into: &transaction)
      await target.commit(transaction, on: targetPG)
    }
    interval += 1
    pushTarget = PushTarget(
      pg: StoreSamples.pg, intervalSince: interval, store: target.store, collection: targetPG)
  }

  // MARK: Copying

  /// One part into the target's store, by way of the wire.
  @discardableResult
  func receive(_ push: PushOp) async throws -> PushTarget.Received {
    var transaction = Transaction()
    let received = try await pushTarget.receive(try recoded(push), into: &transaction)
    await target.commit(transaction, on: targetPG)
    return received
  }

  func recoded(_ push: PushOp) throws -> PushOp {
    let decoded = try PushOp(wire: push.wire)
    #expect(decoded == push)
    return decoded
  }

  /// Pushes up to `partsMax` parts; returns how many there were, and whether that was all.
  func push(
    _ object: HObject, missing: MissingItem, subsets: RecoverySubsets? = nil,
    snapSet: SnapSet = SnapSet(), partsMax: Int = .max
  ) async throws -> (parts: Int, isDone: Bool) {
    let info = try await info(of: object)
    var push = ObjectPush(
      info, object: object, snapSet: snapSet, missing: missing,
      subsets: subsets
        ?? RecoverySubsets(
          head: info, object, SnapSet(), clean: missing.cleanRegions, settings, has: { _ in false })
    )
    var parts = 0
    while !push.isDone && parts < partsMax {
      let received = try await receive(try await push.next(from: objectSource))
      parts += 1
      #expect(received.isComplete == push.isDone)
      #expect(received.info == info)
    }
    #expect(!push.isDone || push.recovered.objectsRecovered == 1)
    return (parts, push.isDone)
  }

  func pull(
    _ pull: ObjectPull, clones: RecoverySubsets? = nil, partsMax: Int = .max
  ) async throws -> (parts: Int, isDone: Bool) {
    var pull = pull
    for parts in 1...partsMax {
      let request = try PullOp(wire: pull.request.wire)
      let (push, error) = await objectSource.answer(request)
      if let error { throw error }
      var transaction = Transaction()
      let received = try await pull.receive(
        try recoded(push), clones: clones, target: pushTarget, into: &transaction)
      await target.commit(transaction, on: targetPG)
      if received.isComplete { return (parts, true) }
    }
    return (partsMax, false)
  }

  func pull(
    _ object: HObject, missing: MissingItem, partsMax: Int = .max
  ) async throws -> (parts: Int, isDone: Bool) {
    try await pull(
      ObjectPull(object, missing, version: missing.need, from: PGShard(osd: 1)), partsMax: partsMax)
  }

  // MARK: Looking

  func info(of object: HObject) async throws -> ObjectInfo {
    let attribute = try await source.store.attribute(
      ObjectInfo.attributeName, of: GHObject(object), in: sourcePG)
    return try ObjectInfo(wire: try #require(attribute))
  }

  /// The object is the same here and there, in all four parts and in its holes.
  func expectEqual(_ object: HObject, holesToo: Bool = true) async throws {
    let name = GHObject(object)
    let (one, other) = (source.store, target.store)
    #expect(try await one.stat(name, in: sourcePG)?.size == other.stat(name, in: targetPG)?.size)
    #expect(try await one.read(name, in: sourcePG) == other.read(name, in: targetPG))
    #expect(
      try await one.attributes(of: name, in: sourcePG) == other.attributes(of: name, in: targetPG))
    #expect(
      try await one.omapHeader(of: name, in: sourcePG) == other.omapHeader(of: name, in: targetPG))
    let omap = try await one.omapEntries(of: name, in: sourcePG)
    #expect(try await omap == other.omapEntries(of: name, in: targetPG))
    guard holesToo else { return }
    let extents = try await one.extents(name, in: sourcePG, offset: 0, length: .max)
    #expect(try await extents == other.extents(name, in: targetPG, offset: 0, length: .max))
  }

  /// Nothing but these objects is in the target.
  func expectOnly(_ objects: [HObject]) async throws {
    let found = try await target.store.list(targetPG)
    #expect(found == objects.map { GHObject($0) }.sorted())
  }
}
