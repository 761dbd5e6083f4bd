import Base
import Buffers
import Devices
import KeyValue
import ObjectStores
import RadosTypes
import Reactors

/// The store of one device: objects in units of 4 KiB, never overwritten in place; changes in a log,
/// then in an ordered index. Docs/Store.md tells the whole of it. Ceph: `BlueStore`.
///
/// Collections belong to partitions, partitions to logs, logs to reactors; all of a collection's work
/// runs on its reactor without locks.
package final class BlockStore: ObjectStore, @unchecked Sendable {
  private let media: any StoreMedia
  private let options: BlockStoreOptions
  private let log: Log?
  private let perf: PerfRegistry?
  private let onFailure: @Sendable (any Error) -> Void
  let lock = Lock()
  // Under the lock.
  var mounted: MountedStore?

  /// A store on any device; `BlockStore(path:...)` opens a real one.
  package init(
    media: any StoreMedia, options: BlockStoreOptions = BlockStoreOptions(), log: Log? = nil,
    perf: PerfRegistry? = nil, onFailure: @escaping @Sendable (any Error) -> Void
  ) {
    self.media = media
    self.options = options
    self.log = log
    self.perf = perf
    self.onFailure = onFailure
  }

  deinit {
    guard let store = mounted else { return }
    // Logs and partitions hold each other; nobody is left to ask for anything, or to be told.
    store.failure.close()
    for commitLog in store.logs { commitLog.dissolve() }
  }

  /// For tests: a transaction has taken its place in a log. `isInternal`: the store's own.
  package var onRecord: ((_ log: UInt32, _ partition: Int, _ isInternal: Bool) -> Void)?

  // MARK: Mounting

  package func mount(reactors: [Reactor]) async throws(StoreError) {
    precondition(!reactors.isEmpty && lock.withLock { mounted == nil }, "a store is mounted once")
    let failure = StoreFailure(log: log, onFailure: onFailure)
    let mounting = StoreMount(
      media: media, options: options, log: log, perf: perf, failure: failure, reactors: reactors)
    let result = await Self.run(on: reactors[0]) { () async -> Result<MountedStore, any Error> in
      do { return .success(try await mounting.run()) } catch { return .failure(error) }
    }
    switch result {
    case .success(let store):
      if let onRecord {
        for host in store.hosts {
          host.onRecord = { onRecord($0, $1.partition.index, $1.onCommit == nil) }
        }
      }
      lock.withLock { mounted = store }
    case .failure(let error as StoreError): throw error
    case .failure(let error as SystemError): throw StoreError(error, "mount")
    case .failure(let error): throw StoreError(5, "mount", "\(error)")
    }
  }

  package func unmount() async throws(StoreError) {
    guard let store = lock.withLock({ mounted }) else { return }
    for commitLog in store.logs {
      await Self.run(on: commitLog.reactor) { await Self.quiesce(commitLog) }
    }
    lock.withLock { mounted = nil }
    for commitLog in store.logs { await Self.run(on: commitLog.reactor) { commitLog.dissolve() } }
    media.close(store.index.keyValue, store.index.runner)
    if store.failure.hasFailed { throw StoreError(5, "unmount", "the store had failed") }
  }

  /// Returns when nothing is under way and the log is empty; nothing begins by itself any more.
  private static func quiesce(_ log: CommitLog) async {
    for partition in log.partitions {
      partition.isResting = true
      partition.isClosing = true
    }
    repeat { await checkpoint(log) } while !log.isAtRest && !log.host.hasFailed
    log.isClosed = true
  }

  /// Runs `body` as a task of `reactor` and waits for it.
  static func run<Value>(on reactor: Reactor, _ body: @escaping () async -> Value) async -> Value {
    let box = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Box<Value>, Never>) in
      reactor.spawn { continuation.resume(returning: Box(value: await body())) }
    }
    return box.value
  }

  private struct Box<Value>: @unchecked Sendable { let value: Value }

  func current(_ operation: StaticString) -> MountedStore {
    guard let store = lock.withLock({ mounted }) else {
      preconditionFailure("BlockStore: \(operation) before mount")
    }
    return store
  }

  /// A sixth of what a record takes: small entries of an omap take some 30 bytes more than a client
  /// sends, and there is what the object had before, and what the PG adds.
  package var metadataBytesMax: Int {
    CommitLog.transactionBytesMax(current("metadataBytesMax").ringBytes) / 6
  }

  // MARK: Collections

  package func collections() -> [CollectionID] {
    lock.withLock { mounted?.collections.values.filter(\.exists).map(\.id) ?? [] }
  }

  package func open(_ id: CollectionID) -> StoreCollection? {
    lock.withLock { mounted?.collections[id].flatMap { $0.exists ? $0 : nil } }
  }

  package func createHandle(_ id: CollectionID, beside sibling: StoreCollection?) -> StoreCollection
  {
    let store = current("createHandle")
    return lock.withLock {
      if let known = store.collections[id] {
        // A removed collection's old home binds nobody: no two partitions share a key.
        if known.exists || sibling == nil { return known }
      }
      let partition = sibling?.home ?? store.partitions[store.partition(of: id)]
      let handle = StoreCollection(
        id: id, partition: partition.index, reactor: partition.reactor)
      handle.owner = partition
      store.collections[id] = handle
      partition.addHandle(handle)
      return handle
    }
  }

  package func queue(
    _ transaction: consuming Transaction, on collection: StoreCollection,
    onCommit: @escaping () -> Void
  ) {
    collection.home.queue(transaction, on: collection, onCommit: onCommit)
  }
}

