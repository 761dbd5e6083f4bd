import Buffers
import RadosTypes
import Wire

/// Asks the monitor for another acting set of some PGs; an empty one ends it.
///
/// Ceph: `MOSDPGTemp` v2. Layout: paxos, epoch: u32, wanted: map<pg_t, vector<s32>>, isForced: u8.
package struct MOSDPGTemp: Message {
  package var paxos: PaxosHeader
  package var epoch: UInt32
  package var wanted: [PGID: [Int32]]
  package var isForced: Bool

  package init(
    paxos: PaxosHeader = PaxosHeader(), epoch: UInt32, wanted: [PGID: [Int32]],
    isForced: Bool = false
  ) {
    self.paxos = paxos
    self.epoch = epoch
    self.wanted = wanted
    self.isForced = isForced
  }

  package static var type: MessageType { .osdPGTemp }
  package static var version: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    epoch = try front.read()
    wanted = try front.readMap(
      { (reader) throws(DecodeError) in try PGID(from: &reader) },
      { (reader) throws(DecodeError) in try reader.readIntegers(of: Int32.self) })
    isForced = header.version >= 2 ? try front.readBool() : false
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(epoch)
    writer.write(map: wanted) { writer, pg, osds in
      writer.write(pg)
      writer.write(integers: osds)
    }
    writer.write(isForced)
  }
}
