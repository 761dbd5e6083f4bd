import Buffers
import RadosTypes
import Wire

/// Layout of the client part: framed 9/1, of the OSD part: framed 9/1, 10/1 in stretch mode, 11/1 with
/// blocked networks; the fields in the order below.
///
/// Source: `OSDMap::encode` and `decode` in src/osd/OSDMap.cc. Forms from before Nautilus are neither
/// read nor written: OSDs of this release do not join such clusters.
extension OSDMap {
  /// The map in these bytes, its checksum verified.
  package convenience init(wire bytes: ByteSlice) throws(DecodeError) {
    let (contents, checksum) = try OSDMapChecksum.read(
      "OSDMap", bytes,
      body: { (reader) throws(DecodeError) in try Contents(from: &reader) },
      tail: { (_, _) throws(DecodeError) in })
    self.init(contents, checksum: checksum)
  }

  /// What a reader must understand for the forms that are written here.
  static let writtenFor: Features = [
    .pgID64, .pgPool3, .osdEncoding, .osdMapEncoding, .poolResend, .newOpEncoding, .messageAddress2,
    .crushTunables5, .serverLuminous, .serverMimic, .serverNautilus,
  ]

  /// The bits that decide what an encoded map looks like. Ceph: `SIGNIFICANT_FEATURES`.
  package static let significantFeatures: Features = writtenFor.union(.serverOctopus)

  /// The features that this map is encoded with in a cluster that agrees on them.
  /// Source: `OSDMap::get_encoding_features`.
  package var encodingFeatures: Features {
    var features = Self.significantFeatures
    // The bit alone: what marks its incarnation belongs to others too.
    if requireOSDRelease < .octopus { features.rawValue &= ~(1 << 16) }
    return features
  }

  /// The map as readers with `features` expect it, and its checksum.
  package func encoded(
    features: Features
  ) throws(OSDMapError) -> (bytes: ByteSlice, checksum: UInt32) {
    try contents.encoded(features: features)
  }
}

extension OSDMap.Contents {
  package func encoded(
    features: Features
  ) throws(OSDMapError) -> (bytes: ByteSlice, checksum: UInt32) {
    guard features.isSuperset(of: OSDMap.writtenFor) else { throw .readerTooOld(features) }
    return OSDMapChecksum.write(capacity: 8192 + 512 * osds.count) { writer in
      writer.writeFramed(version: 9, compat: 1) { writeClientPart(to: &$0, features) }
      let version: UInt8 = rangeBlocklist.isEmpty ? stretch.isEnabled ? 10 : 9 : 11
      writer.writeFramed(version: version, compat: 1) { writer in
        writeOSDPart(to: &writer, features, version: version)
      }
    }
  }

  fileprivate init(from reader: inout WireReader) throws(DecodeError) {
    self.init()
    self = try reader.readFramed("OSDMap's client part", understands: 9) {
      [self] (reader, version) throws(DecodeError) in
      guard version >= 9 else { throw .tooOld("OSDMap's client part", version: version) }
      var contents = self
      try contents.readPools(from: &reader)
      try contents.readPlaces(from: &reader)
      return contents
    }
    self = try reader.readFramed("OSDMap's OSD part", understands: 11) {
      [self] (reader, version) throws(DecodeError) in
      guard version >= 9 else { throw .tooOld("OSDMap's OSD part", version: version) }
      var contents = self
      try contents.readOSDPart(from: &reader)
      try contents.readSettings(from: &reader, version: version)
      return contents
    }
    try osds.checkLengths()
    raiseFlags()
  }

