import Buffers
import RadosTypes
import Wire

/// Layout: framed 29/5, or 30/5 for stretched pools; the fields in the order below.
///
/// Source: `pg_pool_t::encode` and `decode` in src/osd/osd_types.cc. Older forms are not read: an OSD of
/// this release does not join clusters that write them.
extension Pool: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_pool_t", understands: 30) {
      (reader, version) throws(DecodeError) in
      guard version >= 29 else { throw .tooOld("pg_pool_t", version: version) }
      let rawKind = try reader.read(UInt8.self)
      guard let kind = Kind(rawValue: rawKind) else { throw .invalid("pool type \(rawKind)") }
      var pool = Pool(kind: kind, size: try reader.read())
      try pool.readShape(from: &reader)
      try pool.readTiering(from: &reader)
      try pool.readLater(from: &reader, version: version)
      return pool
    }
  }

  private mutating func readShape(from reader: inout WireReader) throws(DecodeError) {
    crushRule = try reader.read()
    objectHash = try reader.read()
    pgCount = try reader.read()
    placementCount = try reader.read()
    try reader.skip(8)  // the counts of localized PGs, which are no more
    lastChange = try reader.read()
    snapSequence = try reader.read()
    snapEpoch = try reader.read()
    details.snaps = try reader.readMap(SnapID.self, Snap.self)
    details.removedSnaps = try reader.read()
    details.owner = try reader.read()
    flags = Flags(rawValue: try reader.read())
    try reader.skip(4)  // crash_replay_interval
    // From before pools said which kind of snapshots they have.
    if snapSequence != .zero, flags.isDisjoint(with: [.selfManagedSnaps, .poolSnaps]) {
      flags.insert(details.removedSnaps.isEmpty ? .poolSnaps : .selfManagedSnaps)
    }
    minSize = try reader.read()
    quotaBytesMax = try reader.read()
    quotaObjectsMax = try reader.read()
  }

  private mutating func readTiering(from reader: inout WireReader) throws(DecodeError) {
    details.tiers = try reader.readNumberArray()
    tierOf = try reader.read()
    cacheMode = try reader.read()
    readTier = try reader.read()
    writeTier = try reader.read()
    details.properties = try reader.readTextMap()
    details.hitSetParameters = try reader.readFramed("HitSet::Params", understands: 1) {
      (reader, _) throws(DecodeError) in ByteString(reader.readRest())
    }
    details.hitSetPeriod = try reader.read()
    details.hitSetCount = try reader.read()
    stripeWidth = try reader.read()
    details.targetBytesMax = try reader.read()
    details.targetObjectsMax = try reader.read()
    details.cacheDirtyRatio = try reader.read()
    details.cacheFullRatio = try reader.read()
    details.cacheFlushAgeMin = try reader.read()
    details.cacheEvictAgeMin = try reader.read()
    details.erasureProfile = try reader.readByteString()
  }

  private mutating func readLater(from reader: inout WireReader, version: UInt8) throws(DecodeError)
  {
    lastForceOpResendPreluminous = try reader.read()
    details.readRecencyMin = try reader.read()
    details.objectCountExpected = try reader.read()
    details.cacheDirtyHighRatio = try reader.read()
    details.writeRecencyMin = try reader.read()
    details.useGMTHitSet = try reader.readBool()
    fastRead = try reader.readBool()
    details.hitSetGradeDecayRate = try reader.read()
    details.hitSetSearchLast = try reader.read()
    details.options = try reader.read()
    lastForceOpResendPrenautilus = try reader.read()
    details.applications = try reader.readTextMaps()
    details.created = try reader.read()
    pgCountTarget = try reader.read()
    placementCountTarget = try reader.read()
    pgCountPending = try reader.read()
    try reader.skip(8)  // what 14.1 kept of merges
    lastForceOpResend = try reader.read()
    autoscaleMode = try reader.read()
    details.lastMerge = try reader.read()
    guard version >= 30 else { return }
    stretch.bucketCount = try reader.read()
    stretch.bucketTarget = try reader.read()
    stretch.bucketBarrier = try reader.read()
    stretch.mandatoryMember = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    let version: UInt8 = stretch.bucketCount != 0 ? 30 : 29
    writer.writeFramed(version: version, compat: 5) { writer in
      writer.write(kind.rawValue)
      writer.write(size)
      writeShape(to: &writer)
      writeTiering(to: &writer)
      writeLater(to: &writer)
      guard version >= 30 else { return }
      writer.write(stretch.bucketCount)
      writer.write(stretch.bucketTarget)
      writer.write(stretch.bucketBarrier)
      writer.write(stretch.mandatoryMember)
    }
  }

  private func writeShape(to writer: inout WireWriter) {
    writer.write(crushRule)
    writer.write(objectHash)
    writer.write(pgCount)
    writer.write(placementCount)
    writer.writeZeros(8)
    writer.write(lastChange)
    writer.write(snapSequence)
    writer.write(snapEpoch)
    writer.write(map: details.snaps)
    writer.write(details.removedSnaps)
    writer.write(details.owner)
    writer.write(flags.rawValue)
    writer.writeZeros(4)
    writer.write(minSize)
    writer.write(quotaBytesMax)
    writer.write(quotaObjectsMax)
  }

  private func writeTiering(to writer: inout WireWriter) {
    writer.write(numbers: details.tiers)
    writer.write(tierOf)
    writer.write(cacheMode)
    writer.write(readTier)
    writer.write(writeTier)
    writer.write(textMap: details.properties)
    writer.writeFramed(version: 1, compat: 1) { $0.writeRaw(details.hitSetParameters.bytes) }
    writer.write(details.hitSetPeriod)
    writer.write(details.hitSetCount)
    writer.write(stripeWidth)
    writer.write(details.targetBytesMax)
    writer.write(details.targetObjectsMax)
    writer.write(details.cacheDirtyRatio)
    writer.write(details.cacheFullRatio)
    writer.write(details.cacheFlushAgeMin)
    writer.write(details.cacheEvictAgeMin)
    writer.write(details.erasureProfile)
  }

  private func writeLater(to writer: inout WireWriter) {
    writer.write(lastForceOpResendPreluminous)
    writer.write(details.readRecencyMin)
    writer.write(details.objectCountExpected)
    writer.write(details.cacheDirtyHighRatio)
    writer.write(details.writeRecencyMin)
    writer.write(details.useGMTHitSet)
    writer.write(fastRead)
    writer.write(details.hitSetGradeDecayRate)
    writer.write(details.hitSetSearchLast)
    writer.write(details.options)
    writer.write(lastForceOpResendPrenautilus)
    writer.write(textMaps: details.applications)
    writer.write(details.created)
    writer.write(pgCountTarget)
    writer.write(placementCountTarget)
    writer.write(pgCountPending)
    writer.writeZeros(8)
    writer.write(lastForceOpResend)
    writer.write(autoscaleMode)
    writer.write(details.lastMerge)
  }
}

extension Pool.Snap: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pool_snap_info_t", understands: 2) {
      (reader, _) throws(DecodeError) in
      Pool.Snap(
        id: try reader.read(), stamp: try reader.read(), name: try reader.readByteString())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 2) { writer in
      writer.write(id)
      writer.write(stamp)
      writer.write(name)
    }
  }
}

extension Pool.Merge: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_merge_meta_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      Pool.Merge(
        source: try reader.read(), readyEpoch: try reader.read(),
        lastEpochStarted: try reader.read(), lastEpochClean: try reader.read(),
        sourceVersion: try reader.read(), targetVersion: try reader.read())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(source)
      writer.write(readyEpoch)
      writer.write(lastEpochStarted)
      writer.write(lastEpochClean)
      writer.write(sourceVersion)
      writer.write(targetVersion)
    }
  }
}
