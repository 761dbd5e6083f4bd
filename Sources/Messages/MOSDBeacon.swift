import Buffers
import RadosTypes
import Wire

/// Tells the monitor that this OSD lives, and which epochs it still needs.
///
/// Ceph: `MOSDBeacon` v3. Layout: paxos, pgs: vector<pg_t>, minLastEpochClean: u32,
/// lastPurgedSnapsScrub: utime_t, reportInterval: u32.
package struct MOSDBeacon: Message {
  package var paxos: PaxosHeader
  package var pgs: [PGID]
  package var minLastEpochClean: UInt32
  package var lastPurgedSnapsScrub: UTime
  /// Seconds.
  package var reportInterval: UInt32

  package init(
    paxos: PaxosHeader = PaxosHeader(), pgs: [PGID], minLastEpochClean: UInt32,
    lastPurgedSnapsScrub: UTime = .zero, reportInterval: UInt32 = 300
  ) {
    self.paxos = paxos
    self.pgs = pgs
    self.minLastEpochClean = minLastEpochClean
    self.lastPurgedSnapsScrub = lastPurgedSnapsScrub
    self.reportInterval = reportInterval
  }

  package static var type: MessageType { .osdBeacon }
  package static var version: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    pgs = try front.readArray()
    minLastEpochClean = try front.read()
    lastPurgedSnapsScrub = header.version >= 2 ? try front.read() : .zero
    reportInterval = header.version >= 3 ? try front.read() : 0
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(array: pgs)
    writer.write(minLastEpochClean)
    writer.write(lastPurgedSnapsScrub)
    writer.write(reportInterval)
  }
}
