import Buffers
import RadosTypes
import Wire

/// Tells the monitor that a PG of a new pool exists.
///
/// Ceph: `MOSDPGCreated`. Layout: paxos, pgID: pg_t.
package struct MOSDPGCreated: Message {
  package var paxos: PaxosHeader
  package var pgID: PGID

  package init(paxos: PaxosHeader = PaxosHeader(), pgID: PGID) {
    self.paxos = paxos
    self.pgID = pgID
  }

  package static var type: MessageType { .osdPGCreated }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    pgID = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(pgID)
  }
}
