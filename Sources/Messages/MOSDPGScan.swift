import Buffers
import RadosTypes
import Wire

/// Asks for, or brings, a run of objects of a PG that is backfilled.
///
/// Ceph: `MOSDPGScan` v2/2. Layout: op: u32, epoch: u32, queryEpoch: u32, pgID: pg_t, begin:
/// hobject_t, end: hobject_t, from: pg_shard_t, shard: s8.
package struct MOSDPGScan: Message {
  /// 1 asks, 2 brings.
  package var op: UInt32
  package var epoch: UInt32
  package var queryEpoch: UInt32
  package var pgID: ShardPGID
  package var begin: HObject
  package var end: HObject
  package var from: PGShard
  /// Encoded `map<hobject_t, eversion_t>` of what is there.
  package var data: BufferList

  package init(
    op: UInt32, epoch: UInt32, queryEpoch: UInt32, pgID: ShardPGID, begin: HObject, end: HObject,
    from: PGShard, data: BufferList = BufferList()
  ) {
    self.op = op
    self.epoch = epoch
    self.queryEpoch = queryEpoch
    self.pgID = pgID
    self.begin = begin
    self.end = end
    self.from = from
    self.data = data
  }

  package static var type: MessageType { .osdPGScan }
  package static var version: UInt16 { 2 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    op = try front.read()
    epoch = try front.read()
    queryEpoch = try front.read()
    pgID = ShardPGID(try front.read())
    begin = try front.read()
    end = try front.read()
    from = try front.read()
    pgID.shard = try front.read()
    self.data = data
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(op)
    writer.write(epoch)
    writer.write(queryEpoch)
    writer.write(pgID.pgID)
    writer.write(begin)
    writer.write(end)
    writer.write(from)
    writer.write(pgID.shard)
  }
}
