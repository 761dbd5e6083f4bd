import Buffers
import RadosTypes
import Wire

/// A primary asks another OSD about a PG.
///
/// Ceph: `MOSDPGQuery2`. Layout: pgID: spg_t, query: pg_query_t.
package struct MOSDPGQuery2: Message {
  package var pgID: ShardPGID
  package var query: PGQuery

  package init(pgID: ShardPGID, query: PGQuery) {
    self.pgID = pgID
    self.query = query
  }

  package static var type: MessageType { .osdPGQuery2 }
  package static var version: UInt16 { 1 }
  package static var priority: UInt16 { MessagePriority.high }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    pgID = try front.read()
    query = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(pgID)
    writer.write(query)
  }
}
