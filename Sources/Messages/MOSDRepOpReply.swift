import Buffers
import RadosTypes
import Wire

/// A replica has done a primary's order.
///
/// Ceph: `MOSDRepOpReply` v2. Layout: `epoch, minEpoch: u32, trace: 24 bytes, reqID, pgID: spg_t, reached:
/// u8 (4 on disk), result: s32, lastCompleteOnDisk: eversion_t, from: pg_shard_t`.
package struct MOSDRepOpReply: Sendable {
  package var epoch: UInt32
  package var minEpoch: UInt32
  package var reqID: ReqID
  package var pgID: ShardPGID
  package var reached: UInt8 = 4
  package var result: Int32 = 0
  package var lastCompleteOnDisk: EVersion
  package var from: PGShard
  /// The order's number.
  package var tid: UInt64

  /// To `order`, from the shard that carried it out.
  package init(to order: MOSDRepOp, epoch: UInt32, lastCompleteOnDisk: EVersion, from: PGShard) {
    self.epoch = epoch
    minEpoch = order.minEpoch
    reqID = order.reqID
    pgID = order.pgID
    self.lastCompleteOnDisk = lastCompleteOnDisk
    self.from = from
    tid = order.tid
    pgID.shard = order.from.shard
  }
}

extension MOSDRepOpReply: Message {
  package static var type: MessageType { .osdRepOpReply }
  package static var version: UInt16 { 2 }
  package static var priority: UInt16 { MessagePriority.high }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 2 else {
      throw .tooOld("osd_repop_reply", version: UInt8(clamping: header.version))
    }
    tid = header.tid
    epoch = try front.read()
    minEpoch = try front.read()
    try front.skip(BlkinTrace.byteCount)
    reqID = try front.read()
    pgID = try front.read()
    reached = try front.read()
    result = try front.read()
    lastCompleteOnDisk = try front.read()
    from = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(minEpoch)
    writer.writeZeros(BlkinTrace.byteCount)
    writer.write(reqID)
    writer.write(pgID)
    writer.write(reached)
    writer.write(result)
    writer.write(lastCompleteOnDisk)
    writer.write(from)
  }
}
