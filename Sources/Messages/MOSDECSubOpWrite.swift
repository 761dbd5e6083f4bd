import Buffers
import RadosTypes
import Wire

/// A primary's order to write a shard.
///
/// Ceph: `MOSDECSubOpWrite` v2. Layout: pgID: spg_t, epoch: u32, op: ECSubWrite, minEpoch: u32,
/// trace: 24 bytes.
package struct MOSDECSubOpWrite: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  package var op: ECSubWrite
  package var minEpoch: UInt32

  package init(pgID: ShardPGID, epoch: UInt32, op: ECSubWrite, minEpoch: UInt32) {
    self.pgID = pgID
    self.epoch = epoch
    self.op = op
    self.minEpoch = minEpoch
  }

  package static var type: MessageType { .osdECSubOpWrite }
  package static var version: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    epoch = try front.read()
    op = try front.read()
    minEpoch = header.version >= 2 ? try front.read() : epoch
    if header.version >= 2 { try front.skip(BlkinTrace.byteCount) }
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(epoch)
    writer.write(op)
    writer.write(minEpoch)
    writer.writeZeros(BlkinTrace.byteCount)
  }
}
