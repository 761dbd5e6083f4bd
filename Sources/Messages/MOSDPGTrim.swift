import Buffers
import RadosTypes
import Wire

/// A primary lets a replica trim its log.
///
/// Ceph: `MOSDPGTrim` v2/2. Layout: epoch: u32, pgID: pg_t, trimTo: eversion_t, shard: s8.
package struct MOSDPGTrim: Message {
  package var epoch: UInt32
  package var pgID: ShardPGID
  package var trimTo: EVersion

  package init(epoch: UInt32, pgID: ShardPGID, trimTo: EVersion) {
    self.epoch = epoch
    self.pgID = pgID
    self.trimTo = trimTo
  }

  package static var type: MessageType { .osdPGTrim }
  package static var version: UInt16 { 2 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    pgID = ShardPGID(try front.read())
    trimTo = try front.read()
    pgID.shard = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(pgID.pgID)
    writer.write(trimTo)
    writer.write(pgID.shard)
  }
}
