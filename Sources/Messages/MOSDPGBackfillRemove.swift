import Buffers
import RadosTypes
import Wire

/// A primary asks for objects to be removed before backfill passes them.
///
/// Ceph: `MOSDPGBackfillRemove`. Layout: pgID: spg_t, epoch: u32, objects: vector<{hobject_t,
/// eversion_t}>.
package struct MOSDPGBackfillRemove: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  package var objects: [ObjectVersion]

  package init(pgID: ShardPGID, epoch: UInt32, objects: [ObjectVersion]) {
    self.pgID = pgID
    self.epoch = epoch
    self.objects = objects
  }

  package static var type: MessageType { .osdPGBackfillRemove }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    epoch = try front.read()
    objects = try front.readArray()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(epoch)
    writer.write(array: objects)
  }
}
