import ObjectStores
import RadosTypes

extension PushTarget {
  /// Removes objects that are no more, with what there is of their parts; returns how large each was, nil
  /// where there was none.
  ///
  /// For `MOSDPGRecoveryDelete` and `MOSDPGBackfillRemove`. Ceph: `remove_missing_object`,
  /// `do_backfill_remove`.
  package func remove(
    _ objects: [ObjectVersion], into transaction: inout Transaction
  ) async throws(RecoveryError) -> [UInt64?] {
    var sizes: [UInt64?] = []
    for object in objects.map(\.object) {
      guard isUserObject(object) else { throw .malformed(object, "not an object of \(pg)") }
      sizes.append(try await stat(object)?.size)
    }
    for object in objects.map(\.object) {
      abandon(object, into: &transaction)
      transaction.remove(GHObject(object), in: collection.id)
    }
    return sizes
  }

  /// One that clients have, and of this PG.
  func isUserObject(_ object: HObject) -> Bool {
    object.pool == pg.pool && !object.isMax && !object.name.isEmpty
      && pg.pgID.contains(hash: object.hash, bits: collection.bits)
  }
}
