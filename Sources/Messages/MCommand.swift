import Buffers
import RadosTypes
import Wire

/// A command for this daemon (`ceph tell`).
///
/// Ceph: `MCommand`. Layout: fsid: uuid, command: vector<string>.
package struct MCommand: Message {
  package var fsid: UniqueID
  /// One JSON object, in one or more pieces.
  package var command: [String]
  /// Input.
  package var data: BufferList

  package init(fsid: UniqueID, command: [String], data: BufferList = BufferList()) {
    self.fsid = fsid
    self.command = command
    self.data = data
  }

  package static var type: MessageType { .command }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    fsid = try front.read()
    command = try front.readStrings()
    self.data = data
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(fsid)
    writer.write(strings: command)
  }
}
