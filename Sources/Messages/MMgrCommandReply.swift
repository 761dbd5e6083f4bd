import Buffers
import RadosTypes
import Wire

/// The manager's answer to a command.
///
/// Ceph: `MMgrCommandReply`. Layout: result: s32, status: string.
package struct MMgrCommandReply: Message {
  package var result: Int32
  package var status: String
  /// Output.
  package var data: BufferList

  package init(result: Int32, status: String, data: BufferList = BufferList()) {
    self.result = result
    self.status = status
    self.data = data
  }

  package static var type: MessageType { .mgrCommandReply }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    result = try front.read()
    status = try front.readString()
    self.data = data
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(result)
    writer.write(status)
  }
}
