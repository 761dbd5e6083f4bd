import Buffers
import RadosTypes
import Wire

/// Log entries without a transaction, such as those of failed writes.
///
/// Ceph: `MOSDPGUpdateLogMissing` v3. Layout: epoch: u32, pgID: spg_t, fromShard: s8, tid: u64,
/// entries: list<pg_log_entry_t>, minEpoch: u32, trimTo: eversion_t, rollForwardTo: eversion_t.
package struct MOSDPGUpdateLogMissing: Message {
  package var epoch: UInt32
  package var pgID: ShardPGID
  package var fromShard: Int8
  package var tid: UInt64
  package var entries: [PGLogEntry]
  package var minEpoch: UInt32
  package var trimTo: EVersion
  package var rollForwardTo: EVersion

  package init(
    epoch: UInt32, pgID: ShardPGID, fromShard: Int8, tid: UInt64, entries: [PGLogEntry],
    minEpoch: UInt32, trimTo: EVersion, rollForwardTo: EVersion
  ) {
    self.epoch = epoch
    self.pgID = pgID
    self.fromShard = fromShard
    self.tid = tid
    self.entries = entries
    self.minEpoch = minEpoch
    self.trimTo = trimTo
    self.rollForwardTo = rollForwardTo
  }

  package static var type: MessageType { .osdPGUpdateLogMissing }
  package static var version: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    pgID = try front.read()
    fromShard = try front.read()
    tid = try front.read()
    entries = try front.readArray()
    minEpoch = header.version >= 2 ? try front.read() : epoch
    trimTo = header.version >= 3 ? try front.read() : .zero
    rollForwardTo = header.version >= 3 ? try front.read() : .zero
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(pgID)
    writer.write(fromShard)
    writer.write(tid)
    writer.write(array: entries)
    writer.write(minEpoch)
    writer.write(trimTo)
    writer.write(rollForwardTo)
  }
}
