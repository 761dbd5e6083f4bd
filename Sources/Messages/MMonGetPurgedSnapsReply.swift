import Buffers
import RadosTypes
import Wire

/// Which snapshots were purged: by epoch, then pool.
///
/// Ceph: `MMonGetPurgedSnapsReply`. Layout: paxos, start: u32, last: u32, purged: map<u32, map<s64,
/// interval_set>>.
package struct MMonGetPurgedSnapsReply: Message {
  package var paxos: PaxosHeader
  package var start: UInt32
  package var last: UInt32
  package var purged: [UInt32: [Int64: IntervalSet]]

  package init(
    paxos: PaxosHeader = PaxosHeader(), start: UInt32, last: UInt32,
    purged: [UInt32: [Int64: IntervalSet]]
  ) {
    self.paxos = paxos
    self.start = start
    self.last = last
    self.purged = purged
  }

  package static var type: MessageType { .monGetPurgedSnapsReply }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    start = try front.read()
    last = try front.read()
    purged = try front.readMap(
      { (reader) throws(DecodeError) in try reader.read(UInt32.self) },
      { (reader) throws(DecodeError) in
        try reader.readMap(
          { (reader) throws(DecodeError) in try reader.read(Int64.self) },
          { (reader) throws(DecodeError) in try IntervalSet(from: &reader) })
      })
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(start)
    writer.write(last)
    writer.write(map: purged) { writer, epoch, pools in
      writer.write(epoch)
      writer.write(map: pools) { writer, pool, snaps in
        writer.write(pool)
        writer.write(snaps)
      }
    }
  }
}
