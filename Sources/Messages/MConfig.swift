import Buffers
import RadosTypes
import Wire

/// The options that the monitor keeps for this daemon.
///
/// Ceph: `MConfig`. Layout: options: map<string, string>.
package struct MConfig: Message {
  package var options: [String: String]

  package init(options: [String: String]) {
    self.options = options
  }

  package static var type: MessageType { .config }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    options = try front.readStringMap()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(stringMap: options)
  }
}
