import Wire

/// What one holder of a PG knows of its copy; peering compares these.
///
/// Ceph: `pg_info_t`. Encoded as version 32/26; the order is in the coder.
package struct PGInfo: Hashable, Sendable {
  package var pgID: ShardPGID
  /// The newest entry of the log.
  package var lastUpdate = EVersion.zero
  /// Up to here nothing is missing.
  package var lastComplete = EVersion.zero
  package var logTail = EVersion.zero
  package var lastEpochStarted: UInt32 = 0
  package var lastIntervalStarted: UInt32 = 0
  package var lastUserVersion: UInt64 = 0
  /// Objects up to here are present; the greatest one when the copy is whole.
  package var lastBackfill = HObject.max
  package var purgedSnaps = IntervalSet()
  package var stats = PGStat()
  package var history = PGHistory()
  package var hitSets = HitSetHistory()

  package init(_ pgID: ShardPGID) { self.pgID = pgID }

  package var isEmpty: Bool { lastUpdate.version == 0 }
  /// This OSD has never heard of the PG (`dne`).
  package var isUnborn: Bool { history.epochCreated == 0 }
  package var isIncomplete: Bool { !lastBackfill.isMax }
  package var hasMissing: Bool { lastComplete != lastUpdate }
}

extension PGInfo: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_info_t", understands: 32) {
      (reader, version) throws(DecodeError) in
      guard version >= 30 else { throw .tooOld("pg_info_t", version: version) }
      var info = PGInfo(ShardPGID(try reader.read()))
      info.lastUpdate = try reader.read()
      info.lastComplete = try reader.read()
      info.logTail = try reader.read()
      _ = try HObject(from: &reader)  // The backfill position in an order long gone.
      info.stats = try reader.read()
      info.history = try reader.read()
      info.purgedSnaps = try reader.read()
      info.lastEpochStarted = try reader.read()
      info.lastUserVersion = try reader.read()
      info.hitSets = try reader.read()
      info.pgID.shard = try reader.read()
      info.lastBackfill = try reader.read()
      try reader.skip(1)  // Whether that is in today's order; Ceph does not trust it.
      info.lastIntervalStarted = version >= 32 ? try reader.read() : info.lastEpochStarted
      return info
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 32, compat: 26) { writer in
      writer.write(pgID.pgID)
      writer.write(lastUpdate)
      writer.write(lastComplete)
      writer.write(logTail)
      writer.write(HObject.min)
      writer.write(stats)
      writer.write(history)
      writer.write(purgedSnaps)
      writer.write(lastEpochStarted)
      writer.write(lastUserVersion)
      writer.write(hitSets)
      writer.write(pgID.shard)
      writer.write(lastBackfill)
      writer.write(true)
      writer.write(lastIntervalStarted)
    }
  }
}

extension PGInfo: CustomStringConvertible {
  package var description: String {
    if isUnborn { return "\(pgID)(DNE empty)" }
    var text = "\(pgID)("
    if isEmpty {
      text += "empty"
    } else {
      text += "v \(lastUpdate)"
      if lastComplete != lastUpdate { text += " lc \(lastComplete)" }
      text += " (\(logTail),\(lastUpdate)]"
    }
    if isIncomplete { text += " lb \(lastBackfill)" }
    return text
      + " local-lis/les=\(lastIntervalStarted)/\(lastEpochStarted) n=\(stats.sum.objects) "
      + "\(history))"
  }
}
