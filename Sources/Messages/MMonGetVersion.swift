import Buffers
import RadosTypes
import Wire

/// Asks the monitor which versions of something it has.
///
/// Ceph: `MMonGetVersion`. Layout: handle: u64, what: string.
package struct MMonGetVersion: Message {
  /// Comes back in the reply.
  package var handle: UInt64
  /// Such as `osdmap`.
  package var what: String

  package init(handle: UInt64, what: String) {
    self.handle = handle
    self.what = what
  }

  package static var type: MessageType { .monGetVersion }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    handle = try front.read()
    what = try front.readString()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(handle)
    writer.write(what)
  }
}
