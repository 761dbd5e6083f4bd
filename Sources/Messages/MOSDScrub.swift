import Buffers
import RadosTypes
import Wire

/// A manager older than mimic asks for a scrub.
///
/// Ceph: `MOSDScrub` v2/2. Layout: fsid: uuid, pgs: vector<pg_t>, isRepair: u8, isDeep: u8.
package struct MOSDScrub: Message {
  package var fsid: UniqueID
  /// All that the OSD leads, if there are none.
  package var pgs: [PGID]
  package var isRepair: Bool
  package var isDeep: Bool

  package init(fsid: UniqueID, pgs: [PGID], isRepair: Bool, isDeep: Bool) {
    self.fsid = fsid
    self.pgs = pgs
    self.isRepair = isRepair
    self.isDeep = isDeep
  }

  package static var type: MessageType { .osdScrub }
  package static var version: UInt16 { 2 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    fsid = try front.read()
    pgs = try front.readArray()
    isRepair = try front.readBool()
    isDeep = try front.readBool()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(fsid)
    writer.write(array: pgs)
    writer.write(isRepair)
    writer.write(isDeep)
  }
}
