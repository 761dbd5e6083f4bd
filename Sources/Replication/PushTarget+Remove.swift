import ObjectStores
import RadosTypes

extension PushTarget {
  /// Removes objects that are no more, with what there is of their parts. At once: a write that makes one
  /// anew may follow. Nothing is removed if one is refused.
  ///
  /// For `MOSDPGRecoveryDelete` and `MOSDPGBackfillRemove`. Ceph: `remove_missing_object`,
  /// `do_backfill_remove`.
  package func remove(
    _ objects: [ObjectVersion], into transaction: inout Transaction
  ) throws(RecoveryError) {
    for object in objects.map(\.object) where !isUserObject(object) {
      throw .malformed(object, "not an object of \(pg)")
    }
    for object in objects.map(\.object) {
      abandon(object, into: &transaction)
      transaction.remove(GHObject(object), in: collection.id)
    }
  }

  /// One that clients have, and of this PG.
  func isUserObject(_ object: HObject) -> Bool {
    object.pool == pg.pool && !object.isMax && !object.name.isEmpty
      && pg.pgID.contains(hash: object.hash, bits: collection.bits)
  }
}
