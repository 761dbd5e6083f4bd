import Buffers
import RadosTypes
import Wire

/// How far a backfill has come, and its end.
///
/// Ceph: `MOSDPGBackfill` v3/3. Layout: op: u32, epoch: u32, queryEpoch: u32, pgID: pg_t,
/// lastBackfill: hobject_t, stats: object_stat_collection_t, stats: pg_stat_t, shard: s8.
package struct MOSDPGBackfill: Message {
  /// 2 progress, 3 finish, 4 finish acknowledged.
  package var op: UInt32
  package var epoch: UInt32
  package var queryEpoch: UInt32
  package var pgID: ShardPGID
  package var lastBackfill: HObject
  package var stats: PGStat

  package init(
    op: UInt32, epoch: UInt32, queryEpoch: UInt32, pgID: ShardPGID, lastBackfill: HObject,
    stats: PGStat
  ) {
    self.op = op
    self.epoch = epoch
    self.queryEpoch = queryEpoch
    self.pgID = pgID
    self.lastBackfill = lastBackfill
    self.stats = stats
  }

  package static var type: MessageType { .osdPGBackfill }
  package static var version: UInt16 { 3 }
  package static var compatVersion: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    op = try front.read()
    epoch = try front.read()
    queryEpoch = try front.read()
    pgID = ShardPGID(try front.read())
    lastBackfill = try front.read()
    stats = try PGStat(afterSum: &front)
    pgID.shard = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(op)
    writer.write(epoch)
    writer.write(queryEpoch)
    writer.write(pgID.pgID)
    writer.write(lastBackfill)
    stats.encodeAfterSum(into: &writer)
    writer.write(pgID.shard)
  }
}
