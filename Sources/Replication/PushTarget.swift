import Buffers
import ObjectStores
import RadosTypes

/// The objects of a PG as parts of them come from others.
///
/// An object that comes in one part is written in its place; one of several parts grows as a temporary
/// object, which takes the place of what was there with the last part. One interval's; at its end what
/// is unfinished must be abandoned. On the collection's reactor, one object's parts one at a time.
/// Ceph: `ReplicatedBackend::handle_push`, `submit_push_data`.
package final class PushTarget {
  let pg: ShardPGID
  let store: any ObjectStore
  let collection: StoreCollection
  private let intervalSince: UInt32
  private var unfinished: [HObject: Unfinished] = [:]

  /// An object of which there are more parts to come.
  struct Unfinished {
    var temporary: HObject
    var progress: ObjectRecoveryProgress
    var info: ObjectInfo
  }

  /// What a part did.
  package struct Received: Sendable {
    /// As its attributes say.
    package var info: ObjectInfo
    /// The object is whole, and in its place.
    package var isComplete: Bool
    /// Of the object that was there before the first part; nil if there was none, and for other parts.
    package var previousSize: UInt64?
    package var isFirst: Bool
  }

  package init(
    pg: ShardPGID, intervalSince: UInt32, store: any ObjectStore, collection: StoreCollection
  ) {
    self.pg = pg
    self.intervalSince = intervalSince
    self.store = store
    self.collection = collection
  }

  /// Adds to `transaction` what a part changes; nothing if it is refused.
  ///
  /// Transactions of earlier parts of any object must have been given to the store, since clones are
  /// looked up in it; so this one must be before the next part is received.
  package func receive(
    _ push: PushOp, advice: OpFlags = [.adviseSequential, .adviseDontNeed],
    into transaction: inout Transaction
  ) async throws(RecoveryError) -> Received {
    try checkShape(of: push)
    let info = try self.info(of: push)
    let previous = try await previousSize(of: push)
    if push.before.isFirst && push.recovery.exists && previous == nil { throw .absent(push.object) }
    try await checkClones(of: push)

    let old = unfinished[push.object]
    let isComplete = push.after.dataComplete && push.after.omapComplete
    var part = PushApplication(push, isComplete: isComplete, in: collection.id)
    part.temporary = temporaryName(of: push.object, at: push.recovery.version)
    part.previousSize = previous
    part.allocation = info
    if push.before.isFirst, let old, old.temporary != part.temporary || isComplete {
      transaction.remove(GHObject(old.temporary), in: collection.id)
    }
    part.apply(to: &transaction)
    if !push.dataIncluded.isEmpty { transaction.fadviseFlags |= advice.rawValue }
    unfinished[push.object] =
      isComplete
      ? nil : Unfinished(temporary: part.temporary, progress: push.after, info: info)
    return Received(
      info: info, isComplete: isComplete, previousSize: previous, isFirst: push.before.isFirst)
  }

  /// What is replaced as a whole need not be readable.
  private func previousSize(of push: PushOp) async throws(RecoveryError) -> UInt64? {
    guard push.before.isFirst else { return nil }
    do throws(RecoveryError) { return try await stat(push.object)?.size } catch {
      if push.recovery.exists { throw error }
      return nil
    }
  }

  func stat(_ object: HObject) async throws(RecoveryError) -> ObjectStat? {
    do throws(StoreError) {
      return try await store.stat(GHObject(object), in: collection)
    } catch {
      throw RecoveryError(object, error)
    }
  }

  /// Clones that data is taken from must be there, and have it.
  private func checkClones(of push: PushOp) async throws(RecoveryError) {
    guard push.after.dataComplete && push.after.omapComplete else { return }
    for (clone, runs) in push.recovery.cloneSubset where !runs.isEmpty {
      guard let found = try await stat(clone) else { throw .absent(clone) }
      guard runs.end ?? 0 <= found.size else {
        throw .malformed(push.object, "\(runs) of \(clone), which has \(found.size) bytes")
      }
    }
  }
}

extension PushTarget {
  /// Unique among all that are under way: objects of one name at one version differ in snapshot.
  /// Ceph: `get_temp_recovery_object`.
  private func temporaryName(of object: HObject, at version: EVersion) -> HObject {
    HObject(
      pool: HObject.temporaryPool(object.pool), hash: object.hash,
      name: ByteString("temp_recovering_\(pg)_\(version)_\(intervalSince)_\(object.snap)"))
  }

  /// The parts that an object has here so far, if there are any.
  func unfinished(_ object: HObject) -> Unfinished? { unfinished[object] }

  /// Removes what there is of an object that will not be finished.
  package func abandon(_ object: HObject, into transaction: inout Transaction) {
    guard let part = unfinished.removeValue(forKey: object) else { return }
    transaction.remove(GHObject(part.temporary), in: collection.id)
  }

  /// Removes all that is unfinished: the interval is over.
  package func abandonAll(into transaction: inout Transaction) {
    for object in unfinished.keys.sorted() { abandon(object, into: &transaction) }
  }

  /// Temporary objects that an earlier life left behind.
  package static func leftovers(
    in collection: StoreCollection, of store: any ObjectStore
  ) async throws(StoreError) -> [GHObject] {
    let first = HObject(pool: 0, hash: 0, name: ByteString(), snap: .zero)
    return try await store.list(collection, from: .min, to: GHObject(first), max: .max).objects
      .filter { $0.object.isTemporary }
  }
}
