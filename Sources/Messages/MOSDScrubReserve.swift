import Buffers
import RadosTypes
import Wire

/// Asks for, grants, refuses or gives back a place among the scrubs of an OSD.
///
/// Ceph: `MOSDScrubReserve`. Layout: pgID: spg_t, epoch: u32, kind: s32, from: pg_shard_t.
package struct MOSDScrubReserve: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  /// 0 request, 1 grant, 2 release, 3 refuse.
  package var kind: Int32
  package var from: PGShard

  package init(pgID: ShardPGID, epoch: UInt32, kind: Int32, from: PGShard) {
    self.pgID = pgID
    self.epoch = epoch
    self.kind = kind
    self.from = from
  }

  package static var type: MessageType { .osdScrubReserve }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    epoch = try front.read()
    kind = try front.read()
    from = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(epoch)
    writer.write(kind)
    writer.write(from)
  }
}
