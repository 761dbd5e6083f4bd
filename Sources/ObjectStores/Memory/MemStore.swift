import Base
import Buffers
import RadosTypes
import Reactors

/// A store in memory: the contract's plainest form, for tests and simulation.
///
/// What it holds survives unmounting, and nothing else. Ceph's `MemStore` is its model.
package final class MemStore: ObjectStore, @unchecked Sendable {
  private let lock = Lock()
  // Under the lock.
  private var byID: [CollectionID: MemCollection] = [:]
  /// Handles of collections that were not created yet.
  private var promised: [CollectionID: MemCollection] = [:]
  private var usage: [Int64: StoreUsage] = [:]
  private var reactors: [Reactor] = []
  private var hasFailed = false

  private let capacity: UInt64
  private let onFailure: @Sendable (StoreError) -> Void
  private static let partitions = 16

  package init(
    capacity: UInt64 = 1 << 34,
    onFailure: @escaping @Sendable (StoreError) -> Void = { fatalError("MemStore: \($0)") }
  ) {
    self.capacity = capacity
    self.onFailure = onFailure
  }

  package func mount(reactors: [Reactor]) async throws(StoreError) {
    precondition(!reactors.isEmpty, "MemStore: no reactors to mount on")
    lock.withLock {
      self.reactors = reactors
      promised = [:]
      byID = byID.mapValues { old in
        let collection = made(old.id, old.partition)
        collection.objects = old.objects
        collection.bits = old.bits
        collection.exists = true
        return collection
      }
    }
  }

  package func unmount() async throws(StoreError) {}

  package func collections() -> [CollectionID] { lock.withLock { Array(byID.keys) } }

  package func open(_ id: CollectionID) -> StoreCollection? { lock.withLock { byID[id] } }

  package func createHandle(_ id: CollectionID, beside sibling: StoreCollection?) -> StoreCollection
  {
    lock.withLock {
      if let known = byID[id] { return known }
      // Where it would go by its number binds nobody until it is there: a split knows better.
      if let known = promised[id], sibling == nil || known.partition == sibling?.partition {
        return known
      }
      let handle = made(id, sibling?.partition ?? Self.partition(of: id))
      promised[id] = handle
      return handle
    }
  }

  /// Under the lock.
  private func made(_ id: CollectionID, _ partition: Int) -> MemCollection {
    MemCollection(id: id, partition: partition, reactor: reactors[partition % reactors.count])
  }

  private static func partition(of id: CollectionID) -> Int {
    guard let pg = id.pgID else { return 0 }
    var random = SeededRandom(
      seed: UInt64(bitPattern: pg.pool) &* 0x1_0000_0001 &+ UInt64(pg.pgID.seed))
    return Int(random.next() % UInt64(partitions))
  }

  package func queue(
    _ transaction: consuming Transaction, on collection: StoreCollection,
    onCommit: @escaping () -> Void
  ) {
    guard let collection = collection as? MemCollection else {
      preconditionFailure("MemStore: \(collection.id) is another store's")
    }
    precondition(collection.reactor.isCurrent, "MemStore: \(collection.id) off its reactor")
    if lock.withLock({ hasFailed }) { return }
    var application = MemApplication(store: self, home: collection)
    do throws(StoreError) {
      try application.apply(transaction)
    } catch {
      lock.withLock { hasFailed = true }
      return onFailure(error)
    }
    collection.commit(onCommit)
  }

  package func statfs() -> StoreUsage {
    lock.withLock {
      var sum = StoreUsage()
      for pool in usage.values {
        sum.stored += pool.stored
        sum.allocated += pool.allocated
        sum.omap += pool.omap
      }
      sum.total = capacity
      sum.available = capacity - min(capacity, sum.allocated + sum.omap)
      return sum
    }
  }

  package func statfs(pool: Int64) -> StoreUsage { lock.withLock { usage[pool] ?? StoreUsage() } }
}

extension MemStore {
  func find(_ id: CollectionID) -> MemCollection? { lock.withLock { byID[id] } }

  /// The handle that was promised for `id` is a collection from now on; nil: none was.
  func keepPromise(_ id: CollectionID) -> MemCollection? {
    lock.withLock {
      guard let collection = promised.removeValue(forKey: id) else { return nil }
      byID[id] = collection
      return collection
    }
  }

  func remove(_ collection: MemCollection) { lock.withLock { byID[collection.id] = nil } }

  func account(pool: Int64, stored: Int64, omap: Int64) {
    lock.withLock {
      var changed = usage[pool] ?? StoreUsage()
      changed.stored = changed.stored &+ UInt64(bitPattern: stored)
      changed.allocated = changed.stored
      changed.omap = changed.omap &+ UInt64(bitPattern: omap)
      usage[pool] = changed
    }
  }
}
