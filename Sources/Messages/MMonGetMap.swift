import Buffers
import RadosTypes
import Wire

/// Asks the monitor for the map of monitors.
///
/// Ceph: `MMonGetMap`. Empty.
package struct MMonGetMap: Message {
  package init() {}

  package static var type: MessageType { .monGetMap }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {}

  package func encodeFront(into writer: inout WireWriter) {}
}
