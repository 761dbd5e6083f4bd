import Buffers
import RadosTypes
import Wire

/// The map of managers, encoded.
///
/// Ceph: `MMgrMap`. Layout: map: MgrMap.
package struct MMgrMap: Message {
  /// An encoded `MgrMap`, with its envelope.
  package var map: ByteSlice

  package init(map: ByteSlice) {
    self.map = map
  }

  package static var type: MessageType { .mgrMap }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    map = try front.readFrame()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.writeRaw(map)
  }
}
