import BlockStore
import KeyValue
import ObjectStores
import StoreSimulation
import TestKit
import Testing

extension SimMedia {
  /// One life of a store on this medium. It ends with a crash, which keeps nothing of what was not flushed,
  /// the index neither.
  func withStore(_ body: @escaping (BlockStore, SimDevice) async throws -> Void) throws {
    let world = SimWorld(seed: 1)
    let reactor = world.makeReactor()
    let media = SimStoreMedia(self, keyValue: MemoryKeyValue(), world: world)
    let store = BlockStore(media: media, options: BlockStoreOptions()) { _ in }
    var outcome: Result<Void, any Error>?
    reactor.spawn {
      do {
        try await store.mount(reactors: [reactor])
        try await body(store, media.devices[0])
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
    }
    world.run { outcome != nil }
    try #require(outcome).get()
    media.crash(keepingLog: false, keepingData: false)
    world.run { false }
  }
}

extension BlockStore {
  func commit(_ transaction: Transaction, on handle: StoreCollection) async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      queue(transaction, on: handle) { continuation.resume() }
    }
  }
}
