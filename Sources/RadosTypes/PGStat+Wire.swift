import Wire

extension PGStat: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_stat_t", understands: 26) {
      (reader, version) throws(DecodeError) in
      guard version >= 22 else { throw .tooOld("pg_stat_t", version: version) }
      var stat = PGStat()
      try stat.readIdentity(from: &reader)
      try stat.readTimes(from: &reader)
      try stat.readFlags(from: &reader)
      try stat.readNewer(from: &reader, version: version)
      return stat
    }
  }

  private mutating func readIdentity(from reader: inout WireReader) throws(DecodeError) {
    version = try reader.read()
    reportedSequence = try reader.read()
    reportedEpoch = try reader.read()
    state = PGState(rawValue: UInt64(try reader.read(UInt32.self)))
    logStart = try reader.read()
    onDiskLogStart = try reader.read()
    created = try reader.read()
    lastEpochClean = try reader.read()
    parent = try reader.read()
    parentSplitBits = try reader.read()
    lastScrub = try reader.read()
    lastScrubStamp = try reader.read()
    sum = try ObjectStatSum(collection: &reader)
    logSize = try reader.read()
    onDiskLogSize = try reader.read()
    up = try reader.readIntegers()
    acting = try reader.readIntegers()
  }

  private mutating func readTimes(from reader: inout WireReader) throws(DecodeError) {
    lastFresh = try reader.read()
    lastChange = try reader.read()
    lastActive = try reader.read()
    lastClean = try reader.read()
    lastUnstale = try reader.read()
    mappingEpoch = try reader.read()
    lastDeepScrub = try reader.read()
    lastDeepScrubStamp = try reader.read()
    statsInvalid = try reader.readBool()
    lastCleanScrubStamp = try reader.read()
    lastBecameActive = try reader.read()
  }

  private mutating func readFlags(from reader: inout WireReader) throws(DecodeError) {
    dirtyStatsInvalid = try reader.readBool()
    upPrimary = try reader.read()
    actingPrimary = try reader.read()
    omapStatsInvalid = try reader.readBool()
    hitSetStatsInvalid = try reader.readBool()
    blockedBy = try reader.readIntegers()
    lastUndegraded = try reader.read()
    lastFullSized = try reader.read()
    hitSetBytesStatsInvalid = try reader.readBool()
    lastPeered = try reader.read()
    lastBecamePeered = try reader.read()
    pinStatsInvalid = try reader.readBool()
  }

  private mutating func readNewer(from reader: inout WireReader, version: UInt8) throws(DecodeError)
  {
    if version >= 23 { snapTrimQueueLength = try reader.read() }
    if version >= 24 {
      state.rawValue |= UInt64(try reader.read(UInt32.self)) << 32
      purgedSnaps = try reader.read()
    }
    manifestStatsInvalid = version >= 25 ? try reader.readBool() : true
    if version >= 26 {
      availableNoMissing = try reader.readArray()
      objectLocationCounts = try reader.readMap(
        { (reader) throws(DecodeError) in try ShardSet(from: &reader) },
        { (reader) throws(DecodeError) in try reader.read(Int32.self) })
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 26, compat: 22) { writer in
      encodeIdentity(into: &writer)
      encodeTimes(into: &writer)
      encodeFlags(into: &writer)
      encodeNewer(into: &writer)
    }
  }

  private func encodeIdentity(into writer: inout WireWriter) {
    writer.write(version)
    writer.write(reportedSequence)
    writer.write(reportedEpoch)
    writer.write(UInt32(truncatingIfNeeded: state.rawValue))
    writer.write(logStart)
    writer.write(onDiskLogStart)
    writer.write(created)
    writer.write(lastEpochClean)
    writer.write(parent)
    writer.write(parentSplitBits)
    writer.write(lastScrub)
    writer.write(lastScrubStamp)
    sum.encodeCollection(into: &writer)
    writer.write(logSize)
    writer.write(onDiskLogSize)
    writer.write(integers: up)
    writer.write(integers: acting)
  }

  private func encodeTimes(into writer: inout WireWriter) {
    writer.write(lastFresh)
    writer.write(lastChange)
    writer.write(lastActive)
    writer.write(lastClean)
    writer.write(lastUnstale)
    writer.write(mappingEpoch)
    writer.write(lastDeepScrub)
    writer.write(lastDeepScrubStamp)
    writer.write(statsInvalid)
    writer.write(lastCleanScrubStamp)
    writer.write(lastBecameActive)
  }

  private func encodeFlags(into writer: inout WireWriter) {
    writer.write(dirtyStatsInvalid)
    writer.write(upPrimary)
    writer.write(actingPrimary)
    writer.write(omapStatsInvalid)
    writer.write(hitSetStatsInvalid)
    writer.write(integers: blockedBy)
    writer.write(lastUndegraded)
    writer.write(lastFullSized)
    writer.write(hitSetBytesStatsInvalid)
    writer.write(lastPeered)
    writer.write(lastBecamePeered)
    writer.write(pinStatsInvalid)
  }

  private func encodeNewer(into writer: inout WireWriter) {
    writer.write(snapTrimQueueLength)
    writer.write(UInt32(truncatingIfNeeded: state.rawValue >> 32))
    writer.write(purgedSnaps)
    writer.write(manifestStatsInvalid)
    writer.write(array: availableNoMissing)
    writer.write(map: objectLocationCounts) { writer, shards, count in
      writer.write(shards)
      writer.write(count)
    }
  }
}

/// Ceph: `object_stat_collection_t`. Layout: framed 2/2, the sum, then an empty map of categories.
extension ObjectStatSum {
  init(collection reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("object_stat_collection_t", understands: 2) {
      (reader, _) throws(DecodeError) in try ObjectStatSum(from: &reader)
    }
  }

  func encodeCollection(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 2) { writer in
      writer.write(self)
      writer.write(UInt32(0))
    }
  }
}

/// MOSDPGBackfill has the sum twice: before the statistics, for readers of old, and in them.
extension PGStat {
  package init(afterSum reader: inout WireReader) throws(DecodeError) {
    _ = try ObjectStatSum(collection: &reader)
    try self.init(from: &reader)
  }

  package func encodeAfterSum(into writer: inout WireWriter) {
    sum.encodeCollection(into: &writer)
    encode(into: &writer)
  }
}
