import Buffers
import RadosTypes
import Wire

/// The monitor's answer to such a step.
///
/// Ceph: `MAuthReply`. Layout: method: u32, result: s32, globalID: u64, payload: bufferlist,
/// text: string.
package struct MAuthReply: Message {
  package var method: UInt32
  package var result: Int32
  package var globalID: UInt64
  package var payload: ByteSlice
  package var text: String

  package init(
    method: UInt32, result: Int32, globalID: UInt64, payload: ByteSlice, text: String = ""
  ) {
    self.method = method
    self.result = result
    self.globalID = globalID
    self.payload = payload
    self.text = text
  }

  package static var type: MessageType { .authReply }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    method = try front.read()
    result = try front.read()
    globalID = try front.read()
    payload = try front.readBytes()
    text = try front.readString()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(method)
    writer.write(result)
    writer.write(globalID)
    writer.write(payload)
    writer.write(text)
  }
}
