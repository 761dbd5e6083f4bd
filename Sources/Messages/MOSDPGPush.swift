import Buffers
import RadosTypes
import Wire

/// Brings objects, or parts of them, to an OSD that lacks them.
///
/// Ceph: `MOSDPGPush` v4/2. Layout: pgID: pg_t, epoch: u32, pushes: vector<PushOp>, cost: u64,
/// shard: s8, from: pg_shard_t, minEpoch: u32, isRepair: u8.
package struct MOSDPGPush: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  package var pushes: [PushOp]
  /// For the receiver's scheduling; bytes.
  package var cost: UInt64
  package var from: PGShard
  package var minEpoch: UInt32
  package var isRepair: Bool

  package init(
    pgID: ShardPGID, epoch: UInt32, pushes: [PushOp], cost: UInt64 = 0, from: PGShard,
    minEpoch: UInt32, isRepair: Bool = false
  ) {
    self.pgID = pgID
    self.epoch = epoch
    self.pushes = pushes
    self.cost = cost
    self.from = from
    self.minEpoch = minEpoch
    self.isRepair = isRepair
  }

  package static var type: MessageType { .osdPGPush }
  package static var version: UInt16 { 4 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = ShardPGID(try front.read())
    epoch = try front.read()
    pushes = try front.readArray()
    cost = try front.read()
    pgID.shard = try front.read()
    from = try front.read()
    minEpoch = header.version >= 3 ? try front.read() : epoch
    isRepair = header.version >= 4 ? try front.readBool() : false
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID.pgID)
    writer.write(epoch)
    writer.write(array: pushes)
    writer.write(cost)
    writer.write(pgID.shard)
    writer.write(from)
    writer.write(minEpoch)
    writer.write(isRepair)
  }
}