/// A store that is mounted.
final class MountedStore: @unchecked Sendable {
  let superblock: Superblock
  let index: Index
  let logs: [CommitLog]
  let hosts: [StoreHost]
  let partitions: [Partition]
  let shared: StoreShared
  let failure: StoreFailure
  /// Of the smallest log.
  let ringBytes: UInt64
  /// All that were opened or made, under the store's lock.
  var collections: [CollectionID: StoreCollection] = [:]

  init(
    superblock: Superblock, index: Index, logs: [CommitLog], hosts: [StoreHost],
    partitions: [Partition], shared: StoreShared, failure: StoreFailure
  ) {
    self.superblock = superblock
    self.index = index
    self.logs = logs
    self.hosts = hosts
    self.partitions = partitions
    self.shared = shared
    self.failure = failure
    ringBytes = logs.map(\.place.bytes).min()!
  }

  /// By the logs' own maps.
  var usedUnits: Int { logs.reduce(0) { $0 + $1.units.usedUnits } }

  /// Where a new collection goes.
  func partition(of id: CollectionID) -> Int {
    guard let pg = id.pgID else { return 0 }
    var random = SeededRandom(
      seed: UInt64(bitPattern: pg.pool) &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(pg.pgID.seed))
    return Int(random.next() % UInt64(partitions.count))
  }
}

/// What a store lies on: the device, for each reactor, and the index.
package protocol StoreMedia: AnyObject, Sendable {
  /// Called on the reactor.
  func device(for reactor: Reactor) throws -> any BlockDevice
  /// Opens the index; on any thread, once the superblock is read.
  func openIndex(_ space: IndexSpace) throws -> (any KeyValue, any IndexRunner)
  func close(_ keyValue: any KeyValue, _ runner: any IndexRunner)
}

/// The part of the device that the index has for its files; any thread.
package final class IndexSpace: @unchecked Sendable {
  package let areaOffset: UInt64
  package let areaBytes: UInt64
  package let regionBytes: UInt64
  /// The store was never mounted: there is no index yet.
  package let isNew: Bool
  private let spaceMap: SpaceMap
  private let lock = Lock()
  private let becameKnown = Condition()
  /// Whether the map says who has what; until then a lease waits.
  private var isKnown: Bool
  private var isClosed = false

  init(_ superblock: Superblock, _ spaceMap: SpaceMap) {
    areaOffset = superblock.indexAreaOffset
    areaBytes = superblock.indexAreaBytes
    regionBytes = superblock.regionBytes
    isNew = superblock.incarnation == 0
    isKnown = isNew
    self.spaceMap = spaceMap
  }

  private func offset(of region: Int) -> UInt64 {
    spaceMap.firstUnit(of: region) * UInt64(Limits.unitBytes)
  }

  private func region(at offset: UInt64) -> Int? {
    spaceMap.region(of: offset / UInt64(Limits.unitBytes))
  }

  /// Where the region that holds this offset begins; nil outside of all.
  package func regionStart(containing offset: UInt64) -> UInt64? {
    region(at: offset).map { self.offset(of: $0) }
  }

  /// A region that is the index's from now on; its offset. nil: there is none. Waits, during a start,
  /// until it is known which regions have owners.
  package func lease() -> UInt64? {
    let isOpen = lock.withLock {
      while !isKnown, !isClosed { becameKnown.wait(lock) }
      return !isClosed
    }
    guard isOpen else { return nil }
    return spaceMap.leaseToIndex().map(offset)
  }

  /// Every log's regions are in the map.
  func becomeKnown() {
    lock.withLock { isKnown = true }
    becameKnown.broadcast()
  }

  /// The start failed: there is nothing to be had.
  func close() {
    lock.withLock { isClosed = true }
    becameKnown.broadcast()
  }

  /// A region that the index already has, at a start. False: another has it.
  package func take(_ offset: UInt64) -> Bool {
    region(at: offset).map { spaceMap.claimForIndex($0) } ?? false
  }

  package func giveBack(_ offset: UInt64) {
    if let region = region(at: offset) { spaceMap.giveBackByIndex(region) }
  }
}
