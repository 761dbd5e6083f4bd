import Buffers
import RadosTypes
import Wire

/// This daemon leaves the manager.
///
/// Ceph: `MMgrClose`. Layout: daemonName: string, serviceName: string.
package struct MMgrClose: Message {
  package var daemonName: String
  package var serviceName: String

  package init(daemonName: String, serviceName: String = "") {
    self.daemonName = daemonName
    self.serviceName = serviceName
  }

  package static var type: MessageType { .mgrClose }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    daemonName = try front.readString()
    serviceName = try front.readString()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(daemonName)
    writer.write(serviceName)
  }
}
