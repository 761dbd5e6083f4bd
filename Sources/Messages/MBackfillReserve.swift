import Buffers
import RadosTypes
import Wire

/// Asks for, grants, refuses or gives back a place among the backfills of an OSD.
///
/// Ceph: `MBackfillReserve` v5/4. Layout: pgID: pg_t, queryEpoch: u32, kind: u32, reservePriority:
/// u32, shard: s8, primaryBytes: s64, shardBytes: s64.
package struct MBackfillReserve: Message {
  package var pgID: ShardPGID
  package var queryEpoch: UInt32
  /// 0 request, 1 grant, 2 refuse (too full), 3 release, 4 revoke (too full), 5 revoke.
  package var kind: UInt32
  package var reservePriority: UInt32
  package var primaryBytes: Int64
  package var shardBytes: Int64

  package init(
    pgID: ShardPGID, queryEpoch: UInt32, kind: UInt32, reservePriority: UInt32,
    primaryBytes: Int64 = 0, shardBytes: Int64 = 0
  ) {
    self.pgID = pgID
    self.queryEpoch = queryEpoch
    self.kind = kind
    self.reservePriority = reservePriority
    self.primaryBytes = primaryBytes
    self.shardBytes = shardBytes
  }

  package static var type: MessageType { .osdBackfillReserve }
  package static var version: UInt16 { 5 }
  package static var compatVersion: UInt16 { 4 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = ShardPGID(try front.read())
    queryEpoch = try front.read()
    kind = try front.read()
    reservePriority = try front.read()
    pgID.shard = try front.read()
    primaryBytes = header.version >= 5 ? try front.read() : 0
    shardBytes = header.version >= 5 ? try front.read() : 0
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID.pgID)
    writer.write(queryEpoch)
    writer.write(kind)
    writer.write(reservePriority)
    writer.write(pgID.shard)
    writer.write(primaryBytes)
    writer.write(shardBytes)
  }
}
