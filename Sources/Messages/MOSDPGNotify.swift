import Buffers
import RadosTypes
import Wire

/// Tells a primary what this OSD has of some PGs.
///
/// Ceph: `MOSDPGNotify` v7/6. Layout: epoch: u32, notifies: vector<pg_notify_t>.
package struct MOSDPGNotify: Message {
  package var epoch: UInt32
  package var notifies: [PGNotify]

  package init(epoch: UInt32, notifies: [PGNotify]) {
    self.epoch = epoch
    self.notifies = notifies
  }

  package static var type: MessageType { .osdPGNotify }
  package static var version: UInt16 { 7 }
  package static var compatVersion: UInt16 { 6 }
  package static var priority: UInt16 { MessagePriority.high }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 7 else {
      throw .tooOld("\(Self.type)", version: UInt8(clamping: header.version))
    }
    epoch = try front.read()
    notifies = try front.readArray()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(array: notifies)
  }
}
