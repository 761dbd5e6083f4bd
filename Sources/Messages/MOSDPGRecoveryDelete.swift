import Buffers
import RadosTypes
import Wire

/// A primary asks for objects to be removed that are no more.
///
/// Ceph: `MOSDPGRecoveryDelete` v2. Layout: from: pg_shard_t, pgID: spg_t, epoch: u32, minEpoch:
/// u32, cost: u64, objects: list<{hobject_t, eversion_t}>.
package struct MOSDPGRecoveryDelete: Message {
  package var from: PGShard
  package var pgID: ShardPGID
  package var epoch: UInt32
  package var minEpoch: UInt32
  package var cost: UInt64
  package var objects: [ObjectVersion]

  package init(
    from: PGShard, pgID: ShardPGID, epoch: UInt32, minEpoch: UInt32, cost: UInt64 = 0,
    objects: [ObjectVersion]
  ) {
    self.from = from
    self.pgID = pgID
    self.epoch = epoch
    self.minEpoch = minEpoch
    self.cost = cost
    self.objects = objects
  }

  package static var type: MessageType { .osdPGRecoveryDelete }
  package static var version: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    from = try front.read()
    pgID = try front.read()
    epoch = try front.read()
    minEpoch = try front.read()
    cost = try front.read()
    objects = try front.readArray()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(from)
    writer.write(pgID)
    writer.write(epoch)
    writer.write(minEpoch)
    writer.write(cost)
    writer.write(array: objects)
  }
}
