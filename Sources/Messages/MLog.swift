import Buffers
import RadosTypes
import Wire

/// Lines for the cluster's log.
///
/// Ceph: `MLog`. Layout: paxos, fsid: uuid, entries: vector<LogEntry>.
package struct MLog: Message {
  package var paxos: PaxosHeader
  package var fsid: UniqueID
  package var entries: [LogEntry]

  package init(paxos: PaxosHeader = PaxosHeader(), fsid: UniqueID, entries: [LogEntry]) {
    self.paxos = paxos
    self.fsid = fsid
    self.entries = entries
  }

  package static var type: MessageType { .log }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    fsid = try front.read()
    entries = try front.readArray()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(fsid)
    writer.write(array: entries)
  }
}
