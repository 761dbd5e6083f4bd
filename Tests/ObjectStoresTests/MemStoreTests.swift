import ObjectStores
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
}
