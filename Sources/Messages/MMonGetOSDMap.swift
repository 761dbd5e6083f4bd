import Buffers
import RadosTypes
import Wire

/// Asks the monitor for maps by epoch; 0 to 0 is none.
///
/// Ceph: `MMonGetOSDMap`. Layout: paxos, fullFirst: u32, fullLast: u32, incrementalFirst: u32,
/// incrementalLast: u32.
package struct MMonGetOSDMap: Message {
  package var paxos: PaxosHeader
  package var fullFirst: UInt32
  package var fullLast: UInt32
  package var incrementalFirst: UInt32
  package var incrementalLast: UInt32

  package init(
    paxos: PaxosHeader = PaxosHeader(), fullFirst: UInt32 = 0, fullLast: UInt32 = 0,
    incrementalFirst: UInt32 = 0, incrementalLast: UInt32 = 0
  ) {
    self.paxos = paxos
    self.fullFirst = fullFirst
    self.fullLast = fullLast
    self.incrementalFirst = incrementalFirst
    self.incrementalLast = incrementalLast
  }

  package static var type: MessageType { .monGetOSDMap }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    fullFirst = try front.read()
    fullLast = try front.read()
    incrementalFirst = try front.read()
    incrementalLast = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(fullFirst)
    writer.write(fullLast)
    writer.write(incrementalFirst)
    writer.write(incrementalLast)
  }
}
