import Buffers
import ObjectStores
import RadosTypes
import Reactors

/// A store that some objects' data or metadata cannot be read from, for tests of what is done about that.
///
/// An object is whole again when it is removed or emptied, as a repair does. Confined to the reactors of
/// its collections, like the store beneath. Ceph: `ObjectStore::inject_data_error`,
/// `inject_mdata_error`.
final class DamagedStore: ObjectStore, @unchecked Sendable {
  private let store: any ObjectStore
  private var damaged: Set<GHObject> = []
  private var unknown: Set<GHObject> = []

  init(_ store: any ObjectStore) { self.store = store }

  func failReads(of object: GHObject) { damaged.insert(object) }

  /// Its size and attributes, that is.
  func failMetadata(of object: GHObject) { unknown.insert(object) }

  private func check(_ object: GHObject) throws(StoreError) {
    if !damaged.isEmpty, damaged.contains(object) { throw .damaged("read", "\(object): injected") }
  }

  private func checkMetadata(_ object: GHObject) throws(StoreError) {
    if !unknown.isEmpty, unknown.contains(object) { throw .damaged("stat", "\(object): injected") }
  }

  func queue(
    _ transaction: consuming Transaction, on collection: StoreCollection,
    onCommit: @escaping () -> Void
  ) {
    if !damaged.isEmpty || !unknown.isEmpty { mend(transaction) }
    store.queue(transaction, on: collection, onCommit: onCommit)
  }

  private func mend(_ transaction: borrowing Transaction) {
    for operation in transaction.operations {
      switch operation.action {
      case .remove, .truncate(size: 0):
        damaged.remove(transaction.object(of: operation))
        unknown.remove(transaction.object(of: operation))
      default: break
      }
    }
  }

  func read(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> BufferList {
    let isDamaged = damaged.contains(object)
    let data = try await store.read(object, in: collection, offset: offset, length: length)
    // It takes its time to fail.
    if isDamaged { throw .damaged("read", "\(object): injected") }
    return data
  }

  func readFromDevice(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> BufferList {
    try check(object)
    return try await store.readFromDevice(object, in: collection, offset: offset, length: length)
  }

  func readInMemory(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) -> BufferList? {
    !damaged.isEmpty && damaged.contains(object)
      ? nil : store.readInMemory(object, in: collection, offset: offset, length: length)
  }

  func attributesInMemory(
    of object: GHObject, in collection: StoreCollection
  ) -> Result<[NamedValue], StoreError>? {
    do throws(StoreError) { try checkMetadata(object) } catch { return .failure(error) }
    return store.attributesInMemory(of: object, in: collection)
  }

  // MARK: As the store beneath

  func mount(reactors: [Reactor]) async throws(StoreError) {
    try await store.mount(reactors: reactors)
  }
  func unmount() async throws(StoreError) { try await store.unmount() }
  func checkpoint() async { await store.checkpoint() }
  var freeSpace: FreeSpace? { store.freeSpace }
  var memory: StoreMemory { store.memory }
  func dropCaches() async { await store.dropCaches() }
  func compact() async throws(StoreError) { try await store.compact() }
  var metadataBytesMax: Int { store.metadataBytesMax }
  func collections() -> [CollectionID] { store.collections() }
  func open(_ id: CollectionID) -> StoreCollection? { store.open(id) }
  func createHandle(_ id: CollectionID, beside sibling: StoreCollection?) -> StoreCollection {
    store.createHandle(id, beside: sibling)
  }

  func stat(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> ObjectStat? {
    try checkMetadata(object)
    return try await store.stat(object, in: collection)
  }

  func extents(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> [DataExtent] {
    try await store.extents(object, in: collection, offset: offset, length: length)
  }

  func attribute(
    _ name: ByteString, of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> ByteSlice? {
    try checkMetadata(object)
    return try await store.attribute(name, of: object, in: collection)
  }

  func attributes(
    of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> [NamedValue] {
    try checkMetadata(object)
    return try await store.attributes(of: object, in: collection)
  }

  func omapHeader(
    of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> ByteSlice {
    try await store.omapHeader(of: object, in: collection)
  }

  func omapValues(
    _ keys: [ByteString], of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> [NamedValue] {
    try await store.omapValues(keys, of: object, in: collection)
  }

  func omapEntries(
    of object: GHObject, in collection: StoreCollection, start: OmapStart, prefix: ByteString,
    maxEntries: Int, maxBytes: Int
  ) async throws(StoreError) -> OmapPage {
    try await store.omapEntries(
      of: object, in: collection, start: start, prefix: prefix, maxEntries: maxEntries,
      maxBytes: maxBytes)
  }

  func list(
    _ collection: StoreCollection, from: GHObject, to: GHObject, max: Int
  ) async throws(StoreError) -> (objects: [GHObject], next: GHObject) {
    try await store.list(collection, from: from, to: to, max: max)
  }

  func statfs() -> StoreUsage { store.statfs() }
  func room() -> (total: UInt64, available: UInt64) { store.room() }
  func statfs(pool: Int64) -> StoreUsage { store.statfs(pool: pool) }
}
