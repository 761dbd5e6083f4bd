import Buffers
import RadosTypes
import Wire

/// Asks the monitor to mark this OSD down, since it stops; the monitor sends it back when done.
///
/// Ceph: `MOSDMarkMeDown` v4/3. Layout: `paxos, fsid, osd: s32, addresses: entity_addrvec_t, epoch: u32,
/// wantsAck: u8, isDead: u8`.
package struct MOSDMarkMeDown: Message {
  package var paxos: PaxosHeader
  package var fsid: UniqueID
  package var osd: Int32
  package var addresses: EntityAddresses
  package var epoch: UInt32
  package var wantsAck: Bool
  /// Nobody need wait until its reads have expired.
  package var isDead: Bool

  package init(
    paxos: PaxosHeader = PaxosHeader(), fsid: UniqueID, osd: Int32, addresses: EntityAddresses,
    epoch: UInt32, wantsAck: Bool = true, isDead: Bool = true
  ) {
    self.paxos = paxos
    self.fsid = fsid
    self.osd = osd
    self.addresses = addresses
    self.epoch = epoch
    self.wantsAck = wantsAck
    self.isDead = isDead
  }

  package static var type: MessageType { .osdMarkMeDown }
  package static var version: UInt16 { 4 }
  package static var compatVersion: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 3 else {
      throw .tooOld("\(Self.type)", version: UInt8(clamping: header.version))
    }
    paxos = try front.read()
    fsid = try front.read()
    osd = try front.read()
    addresses = try front.read()
    epoch = try front.read()
    wantsAck = try front.readBool()
    isDead = header.version >= 4 ? try front.readBool() : false
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(fsid)
    writer.write(osd)
    writer.write(addresses)
    writer.write(epoch)
    writer.write(wantsAck)
    writer.write(isDead)
  }
}
