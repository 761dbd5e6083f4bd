import Buffers
import Wire

/// One shard's part of a write to an erasure-coded object.
///
/// Ceph: `ECSubWrite`. Layout: framed 4/1, `from: pg_shard_t, tid: u64, reqID, object, stats: pg_stat_t,
/// transaction, version, trimTo: eversion_t, entries: vector, temporaryAdded, temporaryRemoved:
/// set<hobject_t>, hitSets: optional, rollForwardTo: eversion_t, isBackfill: u8`.
package struct ECSubWrite: Hashable, Sendable {
  package var from: PGShard
  package var tid: UInt64
  package var reqID: ReqID
  package var object: HObject
  package var stats = PGStat()
  /// An encoded `ObjectStore::Transaction`, with its envelope.
  package var transaction: ByteSlice
  package var version = EVersion.zero
  package var trimTo = EVersion.zero
  package var entries: [PGLogEntry] = []
  package var temporaryAdded: Set<HObject> = []
  package var temporaryRemoved: Set<HObject> = []
  package var hitSets: HitSetHistory?
  package var rollForwardTo = EVersion.zero
  package var isBackfill = false

  package init(from: PGShard, tid: UInt64, reqID: ReqID, object: HObject, transaction: ByteSlice) {
    self.from = from
    self.tid = tid
    self.reqID = reqID
    self.object = object
    self.transaction = transaction
  }
}

extension ECSubWrite: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ECSubWrite", understands: 4) {
      (reader, version) throws(DecodeError) in
      guard version >= 4 else { throw .tooOld("ECSubWrite", version: version) }
      let from = try reader.read(PGShard.self)
      let tid = try reader.read(UInt64.self)
      let reqID = try reader.read(ReqID.self)
      var write = ECSubWrite(
        from: from, tid: tid, reqID: reqID, object: try reader.read(), transaction: .empty)
      write.stats = try reader.read()
      write.transaction = try reader.readFrame()
      write.version = try reader.read()
      write.trimTo = try reader.read()
      write.entries = try reader.readArray()
      write.temporaryAdded = try reader.readSet()
      write.temporaryRemoved = try reader.readSet()
      write.hitSets = try reader.readOptional { (reader) throws(DecodeError) in
        try HitSetHistory(from: &reader)
      }
      write.rollForwardTo = try reader.read()
      write.isBackfill = try reader.readBool()
      return write
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 4, compat: 1) { writer in
      writer.write(from)
      writer.write(tid)
      writer.write(reqID)
      writer.write(object)
      writer.write(stats)
      writer.writeRaw(transaction)
      writer.write(version)
      writer.write(trimTo)
      writer.write(array: entries)
      writer.write(set: temporaryAdded)
      writer.write(set: temporaryRemoved)
      writer.write(optional: hitSets) { writer, history in writer.write(history) }
      writer.write(rollForwardTo)
      writer.write(isBackfill)
    }
  }
}

/// A shard has done its part.
///
/// Ceph: `ECSubWriteReply`. Layout: framed 1/1, `from: pg_shard_t, tid: u64, lastComplete: eversion_t,
/// isCommitted, isApplied: u8`.
package struct ECSubWriteReply: Hashable, Sendable {
  package var from: PGShard
  package var tid: UInt64
  package var lastComplete: EVersion
  package var isCommitted: Bool
  package var isApplied: Bool

  package init(
    from: PGShard, tid: UInt64, lastComplete: EVersion, isCommitted: Bool = true,
    isApplied: Bool = false
  ) {
    self.from = from
    self.tid = tid
    self.lastComplete = lastComplete
    self.isCommitted = isCommitted
    self.isApplied = isApplied
  }
}

extension ECSubWriteReply: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ECSubWriteReply", understands: 1) {
      (reader, _) throws(DecodeError) in
      let from = try reader.read(PGShard.self)
      let tid = try reader.read(UInt64.self)
      let lastComplete = try reader.read(EVersion.self)
      let isCommitted = try reader.readBool()
      return ECSubWriteReply(
        from: from, tid: tid, lastComplete: lastComplete, isCommitted: isCommitted,
        isApplied: try reader.readBool())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(from)
      writer.write(tid)
      writer.write(lastComplete)
      writer.write(isCommitted)
      writer.write(isApplied)
    }
  }
}
