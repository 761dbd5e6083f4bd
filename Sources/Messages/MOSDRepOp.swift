import Buffers
import RadosTypes
import Wire

/// A primary's order to a replica: a transaction, and the log entries that go with it.
///
/// Ceph: `MOSDRepOp` v3. The data segment is the encoded transaction; it is empty for a replica that
/// does not have the object yet.
package struct MOSDRepOp: Sendable {
  package var epoch: UInt32
  package var minEpoch: UInt32
  package var reqID: ReqID
  package var pgID: ShardPGID
  package var object: HObject
  /// Which answers are wanted: 4, on disk.
  package var acksWanted: UInt8 = 4
  package var version: EVersion
  /// An encoded `vector<pg_log_entry_t>`.
  package var log: ByteSlice
  package var stats: PGStat
  package var trimTo = EVersion.zero
  package var newTemporary = HObject.min
  package var discardTemporary = HObject.min
  package var from: PGShard
  package var hitSets: HitSetHistory?
  package var minLastCompleteOnDisk = EVersion.zero
  package var transaction: BufferList
  package var tid: UInt64 = 0

  package init(
    epoch: UInt32, minEpoch: UInt32, reqID: ReqID, pgID: ShardPGID, object: HObject,
    version: EVersion, log: ByteSlice, stats: PGStat, from: PGShard, transaction: BufferList
  ) {
    self.epoch = epoch
    self.minEpoch = minEpoch
    self.reqID = reqID
    self.pgID = pgID
    self.object = object
    self.version = version
    self.log = log
    self.stats = stats
    self.from = from
    self.transaction = transaction
  }

  package var entries: [PGLogEntry] {
    get throws(DecodeError) {
      var reader = WireReader(log)
      return try reader.readArray()
    }
  }
}

extension MOSDRepOp: Message {
  package static var type: MessageType { .osdRepOp }
  package static var version: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 3 else {
      throw .tooOld("osd_repop", version: UInt8(clamping: header.version))
    }
    tid = header.tid
    transaction = data
    epoch = try front.read()
    minEpoch = try front.read()
    try front.skip(BlkinTrace.byteCount)
    reqID = try front.read()
    pgID = try front.read()
    object = try front.read()
    acksWanted = try front.read()
    version = try front.read()
    log = try front.readBytes()
    stats = try front.read()
    trimTo = try front.read()
    newTemporary = try front.read()
    discardTemporary = try front.read()
    from = try front.read()
    hitSets = try front.readOptional { (reader) throws(DecodeError) in
      try HitSetHistory(from: &reader)
    }
    minLastCompleteOnDisk = try front.read()
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(epoch)
    writer.write(minEpoch)
    writer.writeZeros(BlkinTrace.byteCount)
    writer.write(reqID)
    writer.write(pgID)
    writer.write(object)
    writer.write(acksWanted)
    writer.write(version)
    writer.write(log)
    writer.write(stats)
    writer.write(trimTo)
    writer.write(newTemporary)
    writer.write(discardTemporary)
    writer.write(from)
    writer.write(optional: hitSets) { writer, history in writer.write(history) }
    writer.write(minLastCompleteOnDisk)
  }

  package var data: BufferList { transaction }
}
