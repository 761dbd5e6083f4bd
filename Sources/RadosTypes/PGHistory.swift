import Wire

/// What all holders of a PG agree on about its past; epochs of the map.
///
/// Ceph: `pg_history_t`. Encoded as version 10/4, the fields in this order.
package struct PGHistory: Hashable, Sendable {
  package var epochCreated: UInt32 = 0
  package var lastEpochStarted: UInt32 = 0
  package var lastEpochClean: UInt32 = 0
  package var lastEpochSplit: UInt32 = 0
  package var sameIntervalSince: UInt32 = 0
  package var sameUpSince: UInt32 = 0
  package var samePrimarySince: UInt32 = 0
  package var lastScrub = EVersion.zero
  package var lastScrubStamp = UTime.zero
  package var lastDeepScrub = EVersion.zero
  package var lastDeepScrubStamp = UTime.zero
  package var lastCleanScrubStamp = UTime.zero
  package var lastEpochMarkedFull: UInt32 = 0
  package var lastIntervalStarted: UInt32 = 0
  package var lastIntervalClean: UInt32 = 0
  package var epochPoolCreated: UInt32 = 0
  /// Until when an earlier interval may have served reads, from when this was sent.
  package var priorReadableUntilBound = TimeSpan.zero

  package init() {}
}

extension PGHistory: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_history_t", understands: 10) {
      (reader, version) throws(DecodeError) in
      guard version >= 6 else { throw .tooOld("pg_history_t", version: version) }
      var history = PGHistory()
      try history.readOldest(from: &reader)
      try history.readNewer(from: &reader, version: version)
      return history
    }
  }

  private mutating func readOldest(from reader: inout WireReader) throws(DecodeError) {
    epochCreated = try reader.read()
    lastEpochStarted = try reader.read()
    lastEpochClean = try reader.read()
    lastEpochSplit = try reader.read()
    sameIntervalSince = try reader.read()
    sameUpSince = try reader.read()
    samePrimarySince = try reader.read()
    lastScrub = try reader.read()
    lastScrubStamp = try reader.read()
    lastDeepScrub = try reader.read()
    lastDeepScrubStamp = try reader.read()
    lastCleanScrubStamp = try reader.read()
  }

  private mutating func readNewer(from reader: inout WireReader, version: UInt8) throws(DecodeError)
  {
    if version >= 7 { lastEpochMarkedFull = try reader.read() }
    if version >= 8 {
      lastIntervalStarted = try reader.read()
      lastIntervalClean = try reader.read()
    } else {
      lastIntervalStarted = min(lastEpochStarted, sameIntervalSince)
      lastIntervalClean = min(lastEpochClean, sameIntervalSince)
    }
    epochPoolCreated = version >= 9 ? try reader.read() : epochCreated
    if version >= 10 { priorReadableUntilBound = try reader.read() }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 10, compat: 4) { writer in
      writer.write(epochCreated)
      writer.write(lastEpochStarted)
      writer.write(lastEpochClean)
      writer.write(lastEpochSplit)
      writer.write(sameIntervalSince)
      writer.write(sameUpSince)
      writer.write(samePrimarySince)
      writer.write(lastScrub)
      writer.write(lastScrubStamp)
      writer.write(lastDeepScrub)
      writer.write(lastDeepScrubStamp)
      writer.write(lastCleanScrubStamp)
      writer.write(lastEpochMarkedFull)
      writer.write(lastIntervalStarted)
      writer.write(lastIntervalClean)
      writer.write(epochPoolCreated)
      writer.write(priorReadableUntilBound)
    }
  }
}

extension PGHistory: CustomStringConvertible {
  /// As Ceph's logs: created, last started/clean/split/..., intervals.
  package var description: String {
    "ec=\(epochCreated)/\(epochPoolCreated) lis/c=\(lastIntervalStarted)/\(lastIntervalClean) "
      + "les/c/f=\(lastEpochStarted)/\(lastEpochClean)/\(lastEpochMarkedFull) "
      + "sis=\(sameIntervalSince)"
  }
}
