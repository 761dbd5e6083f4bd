import Buffers
import RadosTypes
import Wire

/// Asks for nothing; keeps a connection in use.
///
/// Ceph: `MPing`. Empty.
package struct MPing: Message {
  package init() {}

  package static var type: MessageType { .ping }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {}

  package func encodeFront(into writer: inout WireWriter) {}
}
