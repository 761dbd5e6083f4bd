import Buffers
import RadosTypes
import Wire

/// Tells the monitor whether a PG may be merged now.
///
/// Ceph: `MOSDPGReadyToMerge`. Layout: paxos, pgID: pg_t, sourceVersion: eversion_t, targetVersion:
/// eversion_t, lastEpochStarted: u32, lastEpochClean: u32, isReady: u8.
package struct MOSDPGReadyToMerge: Message {
  package var paxos: PaxosHeader
  package var pgID: PGID
  package var sourceVersion: EVersion
  package var targetVersion: EVersion
  package var lastEpochStarted: UInt32
  package var lastEpochClean: UInt32
  package var isReady: Bool

  package init(
    paxos: PaxosHeader = PaxosHeader(), pgID: PGID, sourceVersion: EVersion,
    targetVersion: EVersion, lastEpochStarted: UInt32, lastEpochClean: UInt32, isReady: Bool = true
  ) {
    self.paxos = paxos
    self.pgID = pgID
    self.sourceVersion = sourceVersion
    self.targetVersion = targetVersion
    self.lastEpochStarted = lastEpochStarted
    self.lastEpochClean = lastEpochClean
    self.isReady = isReady
  }

  package static var type: MessageType { .osdPGReadyToMerge }
  package static var version: UInt16 { 1 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    paxos = try front.read()
    pgID = try front.read()
    sourceVersion = try front.read()
    targetVersion = try front.read()
    lastEpochStarted = try front.read()
    lastEpochClean = try front.read()
    isReady = try front.readBool()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(paxos)
    writer.write(pgID)
    writer.write(sourceVersion)
    writer.write(targetVersion)
    writer.write(lastEpochStarted)
    writer.write(lastEpochClean)
    writer.write(isReady)
  }
}
