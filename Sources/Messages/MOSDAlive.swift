import Buffers
import RadosTypes
import Wire

/// Asks the monitor to note that this OSD is up through an epoch; peering needs it.
///
/// Ceph: `MOSDAlive`. Layout: paxos, want: u32.
package struct MOSDAlive: Message {
  package var paxos: PaxosHeader
  /// The epoch.
  package var want: UInt32

  package init(paxos: PaxosHeader = PaxosHeader(), want: UInt32) {
    self.paxos = paxos
    self.want = want
  }

  package static var type: MessageType { .osdAlive }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    want = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(want)
  }
}
