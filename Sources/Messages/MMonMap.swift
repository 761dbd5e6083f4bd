import Buffers
import RadosTypes
import Wire

/// The map of monitors, encoded.
///
/// Ceph: `MMonMap`. Layout: map: bufferlist.
package struct MMonMap: Message {
  /// An encoded `MonMap`.
  package var map: ByteSlice

  package init(map: ByteSlice) {
    self.map = map
  }

  package static var type: MessageType { .monMap }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    map = try front.readBytes()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(map)
  }
}
