import Buffers
import RadosTypes
import Wire

/// Tells a client to hold its ops on a range of objects, or to go on; or its answer.
///
/// Ceph: `MOSDBackoff`. Layout: pgID: spg_t, epoch: u32, op: u8, id: u64, begin: hobject_t, end:
/// hobject_t.
package struct MOSDBackoff: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  /// 1 block, 2 acknowledged, 3 unblock.
  package var op: UInt8
  package var id: UInt64
  package var begin: HObject
  package var end: HObject

  package init(
    pgID: ShardPGID, epoch: UInt32, op: UInt8, id: UInt64, begin: HObject, end: HObject
  ) {
    self.pgID = pgID
    self.epoch = epoch
    self.op = op
    self.id = id
    self.begin = begin
    self.end = end
  }

  package static var type: MessageType { .osdBackoff }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    epoch = try front.read()
    op = try front.read()
    id = try front.read()
    begin = try front.read()
    end = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(epoch)
    writer.write(op)
    writer.write(id)
    writer.write(begin)
    writer.write(end)
  }
}
