import Buffers
import RadosTypes
import Wire

/// A step of authentication with the monitor, after the connection stands.
///
/// Ceph: `MAuth`. Layout: paxos, method: u32, payload: bufferlist, monMapEpoch: u32.
package struct MAuth: Message {
  package var paxos: PaxosHeader
  /// 0 unknown, 1 none, 2 cephx.
  package var method: UInt32
  package var payload: ByteSlice
  package var monMapEpoch: UInt32

  package init(
    paxos: PaxosHeader = PaxosHeader(), method: UInt32, payload: ByteSlice,
    monMapEpoch: UInt32 = 0
  ) {
    self.paxos = paxos
    self.method = method
    self.payload = payload
    self.monMapEpoch = monMapEpoch
  }

  package static var type: MessageType { .auth }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    method = try front.read()
    payload = try front.readBytes()
    monMapEpoch = front.isAtEnd ? 0 : try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(method)
    writer.write(payload)
    writer.write(monMapEpoch)
  }
}
