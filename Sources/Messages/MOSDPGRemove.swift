import Buffers
import RadosTypes
import Wire

/// A primary tells an OSD to remove its copies of some PGs.
///
/// Ceph: `MOSDPGRemove` v3/3. Layout: epoch: u32, pgs: vector<spg_t>.
package struct MOSDPGRemove: Message {
  package var epoch: UInt32
  package var pgs: [ShardPGID]

  package init(epoch: UInt32, pgs: [ShardPGID]) {
    self.epoch = epoch
    self.pgs = pgs
  }

  package static var type: MessageType { .osdPGRemove }
  package static var version: UInt16 { 3 }
  package static var compatVersion: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    pgs = try front.readArray()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(array: pgs)
  }
}
