import Buffers
import RadosTypes
import Wire

/// The monitor asks for PGs to be created.
///
/// Ceph: `MOSDPGCreate2` v2. Layout: `epoch: u32, pgs: map<spg_t, {created: u32, stamp: utime_t}>,
/// origins: map<spg_t, {pg_history_t, PastIntervals}>`.
package struct MOSDPGCreate2: Message {
  /// The epoch and time in which the pool, or the split, made the PG.
  package struct Creation: Hashable, Sendable {
    package var epoch: UInt32
    package var stamp: UTime

    package init(epoch: UInt32, stamp: UTime) {
      self.epoch = epoch
      self.stamp = stamp
    }
  }

  /// The PG's history so far, as the monitor followed it.
  package struct Origin: Hashable, Sendable {
    package var history: PGHistory
    package var pastIntervals: PastIntervals

    package init(history: PGHistory, pastIntervals: PastIntervals) {
      self.history = history
      self.pastIntervals = pastIntervals
    }
  }

  package var epoch: UInt32
  package var pgs: [ShardPGID: Creation]
  package var origins: [ShardPGID: Origin]

  package init(epoch: UInt32, pgs: [ShardPGID: Creation], origins: [ShardPGID: Origin] = [:]) {
    self.epoch = epoch
    self.pgs = pgs
    self.origins = origins
  }

  package static var type: MessageType { .osdPGCreate2 }
  package static var version: UInt16 { 2 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    epoch = try front.read()
    pgs = try front.readMap()
    origins = header.version >= 2 ? try front.readMap() : [:]
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(map: pgs)
    writer.write(map: origins)
  }
}

extension MOSDPGCreate2.Creation: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    epoch = try reader.read()
    stamp = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(stamp)
  }
}

extension MOSDPGCreate2.Origin: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    history = try reader.read()
    pastIntervals = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(history)
    writer.write(pastIntervals)
  }
}
