import Buffers
import RadosTypes
import Wire

/// What a replica found.
///
/// Ceph: `MOSDRepScrubMap` v2. Layout: pgID: spg_t, epoch: u32, from: pg_shard_t, isPreempted: u8.
package struct MOSDRepScrubMap: Message {
  package var pgID: ShardPGID
  package var epoch: UInt32
  package var from: PGShard
  package var isPreempted: Bool
  /// An encoded `ScrubMap`.
  package var data: BufferList

  package init(
    pgID: ShardPGID, epoch: UInt32, from: PGShard, isPreempted: Bool = false,
    data: BufferList = BufferList()
  ) {
    self.pgID = pgID
    self.epoch = epoch
    self.from = from
    self.isPreempted = isPreempted
    self.data = data
  }

  package static var type: MessageType { .osdRepScrubMap }
  package static var version: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    epoch = try front.read()
    from = try front.read()
    isPreempted = header.version >= 2 ? try front.readBool() : false
    self.data = data
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(epoch)
    writer.write(from)
    writer.write(isPreempted)
  }
}
