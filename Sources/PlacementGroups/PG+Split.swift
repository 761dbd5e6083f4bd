import Buffers
import ClusterMaps
import ObjectStores
import Peering
import RadosTypes

/// A pool gets more PGs: this one gives each child the objects whose hash ends in the child's number,
/// and their log. Ceph: `PG::split_into`, `PeeringState::split_into`, `OSD::split_pgs`.
extension PG {
  /// After `advance` to the map that splits; the children are to be activated like this one.
  func split(into children: [ShardPGID]) -> [PG] {
    var transaction = Transaction()
    let sums = info.stats.sum.split(into: children.count + 1)
    info.stats.sum = sums[0]
    info.stats.statsInvalid = true
    let made = zip(children, sums.dropFirst()).map { child, sum in
      split(child, sum, in: &transaction)
    }
    info.lastUpdate = log.head
    info.lastComplete = log.head
    write(into: &transaction)
    store.queue(transaction, on: collection) {}
    return made
  }

  private func split(
    _ child: ShardPGID, _ sum: ObjectStatSum, in transaction: inout Transaction
  ) -> PG {
    let bits = child.pgID.splitBits(pgCount: pool.pgCount)
    let childLog = log.split(child: child.pgID, bits: bits)
    let collection = store.createHandle(.pg(child), beside: collection)
    let pg = PG(
      childInfo(child, childLog, sum, bits), log: childLog, on: collection, shard: shard, map: map,
      pool: pool)
    pg.committed = committed
    pg.phase = pg.isPrimary ? .peering : .stray
    pg.state = pg.isPrimary ? .peering : []
    pg.publishState()
    transaction.createCollection(collection.id, bits: bits)
    transaction.splitCollection(
      self.collection.id, bits: bits, remainder: child.pgID.seed, into: collection.id)
    pg.createMeta(in: &transaction)
    move(childLog, to: pg, in: &transaction)
    return pg
  }

  private func childInfo(
    _ child: ShardPGID, _ childLog: PGLog, _ sum: ObjectStatSum, _ bits: UInt32
  ) -> PGInfo {
    var childInfo = info
    childInfo.pgID = child
    childInfo.lastUpdate = childLog.head
    childInfo.lastComplete = childLog.head
    childInfo.logTail = childLog.tail
    childInfo.history.epochCreated = map.epoch
    let placement = map.placement(of: child.pgID)
    if placement.actingPrimary != self.placement.actingPrimary {
      childInfo.history.samePrimarySince = map.epoch
    }
    childInfo.stats.sum = sum
    childInfo.stats.statsInvalid = true
    childInfo.stats.parent = id.pgID
    childInfo.stats.parentSplitBits = bits
    childInfo.stats.up = placement.up
    childInfo.stats.upPrimary = placement.upPrimary
    childInfo.stats.acting = placement.acting
    childInfo.stats.actingPrimary = placement.actingPrimary
    childInfo.stats.mappingEpoch = map.epoch
    return childInfo
  }

  /// The child's part of the log, in the store. What is newer than the information is taken from the
  /// entries' records at load; here nothing is.
  private func move(_ childLog: PGLog, to child: PG, in transaction: inout Transaction) {
    let progress = PGProgress(
      tail: childLog.tail, lastUserVersion: info.lastUserVersion,
      reportedSequence: info.stats.reportedSequence, sum: ObjectStatSum())
    let entries = childLog.entries.map {
      NamedValue(PGLogFormat.entryKey($0.version), PGLogFormat.value($0, progress))
    }
    let dups = childLog.dups.map { NamedValue(PGLogFormat.dupKey($0.version), $0.wire) }
    if !entries.isEmpty || !dups.isEmpty {
      transaction.omapSet(child.meta, in: child.collection.id, entries + dups)
    }
    if !entries.isEmpty {
      transaction.omapRemove(meta, in: collection.id, entries.map(\.name))
    }
  }
}
