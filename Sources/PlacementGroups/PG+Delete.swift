import ObjectStores
import RadosTypes

/// Removing a PG whose pool is gone: a few objects at a time, so that nothing else has to wait. Ceph:
/// `PG::do_delete_work`.
extension PG {
  func delete() {
    interval += 1
    phase = .deleting
    state = []
    recount = nil
    for op in waitingForActive.takeAll() + listings { shard.finish(op) }
    listings = []
    for context in contexts.all {
      for op in context.holders + context.takeWaiting() { shard.finish(op) }
    }
    contexts.removeAll()
    shard.log.write(.osd, 5, self, "deleting, its pool is gone")
    nonisolated(unsafe) let pg = self
    reactor.spawn { await pg.removeAll() }
  }

  private func removeAll() async {
    while let page = try? await store.list(
      collection, from: .min, to: .max, max: settings.deletionBatch)
    {
      let objects = page.objects.filter { !$0.isPGMeta }
      if objects.isEmpty && page.next.isMax { break }
      var transaction = Transaction()
      for object in objects { transaction.remove(object, in: collection.id) }
      await commit(transaction)
    }
    var transaction = Transaction()
    transaction.remove(meta, in: collection.id)
    transaction.removeCollection(collection.id)
    await commit(transaction)
    shard.didDelete(self)
  }

  private func commit(_ transaction: Transaction) async {
    nonisolated(unsafe) let (store, collection) = (store, collection)
    await withUnsafeContinuation { continuation in
      store.queue(transaction, on: collection) { continuation.resume() }
    }
  }
}
