import Buffers
import RadosTypes
import Wire

/// The answer to a command.
///
/// Ceph: `MCommandReply`. Layout: result: s32, status: string.
package struct MCommandReply: Message {
  /// 0 or a negative errno.
  package var result: Int32
  /// For people.
  package var status: String
  /// Output.
  package var data: BufferList

  package init(result: Int32, status: String, data: BufferList = BufferList()) {
    self.result = result
    self.status = status
    self.data = data
  }

  package static var type: MessageType { .commandReply }
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
