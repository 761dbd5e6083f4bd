import Buffers
import RadosTypes
import Wire

/// The answer to a command.
///
/// Ceph: `MMonCommandAck`. Layout: paxos, result: s32, status: string, command: vector<string>.
package struct MMonCommandAck: Message {
  package var paxos: PaxosHeader
  /// 0 or a negative errno.
  package var result: Int32
  /// For people.
  package var status: String
  /// One JSON object, in one or more pieces.
  package var command: [String]
  /// Output.
  package var data: BufferList

  package init(
    paxos: PaxosHeader = PaxosHeader(), result: Int32, status: String, command: [String],
    data: BufferList = BufferList()
  ) {
    self.paxos = paxos
    self.result = result
    self.status = status
    self.command = command
    self.data = data
  }

  package static var type: MessageType { .monCommandAck }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    result = try front.read()
    status = try front.readString()
    command = try front.readStrings()
    self.data = data
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(result)
    writer.write(status)
    writer.write(strings: command)
  }
}
