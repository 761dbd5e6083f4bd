import Buffers
import RadosTypes
import Wire

/// Tells the monitor that this OSD is down for good since an epoch.
///
/// Ceph: `MOSDMarkMeDead`. Layout: paxos, fsid: uuid, osd: s32, epoch: u32.
package struct MOSDMarkMeDead: Message {
  package var paxos: PaxosHeader
  package var fsid: UniqueID
  package var osd: Int32
  package var epoch: UInt32

  package init(paxos: PaxosHeader = PaxosHeader(), fsid: UniqueID, osd: Int32, epoch: UInt32) {
    self.paxos = paxos
    self.fsid = fsid
    self.osd = osd
    self.epoch = epoch
  }

  package static var type: MessageType { .osdMarkMeDead }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    fsid = try front.read()
    osd = try front.read()
    epoch = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(fsid)
    writer.write(osd)
    writer.write(epoch)
  }
}
