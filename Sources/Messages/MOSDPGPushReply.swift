import Buffers
import RadosTypes
import Wire

/// Pushed objects, or parts of them, are stored.
///
/// Ceph: `MOSDPGPushReply` v3/2. Layout: pgID: pg_t, epoch: u32, replies: vector<PushReplyOp>,
/// cost: u64, shard: s8, from: pg_shard_t, minEpoch: u32.
package struct MOSDPGPushReply: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  package var replies: [PushReplyOp]
  /// For the receiver's scheduling; bytes.
  package var cost: UInt64
  package var from: PGShard
  package var minEpoch: UInt32

  package init(
    pgID: ShardPGID, epoch: UInt32, replies: [PushReplyOp], cost: UInt64 = 0, from: PGShard,
    minEpoch: UInt32
  ) {
    self.pgID = pgID
    self.epoch = epoch
    self.replies = replies
    self.cost = cost
    self.from = from
    self.minEpoch = minEpoch
  }

  package static var type: MessageType { .osdPGPushReply }
  package static var version: UInt16 { 3 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = ShardPGID(try front.read())
    epoch = try front.read()
    replies = try front.readArray()
    cost = try front.read()
    pgID.shard = try front.read()
    from = try front.read()
    minEpoch = header.version >= 3 ? try front.read() : epoch
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID.pgID)
    writer.write(epoch)
    writer.write(array: replies)
    writer.write(cost)
    writer.write(pgID.shard)
    writer.write(from)
    writer.write(minEpoch)
  }
}
