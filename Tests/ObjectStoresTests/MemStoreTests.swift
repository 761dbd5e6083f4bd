import Base
import Buffers
import Glibc
import ObjectStores
import RadosTypes
import Reactors
import TestKit
import Testing

@Suite struct MemStoreTests {
  private func run(_ body: @escaping (StoreHarness) async throws -> Void) throws {
    let reactor = Reactor(driver: try EpollDriver())
    let store = MemStore()
    try StoreHarness.run(on: reactor) {
      try await store.mount(reactors: [reactor])
      let harness = StoreHarness(store: store, reactor: reactor) { store in
        try await store.unmount()
        try await store.mount(reactors: [reactor])
        return store
      }
      try await body(harness)
    }
  }

  @Test(arguments: StoreConformance.cases)
  func `keeps the contract`(_ example: StoreConformance.Case) throws {
    try run(example.body)
  }

  @Test(arguments: 1...12)
  func `does what plain arrays do`(seed: UInt64) throws {
    try run { harness in
      var model = await StoreModelRun(harness, seed: seed)
      try await model.run(transactions: 150)
    }
  }

  @Test func `collections on two reactors work side by side`() throws {
    let reactors = try (0..<2).map { Reactor(index: $0, driver: try EpollDriver()) }
    for reactor in reactors { try reactor.start() }
    defer {
      for reactor in reactors { reactor.stop() }
      for reactor in reactors { reactor.join() }
    }
    let store = MemStore()
    let outcomes = Outcomes()
    reactors[0].spawn {
      try? await store.mount(reactors: reactors)
      for seed in 0..<12 as Range<UInt32> {
        let handle = store.createHandle(StoreSamples.pg(seed), beside: nil)
        handle.reactor.spawn { outcomes.add(await Self.write(to: handle, of: store)) }
      }
    }
    for _ in 0..<12_000 where outcomes.count < 12 { usleep(10_000) }
    #expect(outcomes.count == 12)
    #expect(outcomes.failures == [])
    #expect(store.collections().count == 12)
    #expect(Set(store.collections().compactMap { store.open($0)?.reactor.index }) == [0, 1])
    #expect(store.statfs().stored == 12 * 50 * 1000)
  }

  /// nil: all went well.
  private static func write(to c: StoreCollection, of store: MemStore) async -> String? {
    let harness = StoreHarness(store: store, reactor: c.reactor) { store in store }
    do {
      await harness.commit(on: c) { $0.createCollection(c.id, bits: 4) }
      for number in 0..<50 {
        let object = StoreSamples.object(ByteString("o\(number)"))
        let bytes = StoreSamples.bytes(1000, seed: UInt64(number))
        await harness.commit(on: c) {
          $0.write(object, in: c.id, offset: 0, data: BufferList(bytes))
        }
        try harness.expect(c.reactor.isCurrent, "a commit came on another reactor")
        try await harness.expectData(object, in: c, bytes)
      }
      try harness.expectEqual(try await store.list(c).count, 50, "objects")
      return nil
    } catch {
      return "\(error)"
    }
  }

  private final class Outcomes: @unchecked Sendable {
    private let lock = Lock()
    private var all: [String?] = []

    func add(_ outcome: String?) { lock.withLock { all.append(outcome) } }
    var count: Int { lock.withLock { all.count } }
    var failures: [String] { lock.withLock { all.compactMap { $0 } } }
  }

  @Test(arguments: [
    "remove of a collection with objects", "create twice", "clone of nothing",
    "rename onto another",
    "attribute of nothing", "past the end of the world", "range past the source",
  ])
  func `what cannot be applied ends the store`(what: String) throws {
    let reactor = Reactor(driver: try EpollDriver())
    let outcomes = Outcomes()
    let store = MemStore { outcomes.add("\($0.errno)") }
    try StoreHarness.run(on: reactor) {
      try await store.mount(reactors: [reactor])
      let harness = StoreHarness(store: store, reactor: reactor) { store in store }
      let id = StoreSamples.collection
      let c = await harness.makeCollection(id)
      let (a, b) = (StoreSamples.object("a", hash: 1), StoreSamples.object("b", hash: 1))
      await harness.commit(on: c) { $0.touch(a, in: id) }
      var bad = Transaction()
      switch what {
      case "remove of a collection with objects": bad.removeCollection(id)
      case "create twice": bad.createCollection(id, bits: 0)
      case "clone of nothing": bad.clone(b, in: id, to: a)
      case "rename onto another":
        bad.touch(b, in: id)
        bad.tryRename(a, in: id, to: b)
      case "attribute of nothing": bad.setAttribute(b, in: id, "x", ByteSlice.empty)
      case "past the end of the world":
        bad.write(a, in: id, offset: Limits.objectBytesMax, data: BufferList([1]))
      default: bad.cloneRange(a, in: id, offset: 0, length: 1, to: b, at: 0)
      }
      store.queue(bad, on: c) { outcomes.add("committed") }
      // Nothing is acknowledged any more.
      var good = Transaction()
      good.touch(a, in: id)
      store.queue(good, on: c) { outcomes.add("committed") }
    }
    for _ in 0..<10 { reactor.runOnce() }
    #expect(outcomes.count == 1)
    #expect(outcomes.failures != ["committed"])
  }
}
