import Buffers
import ClusterMaps
import ObjectStores
import Peering
import RadosTypes

/// A pool gets more PGs: this one gives each child the objects whose hash ends in the child's number,
/// and their log. Ceph: `PG::split_into`, `PeeringState::split_into`, `OSD::split_pgs`.
extension PG {
  /// After `advance` to the map that splits; the children are to be told to begin. Not among them: those
  /// that were here before it. Its objects are fewer all the same.
  func split(into children: [ShardPGID]) -> [PG] {
    var transaction = Transaction()
    let sums = info.stats.sum.split(into: children.count + 1)
    let made = zip(children, sums.dropFirst()).map { child, sum in
      split(child, sum, in: &transaction)
    }
    transaction.setCollectionBits(collection.id, splitBits)
    info.stats.sum = sums[0]
    write(peering.takeChanges(), into: &transaction)
    store.queue(transaction, on: collection) {}
    return made
  }

  private func split(
    _ child: ShardPGID, _ sum: ObjectStatSum, in transaction: inout Transaction
  ) -> PG {
    let bits = child.pgID.splitBits(pgCount: pool.pgCount)
    let half = peering.split(child: child, bits: bits, placement: map.placement(of: child.pgID))
    half.info.stats.sum = sum
    half.info.stats.parent = id.pgID
    let collection = store.createHandle(.pg(child), beside: collection)
    let pg = PG(half, on: collection, shard: shard)
    pg.splitEpoch = map.epoch
    pg.publishState()
    transaction.createCollection(collection.id, bits: bits)
    transaction.splitCollection(
      self.collection.id, bits: bits, remainder: child.pgID.seed, into: collection.id)
    pg.createMeta(in: &transaction)
    pg.write(half.takeChanges(), into: &transaction)
    return pg
  }
}
