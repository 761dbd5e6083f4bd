import Buffers
import RadosTypes
import Wire

/// Tells a primary what this OSD has of a PG.
///
/// Ceph: `MOSDPGNotify2`. Layout: pgID: spg_t, notify: pg_notify_t.
package struct MOSDPGNotify2: Message {
  package var pgID: ShardPGID
  package var notify: PGNotify

  package init(pgID: ShardPGID, notify: PGNotify) {
    self.pgID = pgID
    self.notify = notify
  }

  package static var type: MessageType { .osdPGNotify2 }
  package static var version: UInt16 { 1 }
  package static var priority: UInt16 { MessagePriority.high }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    notify = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(notify)
  }
}
