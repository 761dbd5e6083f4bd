import Buffers
import RadosTypes
import Wire

/// A command for the monitor.
///
/// Ceph: `MMonCommand`. Layout: paxos, fsid: uuid, command: vector<string>.
package struct MMonCommand: Message {
  package var paxos: PaxosHeader
  package var fsid: UniqueID
  /// One JSON object, in one or more pieces.
  package var command: [String]
  /// Input, such as a key.
  package var data: BufferList

  package init(
    paxos: PaxosHeader = PaxosHeader(), fsid: UniqueID, command: [String],
    data: BufferList = BufferList()
  ) {
    self.paxos = paxos
    self.fsid = fsid
    self.command = command
    self.data = data
  }

  package static var type: MessageType { .monCommand }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    fsid = try front.read()
    command = try front.readStrings()
    self.data = data
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(fsid)
    writer.write(strings: command)
  }
}
