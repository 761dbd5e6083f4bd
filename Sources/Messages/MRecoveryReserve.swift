import Buffers
import RadosTypes
import Wire

/// Asks for, grants or gives back a place among the recoveries of an OSD.
///
/// Ceph: `MRecoveryReserve` v3/2. Layout: pgID: pg_t, queryEpoch: u32, kind: u32, shard: s8,
/// reservePriority: u32.
package struct MRecoveryReserve: Message {
  package var pgID: ShardPGID
  package var queryEpoch: UInt32
  /// 0 request, 1 grant, 2 release, 3 revoke.
  package var kind: UInt32
  package var reservePriority: UInt32

  package init(pgID: ShardPGID, queryEpoch: UInt32, kind: UInt32, reservePriority: UInt32 = 0) {
    self.pgID = pgID
    self.queryEpoch = queryEpoch
    self.kind = kind
    self.reservePriority = reservePriority
  }

  package static var type: MessageType { .osdRecoveryReserve }
  package static var version: UInt16 { 3 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = ShardPGID(try front.read())
    queryEpoch = try front.read()
    kind = try front.read()
    pgID.shard = try front.read()
    reservePriority = header.version >= 3 ? try front.read() : 0
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID.pgID)
    writer.write(queryEpoch)
    writer.write(kind)
    writer.write(pgID.shard)
    writer.write(reservePriority)
  }
}
