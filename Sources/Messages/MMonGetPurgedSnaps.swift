import Buffers
import RadosTypes
import Wire

/// Asks which snapshots were purged in some epochs.
///
/// Ceph: `MMonGetPurgedSnaps`. Layout: paxos, start: u32, last: u32.
package struct MMonGetPurgedSnaps: Message {
  package var paxos: PaxosHeader
  package var start: UInt32
  package var last: UInt32

  package init(paxos: PaxosHeader = PaxosHeader(), start: UInt32, last: UInt32) {
    self.paxos = paxos
    self.start = start
    self.last = last
  }

  package static var type: MessageType { .monGetPurgedSnaps }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    start = try front.read()
    last = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(start)
    writer.write(last)
  }
}