  private mutating func readPools(from reader: inout WireReader) throws(DecodeError) {
    clusterID = try reader.read()
    epoch = try reader.read()
    created = try reader.read()
    modified = try reader.read()
    pools = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int64.self) },
      { (reader) throws(DecodeError) in try Pool(from: &reader) })
    poolNames = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int64.self) },
      { (reader) throws(DecodeError) in try reader.readByteString() })
    poolMax = try reader.read()
    flags = OSDMapFlags(rawValue: try reader.read())
  }

  private mutating func readPlaces(from reader: inout WireReader) throws(DecodeError) {
    let count = try reader.read(Int32.self)
    osds.states = try reader.readNumberArray(of: UInt32.self).map(OSDState.init(rawValue:))
    guard osds.states.count == count else {
      throw .invalid("OSDMap with \(osds.states.count) states for \(count) OSDs")
    }
    osds.weights = try reader.readNumberArray()
    osds.clientAddresses = try reader.readArray()
    pgTemp = try reader.readOSDLists()
    primaryTemp = try reader.readMap(
      { (reader) throws(DecodeError) in try PGID(from: &reader) },
      { (reader) throws(DecodeError) in try reader.read(Int32.self) })
    osds.primaryAffinities = try reader.readNumberArray()
    crush = CrushMapper(try CrushMap(wire: try reader.readBytes()))
    erasureProfiles = try reader.readTextMaps()
    pgUpmap = try reader.readOSDLists()
    pgUpmapItems = try reader.readUpmapItems()
    crushVersion = try reader.read()
    newRemovedSnaps = try reader.readSnapSets()
    newPurgedSnaps = try reader.readSnapSets()
    lastUpChange = try reader.read()
    lastInChange = try reader.read()
  }

  private mutating func readOSDPart(from reader: inout WireReader) throws(DecodeError) {
    osds.heartbeatBackAddresses = try reader.readArray()
    osds.infos = try reader.readArray()
    blocklist = try reader.readMap(EntityAddress.self, UTime.self)
    osds.clusterAddresses = try reader.readArray()
    clusterSnapshotEpoch = try reader.read()
    clusterSnapshot = try reader.readByteString()
    osds.ids = try reader.readArray()
    osds.extraInfos = try reader.readArray()
    osds.heartbeatFrontAddresses = try reader.readArray()
  }

  private mutating func readSettings(
    from reader: inout WireReader, version: UInt8
  ) throws(DecodeError) {
    nearFullRatio = try reader.readFloat()
    fullRatio = try reader.readFloat()
    backfillFullRatio = try reader.readFloat()
    requireMinCompatClient = Release(rawValue: try reader.read())
    requireOSDRelease = Release(rawValue: try reader.read())
    removedSnapsQueue = try reader.readSnapSets()
    crushNodeFlags = try reader.readNumberMap()
    deviceClassFlags = try reader.readNumberMap()
    if version >= 10 {
      stretch.isEnabled = try reader.readBool()
      stretch.bucketCount = try reader.read()
      stretch.degraded = try reader.read()
      stretch.recovering = try reader.read()
      stretch.bucketType = try reader.read()
    }
    if version >= 11 { rangeBlocklist = try reader.readMap(EntityAddress.self, UTime.self) }
  }

  /// What a release that all OSDs have implies.
  mutating func raiseFlags() {
    if requireOSDRelease >= .nautilus { flags.insert(.pgLogHardLimit) }
    if requireOSDRelease >= .luminous {
      flags.subtract(OSDMapFlags.legacyRequirements)
      flags.insert(.recoveryDeletes)
    }
  }

  private func writeClientPart(to writer: inout WireWriter, _ features: Features) {
    writer.write(clusterID)
    writer.write(epoch)
    writer.write(created)
    writer.write(modified)
    writer.write(map: pools) { writer, id, pool in
      writer.write(id)
      writer.write(pool)
    }
    writer.write(map: poolNames) { writer, id, name in
      writer.write(id)
      writer.write(name)
    }
    writer.write(poolMax)
    writer.write(flags.rawValue)
    writer.write(Int32(osds.count))
    writer.write(array: osds.states) { $0.write($1.rawValue) }
    writer.write(numbers: osds.weights)
    writer.write(array: osds.clientAddresses)
    writer.write(osdLists: pgTemp)
    writer.write(map: primaryTemp) { writer, pg, osd in
      writer.write(pg)
      writer.write(osd)
    }
    writer.write(numbers: osds.primaryAffinities)
    writer.write(crush.encoded(features: features))
    writer.write(textMaps: erasureProfiles)
    writer.write(osdLists: pgUpmap)
    writer.write(upmapItems: pgUpmapItems)
    writer.write(crushVersion)
    writer.write(snapSets: newRemovedSnaps)
    writer.write(snapSets: newPurgedSnaps)
    writer.write(lastUpChange)
    writer.write(lastInChange)
  }

  private func writeOSDPart(to writer: inout WireWriter, _ features: Features, version: UInt8) {
    writer.write(array: osds.heartbeatBackAddresses)
    writer.write(array: osds.infos)
    writer.write(map: blocklist)
    writer.write(array: osds.clusterAddresses)
    writer.write(clusterSnapshotEpoch)
    writer.write(clusterSnapshot)
    writer.write(array: osds.ids)
    writer.write(array: osds.extraInfos) { $1.encode(into: &$0, features: features) }
    writer.write(array: osds.heartbeatFrontAddresses)
    writer.write(nearFullRatio)
    writer.write(fullRatio)
    writer.write(backfillFullRatio)
    writer.write(requireMinCompatClient.rawValue)
    writer.write(requireOSDRelease.rawValue)
    writer.write(snapSets: removedSnapsQueue)
    writer.write(numberMap: crushNodeFlags)
    writer.write(numberMap: deviceClassFlags)
    if version >= 10 {
      writer.write(stretch.isEnabled)
      writer.write(stretch.bucketCount)
      writer.write(stretch.degraded)
      writer.write(stretch.recovering)
      writer.write(stretch.bucketType)
    }
    if version >= 11 { writer.write(map: rangeBlocklist) }
  }
}

extension OSDMap.Table {
  /// A map whose columns differ in length would send us beyond an end.
  fileprivate func checkLengths() throws(DecodeError) {
    let lengths = [
      weights.count, clientAddresses.count, clusterAddresses.count, heartbeatBackAddresses.count,
      heartbeatFrontAddresses.count, infos.count, extraInfos.count, ids.count,
    ]
    let affinities = primaryAffinities.count
    guard lengths.allSatisfy({ $0 == count }), affinities == 0 || affinities == count else {
      throw .invalid("OSDMap with columns of \(lengths), \(affinities) for \(count) OSDs")
    }
  }
}
