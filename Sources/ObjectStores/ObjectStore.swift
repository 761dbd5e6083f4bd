import Buffers
import RadosTypes
import Reactors

/// Objects in collections, changed by transactions that happen whole or not at all.
///
/// An object has four parts: data (bytes with holes that read as zeros), attributes, an omap header
/// and omap entries in the order of their keys. Ceph: `ObjectStore`.
///
/// Every collection belongs to one partition of the store and so to one reactor, which its handle
/// names; whatever takes a handle is called on that reactor's thread. Reads are `async` and return
/// without suspending when memory has the answer.
///
/// A store that cannot keep its word (device failed, a transaction that cannot be applied) calls the
/// `onFailure` it was made with, once, and never calls another `onCommit`: the daemon ends. A full one
/// has not failed: what it has no room for waits until something is freed.
package protocol ObjectStore: AnyObject, Sendable {
  /// Opens and replays; every acknowledged transaction is there when it returns. Collections are
  /// spread over `reactors`. Awaited anywhere, also on one of them.
  func mount(reactors: [Reactor]) async throws(StoreError)
  /// Waits for what is in flight and leaves the store clean; handles are dead afterwards.
  func unmount() async throws(StoreError)

  /// Returns when nothing that was queued before has to be replayed at the next start.
  func checkpoint() async

  /// All collections that exist, in no order; any thread.
  func collections() -> [CollectionID]
  /// The handle of a collection that exists; any thread.
  func open(_ id: CollectionID) -> StoreCollection?
  /// The handle of a collection that a transaction is about to create; any thread. Made before the
  /// transaction is queued; the same until then, unless a `sibling` is elsewhere, and `open`'s afterwards.
  ///
  /// Fixes its partition, its home until it is removed: the one of `sibling` (a split's child must be
  /// beside its parent, since a transaction touches one partition), else by the hash of its id. One that
  /// was removed may come back in another partition when its removal is committed, and not before: each
  /// partition's transactions come back from a crash on their own. Two collections of different homes
  /// cannot be merged, since nothing moves objects between partitions.
  func createHandle(_ id: CollectionID, beside sibling: StoreCollection?) -> StoreCollection

  /// Applies a transaction: readable at once, in the order of queueing.
  ///
  /// `onCommit` is called on the collection's reactor when it is durable, never from within this
  /// call, and in order for each collection. All collections that the transaction names must be in
  /// the partition of `collection`. Which absent objects matter is told at `Transaction.Action`.
  func queue(
    _ transaction: consuming Transaction, on collection: StoreCollection,
    onCommit: @escaping () -> Void)

  /// Bytes of attributes and omap that one op of a client may bring: what is more may never find room
  /// in one transaction, and is to be refused. A copy elsewhere may have a smaller store; any thread.
  var metadataBytesMax: Int { get }

  /// nil: there is no such object.
  func stat(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> ObjectStat?
  /// Bytes `offset..<offset+length`, clipped to the object's size; holes as zeros. ENOENT; EIO if the
  /// device gives back other bytes than were written.
  func read(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  )
    async throws(StoreError) -> BufferList
  /// As `read`, of what the device has, whatever of it memory has too: finds what has rotted there.
  func readFromDevice(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> BufferList
  /// As `read`, if memory has all of it and nothing queued before holds it up; else nil. For the ops
  /// that are worth saving a task.
  func readInMemory(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) -> BufferList?
  /// Where within `offset..<offset+length` data is: ascending, clipped, touching ones joined. May call
  /// zeros that were written data. ENOENT.
  func extents(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  )
    async throws(StoreError) -> [DataExtent]

  /// nil: the object has no such attribute. ENOENT: there is no such object.
  func attribute(
    _ name: ByteString, of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> ByteSlice?
  /// All attributes, in the order of their names. ENOENT.
  func attributes(
    of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> [NamedValue]
  /// As `attributes`, if memory has them and nothing queued before holds them up; else nil.
  func attributesInMemory(
    of object: GHObject, in collection: StoreCollection
  ) -> Result<[NamedValue], StoreError>?

  /// Empty if none was set. ENOENT.
  func omapHeader(
    of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> ByteSlice
  /// Those of `keys` that exist, in the order of `keys`. ENOENT.
  func omapValues(
    _ keys: [ByteString], of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> [NamedValue]
  /// Entries from `start` on whose keys begin with `prefix`: at most `maxEntries`, and none after
  /// keys and values have reached `maxBytes`. ENOENT.
  func omapEntries(
    of object: GHObject, in collection: StoreCollection, start: OmapStart, prefix: ByteString,
    maxEntries: Int, maxBytes: Int
  ) async throws(StoreError) -> OmapPage

  /// Objects with `from <= object < to` in Ceph's bitwise order, at most `max`; `next` is the first
  /// object of the collection that was not returned (also when it is past `to`), or `GHObject.max`.
  func list(
    _ collection: StoreCollection, from: GHObject, to: GHObject, max: Int
  )
    async throws(StoreError) -> (objects: [GHObject], next: GHObject)

  /// Space, overall; any thread. What is written within `available` does not have to wait for frees.
  func statfs() -> StoreUsage
  /// Of that, the device's bytes and those that are available; any thread.
  func room() -> (total: UInt64, available: UInt64)
  /// Space taken by a pool's objects; any thread.
  func statfs(pool: Int64) -> StoreUsage
  /// The space that nobody uses; nil if there is nothing to tell. Looks at all of a device's map.
  var freeSpace: FreeSpace? { get }
  /// Lets go of what caches hold; returns when they have.
  func dropCaches() async
  /// Merges what the index has; may take long.
  func compact() async throws(StoreError)
  /// Memory for caches and for what is on its way; any thread.
  var memory: StoreMemory { get }
}

extension ObjectStore {
  package func createHandle(_ id: CollectionID) -> StoreCollection { createHandle(id, beside: nil) }

  package func exists(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> Bool
  { try await stat(object, in: collection) != nil }

  package func checkpoint() async {}

  package func readFromDevice(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> BufferList {
    try await read(object, in: collection, offset: offset, length: length)
  }

  package func room() -> (total: UInt64, available: UInt64) {
    let usage = statfs()
    return (usage.total, usage.available)
  }

  package var memory: StoreMemory { StoreMemory() }
  package var freeSpace: FreeSpace? { nil }
  package func dropCaches() async {}
  package func compact() async throws(StoreError) {}

  package var metadataBytesMax: Int { .max }

  package func readInMemory(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) -> BufferList? { nil }

  package func attributesInMemory(
    of object: GHObject, in collection: StoreCollection
  ) -> Result<[NamedValue], StoreError>? { nil }

  /// The whole object.
  package func read(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> BufferList
  { try await read(object, in: collection, offset: 0, length: .max) }

  package func omapEntries(
    of object: GHObject, in collection: StoreCollection, start: OmapStart = .first,
    maxEntries: Int = .max
  ) async throws(StoreError) -> OmapPage {
    try await omapEntries(
      of: object, in: collection, start: start, prefix: ByteString(), maxEntries: maxEntries,
      maxBytes: .max)
  }

  package func list(_ collection: StoreCollection) async throws(StoreError) -> [GHObject] {
    try await list(collection, from: .min, to: .max, max: .max).objects
  }
}
