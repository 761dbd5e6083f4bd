import Buffers
import RadosTypes
import Wire

/// Up to which line the monitor has the log.
///
/// Ceph: `MLogAck`. Layout: fsid: uuid, last: u64, channel: string.
package struct MLogAck: Message {
  package var fsid: UniqueID
  package var last: UInt64
  package var channel: String

  package init(fsid: UniqueID, last: UInt64, channel: String = "cluster") {
    self.fsid = fsid
    self.last = last
    self.channel = channel
  }

  package static var type: MessageType { .logAck }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    fsid = try front.read()
    last = try front.read()
    channel = front.isAtEnd ? "" : try front.readString()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(fsid)
    writer.write(last)
    writer.write(channel)
  }
}
