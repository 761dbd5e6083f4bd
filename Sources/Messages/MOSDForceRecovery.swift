import Buffers
import RadosTypes
import Wire

/// The manager asks for some PGs to be recovered first, or no longer.
///
/// Ceph: `MOSDForceRecovery` v2/2. Layout: fsid: uuid, pgs: vector<spg_t>, options: u8.
package struct MOSDForceRecovery: Message {
  package var fsid: UniqueID
  package var pgs: [ShardPGID]
  /// 1 recovery, 2 backfill, 4 cancel.
  package var options: UInt8

  package init(fsid: UniqueID, pgs: [ShardPGID], options: UInt8) {
    self.fsid = fsid
    self.pgs = pgs
    self.options = options
  }

  package static var type: MessageType { .osdForceRecovery }
  package static var version: UInt16 { 2 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 2 else {
      throw .tooOld("\(Self.type)", version: UInt8(clamping: header.version))
    }
    fsid = try front.read()
    pgs = try front.readArray()
    options = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(fsid)
    writer.write(array: pgs)
    writer.write(options)
  }
}
