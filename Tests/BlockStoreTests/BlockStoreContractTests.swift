import Base
import BlockStore
import ObjectStores
import Reactors
import StoreSimulation
import TestKit
import Testing

@Suite struct BlockStoreContractTests {
  private func run(
    seed: UInt64, options: BlockStoreOptions = BlockStoreOptions(),
    _ body: @escaping (StoreHarness) async throws -> Void
  ) throws {
    let world = SimWorld(seed: seed)
    let reactor = world.makeReactor()
    let format = SimStoreMedia.smallFormat(partitions: 4, logBytes: 4 << 20)
    let medium = SimMedia(byteCount: 256 << 20)
    try SimStoreMedia.format(medium, format, id: seed)
    let media = SimStoreMedia(medium, world: world)
    let store = BlockStore(media: media, options: options) {
      Issue.record("the store failed: \($0)")
    }
    var outcome: Result<Void, any Error>?
    reactor.spawn {
      do {
        try await store.mount(reactors: [reactor])
        let harness = StoreHarness(store: store, reactor: reactor) { store in
          try await Self.check(store)
          try await store.unmount()
          try await store.mount(reactors: [reactor])
          return store
        }
        try await body(harness)
        try await Self.check(harness.store)
        try await harness.store.unmount()
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
    }
    world.run { outcome != nil }
    try #require(outcome, "the case never ended").get()
  }

  private static func check(_ store: any ObjectStore) async throws {
    let report = try await (store as! BlockStore).check(deep: true)
    #expect(report.errors == [])
  }

  @Test(arguments: StoreConformance.cases)
  func `keeps the contract`(_ example: StoreConformance.Case) throws {
    try run(seed: 1, example.body)
  }

  @Test(arguments: StoreConformance.cases)
  func `keeps the contract with nothing in memory`(_ example: StoreConformance.Case) throws {
    var options = BlockStoreOptions()
    options.onodeCacheBytes = 0
    options.dataCacheBytes = 0
    options.overlayBytes = 64 << 10
    options.patchesMax = 4
    try run(seed: 2, options: options, example.body)
  }

  @Test(arguments: [6])
  func `does what plain arrays do`(seed: UInt64) throws {
    var options = BlockStoreOptions()
    if seed % 2 == 0 {
      options.onodeCacheBytes = 4096
      options.dataCacheBytes = seed % 4 == 0 ? 0 : 64 << 10
      options.overlayBytes = 256 << 10
      options.patchesMax = 8
    }
    try run(seed: seed, options: options) { harness in
      var model = await StoreModelRun(harness, seed: seed)
      try await model.run(transactions: 150)
    }
  }
}
