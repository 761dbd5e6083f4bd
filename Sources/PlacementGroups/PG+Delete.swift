import ObjectStores
import RadosTypes

/// Removing a copy whose pool is gone or that nobody needs: a few objects at a time, so that nothing
/// else has to wait. Ceph: `PG::on_removal`, `PG::do_delete_work`.
extension PG {
  /// For good. Before the first object goes it is durable that this copy has nothing, so that a restart
  /// does not take what is left for all.
  func delete() {
    guard !isDeleting else { return }
    isDeleting = true
    interval += 1
    clearRecovery()
    recount = nil
    for op in takeOps() { shard.finish(op) }
    dropScrub()
    shard.all.scrubs.unschedule(id)
    shard.all.localReservations.cancel(id)
    shard.all.remoteReservations.cancel(id)
    shard.log.write(.osd, 5, self, "deleting")
    info.lastBackfill = .min
    nonisolated(unsafe) let pg = self
    reactor.spawn {
      var transaction = Transaction()
      pg.write(into: &transaction)
      await pg.commit(transaction)
      await pg.removeAll()
    }
  }

  private func removeAll() async {
    await removeCollection()
    shard.didDelete(self)
  }

  /// All objects, then the collection.
  func removeCollection() async {
    await removeObjects { _ in true }
    var transaction = Transaction()
    transaction.remove(meta, in: collection.id)
    transaction.removeCollection(collection.id)
    isGone = true
    await commit(transaction)
  }

  /// The objects that are `meant`, a few at a time.
  func removeObjects(_ meant: (HObject) -> Bool) async {
    var position = GHObject.min
    var bits = splitBits
    while let page = try? await store.list(
      collection, from: position, to: .max, max: settings.deletionBatch)
    {
      // What was listed may be a child's since.
      guard bits == splitBits else {
        bits = splitBits
        continue
      }
      var transaction = Transaction()
      for object in page.objects where !object.isPGMeta && meant(object.object) {
        transaction.remove(object, in: collection.id)
      }
      if !transaction.isEmpty { await commit(transaction) }
      if page.next.isMax { break }
      position = page.next
    }
  }

  func commit(_ transaction: Transaction) async {
    nonisolated(unsafe) let (store, collection) = (store, collection)
    await withUnsafeContinuation { continuation in
      store.queue(transaction, on: collection) { continuation.resume() }
    }
  }
}
