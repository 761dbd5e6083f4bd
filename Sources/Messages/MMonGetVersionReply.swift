import Buffers
import RadosTypes
import Wire

/// Which versions the monitor has.
///
/// Ceph: `MMonGetVersionReply` v2. Layout: handle: u64, newest: u64, oldest: u64.
package struct MMonGetVersionReply: Message {
  package var handle: UInt64
  package var newest: UInt64
  package var oldest: UInt64

  package init(handle: UInt64, newest: UInt64, oldest: UInt64) {
    self.handle = handle
    self.newest = newest
    self.oldest = oldest
  }

  package static var type: MessageType { .monGetVersionReply }
  package static var version: UInt16 { 2 }
  package static var compatVersion: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    handle = try front.read()
    newest = try front.read()
    oldest = header.version >= 2 ? try front.read() : 0
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(handle)
    writer.write(newest)
    writer.write(oldest)
  }
}
