import Buffers
import RadosTypes
import Wire

/// A PG's log, or a part of it, with what its holder lacks.
///
/// Ceph: `MOSDPGLog` v6/5. Layout: epoch: u32, info: pg_info_t, log: pg_log_t, missing:
/// pg_missing_t, queryEpoch: u32, pastIntervals: PastIntervals, to: s8, from: s8, lease: optional
/// pg_lease_t.
package struct MOSDPGLog: Message {
  package var epoch: UInt32
  package var info: PGInfo
  package var log: PGLogRecord
  package var missing: Missing
  package var queryEpoch: UInt32
  package var pastIntervals: PastIntervals
  package var to: Int8
  package var from: Int8
  package var lease: PGLease?

  package init(
    epoch: UInt32, info: PGInfo, log: PGLogRecord, missing: Missing, queryEpoch: UInt32,
    pastIntervals: PastIntervals = PastIntervals(), to: Int8 = ShardPGID.noShard,
    from: Int8 = ShardPGID.noShard, lease: PGLease? = nil
  ) {
    self.epoch = epoch
    self.info = info
    self.log = log
    self.missing = missing
    self.queryEpoch = queryEpoch
    self.pastIntervals = pastIntervals
    self.to = to
    self.from = from
    self.lease = lease
  }

  package static var type: MessageType { .osdPGLog }
  package static var version: UInt16 { 6 }
  package static var compatVersion: UInt16 { 5 }
  package static var priority: UInt16 { MessagePriority.high }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    info = try front.read()
    log = try front.read()
    missing = try front.read()
    queryEpoch = try front.read()
    pastIntervals = try front.read()
    to = try front.read()
    from = try front.read()
    lease =
      header.version >= 6
      ? try front.readOptional { (reader) throws(DecodeError) in
        try PGLease(from: &reader)
      } : nil
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(info)
    writer.write(log)
    writer.write(missing)
    writer.write(queryEpoch)
    writer.write(pastIntervals)
    writer.write(to)
    writer.write(from)
    writer.write(optional: lease) { writer, lease in writer.write(lease) }
  }
}
