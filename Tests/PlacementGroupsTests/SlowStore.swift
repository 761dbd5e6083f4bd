import Base
import Buffers
import ObjectStores
import RadosTypes
import Reactors

/// A store whose reads take a seeded random time, so that whoever awaits them resumes in any order.
final class SlowStore: ObjectStore, @unchecked Sendable {
  private let store: MemStore
  private var random: SeededRandom
  /// Reads of data that begin now have them at once, but take this long to say so.
  var dataDelay: Duration?
  /// As with a damaged index.
  var failsLists = false

  init(_ store: MemStore, seed: UInt64) {
    self.store = store
    random = SeededRandom(seed: seed)
  }

  private func pause(_ collection: StoreCollection) async {
    guard UInt64.random(in: 0..<4, using: &random) > 0 else { return }
    await wait(.microseconds(Int64.random(in: 0..<200, using: &random)), collection)
  }

  private func wait(_ delay: Duration, _ collection: StoreCollection) async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      collection.reactor.schedule(after: delay) { continuation.resume() }
    }
  }

  func mount(reactors: [Reactor]) async throws(StoreError) {
    try await store.mount(reactors: reactors)
  }
  func unmount() async throws(StoreError) { try await store.unmount() }
  func collections() -> [CollectionID] { store.collections() }
  func open(_ id: CollectionID) -> StoreCollection? { store.open(id) }
  func createHandle(_ id: CollectionID, beside sibling: StoreCollection?) -> StoreCollection {
    store.createHandle(id, beside: sibling)
  }

  func queue(
    _ transaction: consuming Transaction, on collection: StoreCollection,
    onCommit: @escaping () -> Void
  ) { store.queue(transaction, on: collection, onCommit: onCommit) }

  func stat(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> ObjectStat? {
    await pause(collection)
    return try await store.stat(object, in: collection)
  }

  func read(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  )
    async throws(StoreError) -> BufferList
  {
    guard let dataDelay else {
      await pause(collection)
      return try await store.read(object, in: collection, offset: offset, length: length)
    }
    let data = try await store.read(object, in: collection, offset: offset, length: length)
    await wait(dataDelay, collection)
    return data
  }

  func extents(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  )
    async throws(StoreError) -> [DataExtent]
  {
    await pause(collection)
    return try await store.extents(object, in: collection, offset: offset, length: length)
  }

  func attribute(
    _ name: ByteString, of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> ByteSlice?
  {
    await pause(collection)
    return try await store.attribute(name, of: object, in: collection)
  }

  func attributes(
    of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> [NamedValue]
  {
    await pause(collection)
    return try await store.attributes(of: object, in: collection)
  }

  func omapHeader(
    of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> ByteSlice
  {
    await pause(collection)
    return try await store.omapHeader(of: object, in: collection)
  }

  func omapValues(
    _ keys: [ByteString], of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> [NamedValue]
  {
    await pause(collection)
    return try await store.omapValues(keys, of: object, in: collection)
  }

  func omapEntries(
    of object: GHObject, in collection: StoreCollection, start: OmapStart, prefix: ByteString,
    maxEntries: Int, maxBytes: Int
  ) async throws(StoreError) -> OmapPage {
    await pause(collection)
    return try await store.omapEntries(
      of: object, in: collection, start: start, prefix: prefix, maxEntries: maxEntries,
      maxBytes: maxBytes)
  }

  func list(
    _ collection: StoreCollection, from: GHObject, to: GHObject, max: Int
  )
    async throws(StoreError) -> (objects: [GHObject], next: GHObject)
  {
    await pause(collection)
    if failsLists { throw .damaged("list", "\(collection.id): injected") }
    return try await store.list(collection, from: from, to: to, max: max)
  }

  func statfs() -> StoreUsage { store.statfs() }
  func statfs(pool: Int64) -> StoreUsage { store.statfs(pool: pool) }
}
