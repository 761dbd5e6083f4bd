import Buffers
import RadosTypes
import Wire

/// The monitor of old says for how long a subscription lasts.
///
/// Ceph: `MMonSubscribeAck`. Layout: interval: u32, fsid: uuid.
package struct MMonSubscribeAck: Message {
  /// Seconds.
  package var interval: UInt32
  package var fsid: UniqueID

  package init(interval: UInt32, fsid: UniqueID) {
    self.interval = interval
    self.fsid = fsid
  }

  package static var type: MessageType { .monSubscribeAck }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    interval = try front.read()
    fsid = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(interval)
    writer.write(fsid)
  }
}
