import Buffers
import RadosTypes
import Wire

/// The manager asks for a scrub.
///
/// Ceph: `MOSDScrub2`. Layout: fsid: uuid, epoch: u32, pgs: vector<spg_t>, isRepair: u8, isDeep:
/// u8.
package struct MOSDScrub2: Message {
  package var fsid: UniqueID
  package var epoch: UInt32
  package var pgs: [ShardPGID]
  package var isRepair: Bool
  package var isDeep: Bool

  package init(fsid: UniqueID, epoch: UInt32, pgs: [ShardPGID], isRepair: Bool, isDeep: Bool) {
    self.fsid = fsid
    self.epoch = epoch
    self.pgs = pgs
    self.isRepair = isRepair
    self.isDeep = isDeep
  }

  package static var type: MessageType { .osdScrub2 }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    fsid = try front.read()
    epoch = try front.read()
    pgs = try front.readArray()
    isRepair = try front.readBool()
    isDeep = try front.readBool()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(fsid)
    writer.write(epoch)
    writer.write(array: pgs)
    writer.write(isRepair)
    writer.write(isDeep)
  }
}
