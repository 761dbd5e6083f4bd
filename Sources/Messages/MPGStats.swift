import Buffers
import RadosTypes
import Wire

/// This OSD's statistics, and those of PGs that it is primary for, to the manager.
///
/// Ceph: `MPGStats` v2. Layout: `paxos, fsid, osd: osd_stat_t, pgs: map<pg_t, pg_stat_t>, epoch: u32,
/// utime_t, pools: map<s64, store_statfs_t>`.
package struct MPGStats: Message {
  package var paxos: PaxosHeader
  package var fsid: UniqueID
  package var osd: OSDStat
  package var pgs: [PGID: PGStat]
  package var epoch: UInt32
  package var pools: [Int64: StoreStatfs]

  package init(
    paxos: PaxosHeader = PaxosHeader(), fsid: UniqueID, osd: OSDStat, pgs: [PGID: PGStat],
    epoch: UInt32, pools: [Int64: StoreStatfs] = [:]
  ) {
    self.paxos = paxos
    self.fsid = fsid
    self.osd = osd
    self.pgs = pgs
    self.epoch = epoch
    self.pools = pools
  }

  package static var type: MessageType { .pgStats }
  package static var version: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    fsid = try front.read()
    osd = try front.read()
    pgs = try front.readMap()
    epoch = try front.read()
    _ = try UTime(from: &front)
    pools = [:]
    guard header.version >= 2 else { return }
    pools = try front.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int64.self) },
      { (reader) throws(DecodeError) in try StoreStatfs(from: &reader) })
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(fsid)
    writer.write(osd)
    writer.write(map: pgs)
    writer.write(epoch)
    writer.write(UTime.zero)
    writer.write(map: pools) { writer, pool, statfs in
      writer.write(pool)
      writer.write(statfs)
    }
  }
}
