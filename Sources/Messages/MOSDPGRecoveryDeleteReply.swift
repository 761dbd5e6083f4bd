import Buffers
import RadosTypes
import Wire

/// The objects are removed.
///
/// Ceph: `MOSDPGRecoveryDeleteReply` v2. Layout: pgID: pg_t, epoch: u32, minEpoch: u32, objects:
/// list<{hobject_t, eversion_t}>, shard: s8, from: pg_shard_t.
package struct MOSDPGRecoveryDeleteReply: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  package var minEpoch: UInt32
  package var objects: [ObjectVersion]
  package var from: PGShard

  package init(
    pgID: ShardPGID, epoch: UInt32, minEpoch: UInt32, objects: [ObjectVersion], from: PGShard
  ) {
    self.pgID = pgID
    self.epoch = epoch
    self.minEpoch = minEpoch
    self.objects = objects
    self.from = from
  }

  package static var type: MessageType { .osdPGRecoveryDeleteReply }
  package static var version: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = ShardPGID(try front.read())
    epoch = try front.read()
    minEpoch = try front.read()
    objects = try front.readArray()
    pgID.shard = try front.read()
    from = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID.pgID)
    writer.write(epoch)
    writer.write(minEpoch)
    writer.write(array: objects)
    writer.write(pgID.shard)
    writer.write(from)
  }
}
