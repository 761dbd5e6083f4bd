import Buffers
import RadosTypes
import Wire

/// Those entries are in the log.
///
/// Ceph: `MOSDPGUpdateLogMissingReply` v3. Layout: epoch: u32, pgID: spg_t, fromShard: s8, tid:
/// u64, minEpoch: u32, lastCompleteOnDisk: eversion_t.
package struct MOSDPGUpdateLogMissingReply: Message {
  package var epoch: UInt32
  package var pgID: ShardPGID
  package var fromShard: Int8
  package var tid: UInt64
  package var minEpoch: UInt32
  package var lastCompleteOnDisk: EVersion

  package init(
    epoch: UInt32, pgID: ShardPGID, fromShard: Int8, tid: UInt64, minEpoch: UInt32,
    lastCompleteOnDisk: EVersion
  ) {
    self.epoch = epoch
    self.pgID = pgID
    self.fromShard = fromShard
    self.tid = tid
    self.minEpoch = minEpoch
    self.lastCompleteOnDisk = lastCompleteOnDisk
  }

  package static var type: MessageType { .osdPGUpdateLogMissingReply }
  package static var version: UInt16 { 3 }
  package static var priority: UInt16 { MessagePriority.high }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    pgID = try front.read()
    fromShard = try front.read()
    tid = try front.read()
    minEpoch = header.version >= 2 ? try front.read() : epoch
    lastCompleteOnDisk = header.version >= 3 ? try front.read() : .zero
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(pgID)
    writer.write(fromShard)
    writer.write(tid)
    writer.write(minEpoch)
    writer.write(lastCompleteOnDisk)
  }
}
