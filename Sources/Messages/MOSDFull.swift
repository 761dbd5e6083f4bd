import Buffers
import RadosTypes
import Wire

/// Tells the monitor that this OSD is fuller, or less full, than the map says.
///
/// Ceph: `MOSDFull`. Layout: paxos, epoch: u32, state: u32.
package struct MOSDFull: Message {
  package var paxos: PaxosHeader
  package var epoch: UInt32
  /// 0x10 full, 0x20 near full, 0x40 too full for backfill.
  package var state: UInt32

  package init(paxos: PaxosHeader = PaxosHeader(), epoch: UInt32, state: UInt32) {
    self.paxos = paxos
    self.epoch = epoch
    self.state = state
  }

  package static var type: MessageType { .osdFull }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    epoch = try front.read()
    state = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(epoch)
    writer.write(state)
  }
}
