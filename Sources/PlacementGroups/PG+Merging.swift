import ClusterMaps
import ObjectStores
import Peering
import RadosTypes

/// A pool gets fewer PGs: one takes in others, with their objects and what they knew. Ceph:
/// `PG::merge_from`.
extension PG {
  /// Ends for a merge and returns its ops. `atRest` is called when all that was written is durable and
  /// nothing more comes: with the PG, or with nil when it was being removed and is gone.
  func leave(_ atRest: @escaping (PG?) -> Void) -> [ClientOp] {
    guard !isDeleting else {
      whenDeleted = { atRest(nil) }
      return []
    }
    hasLeft = true
    interval += 1
    clearRecovery()
    recount = nil
    replicas = []
    abandonPushes()
    let ops = takeOps()
    dropScrub()
    shard.all.scrubs.unschedule(id)
    shard.all.localReservations.cancel(id)
    shard.all.remoteReservations.cancel(id)
    if isPrimary { shard.host?.mergeReadiness(id.pgID, .none) }
    nonisolated(unsafe) let (pg, atRest) = (self, atRest)
    store.queue(Transaction(), on: collection) { atRest(pg) }
    return ops
  }

  /// The PGs of a merge have met: this one, which may be new, is all of them from now on, in the map
  /// that says so. `sources`: as in the merge, nil for those that are not here or could not be copied.
  /// Returns when it is durable, in one transaction, and those that had to be copied are gone.
  func takeIn(_ sources: [PG?], _ merge: PGMerge) async {
    let found = sources.compactMap { $0 }
    let copied = merge.arrivedSources.compactMap { $0 }.filter { !isBeside($0) }
    var transaction = Transaction()
    for source in found where isBeside(source) {
      transaction.remove(source.meta, in: source.collection.id)
      transaction.mergeCollection(source.collection.id, into: collection.id, bits: merge.bits)
    }
    transaction.setCollectionBits(collection.id, merge.bits)
    merging = transaction
    hasLeft = false
    peering.merge(sources.map { $0?.peering }, merge.pool.details.lastMerge)
    advance(to: merge.map)
    await commit(Transaction())
    for source in copied {
      nonisolated(unsafe) let source = source
      await source.shard.perform { await source.removeCollection() }
    }
  }

  /// Whether one transaction can touch both.
  func isBeside(_ other: PG) -> Bool { collection.partition == other.collection.partition }
}
