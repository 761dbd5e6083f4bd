import RadosTypes
import Reactors

/// A handle on a collection: where its work runs, and that its transactions are in order.
///
/// Stores hang what they know on it. One object per collection and mount; obtained by
/// `ObjectStore.open` or `createHandle`. What can change is confined to `reactor`.
/// Ceph: `ObjectStore::CollectionImpl`.
package class StoreCollection: @unchecked Sendable {
  package let id: CollectionID
  /// A transaction's collections are all in one partition.
  package let partition: Int
  package let reactor: Reactor
  /// How many low bits of an object's hash say that it belongs here; meaningless for `.meta`.
  package var bits: UInt32 = 0
  /// Whether it was created and not yet removed.
  package var exists = false

  /// What the store keeps with it.
  package var owner: AnyObject?

  package init(id: CollectionID, partition: Int, reactor: Reactor) {
    self.id = id
    self.partition = partition
    self.reactor = reactor
  }
}
