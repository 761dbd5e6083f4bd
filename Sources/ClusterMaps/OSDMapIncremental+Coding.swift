import Buffers
import RadosTypes
import Wire

/// Layout of the client part: framed 8/1, of the OSD part: framed 9/1, 10/1 when stretch mode changes,
/// 11/1 with blocked networks; after the checksum that of the full map. The fields in the order below.
///
/// Source: `OSDMap::Incremental::encode` and `decode` in src/osd/OSDMap.cc.
extension OSDMap.Incremental {
  /// The incremental in these bytes, its checksum verified.
  package init(wire bytes: ByteSlice) throws(DecodeError) {
    self = try OSDMapChecksum.read(
      "OSDMap::Incremental", bytes,
      body: { (reader) throws(DecodeError) in try OSDMap.Incremental(from: &reader) },
      tail: { (reader, incremental) throws(DecodeError) in
        incremental.fullChecksum = try reader.read()
      }
    ).value
  }

  /// The bytes for readers with `encodeFeatures`, and their checksum.
  package func encoded() throws(OSDMapError) -> (bytes: ByteSlice, checksum: UInt32) {
    guard encodeFeatures.isSuperset(of: OSDMap.writtenFor) else {
      throw .readerTooOld(encodeFeatures)
    }
    return OSDMapChecksum.write(
      capacity: 4096,
      body: { writer in
        writer.writeFramed(version: 8, compat: 1) { writeClientPart(to: &$0) }
        let hasRanges = !newRangeBlocklist.isEmpty || !oldRangeBlocklist.isEmpty
        let version: UInt8 = hasRanges ? 11 : newStretch != nil ? 10 : 9
        writer.writeFramed(version: version, compat: 1) { writeOSDPart(to: &$0, version: version) }
      },
      tail: { $0.write(fullChecksum) })
  }

  private init(from reader: inout WireReader) throws(DecodeError) {
    self.init()
    self = try reader.readFramed("OSDMap::Incremental's client part", understands: 8) {
      [self] (reader, version) throws(DecodeError) in
      guard version >= 8 else {
        throw .tooOld("OSDMap::Incremental's client part", version: version)
      }
      var incremental = self
      try incremental.readPools(from: &reader)
      try incremental.readPlaces(from: &reader)
      return incremental
    }
    self = try reader.readFramed("OSDMap::Incremental's OSD part", understands: 11) {
      [self] (reader, version) throws(DecodeError) in
      guard version >= 9 else { throw .tooOld("OSDMap::Incremental's OSD part", version: version) }
      var incremental = self
      try incremental.readOSDPart(from: &reader)
      try incremental.readSettings(from: &reader, version: version)
      return incremental
    }
  }

  private mutating func readPools(from reader: inout WireReader) throws(DecodeError) {
    clusterID = try reader.read()
    epoch = try reader.read()
    modified = try reader.read()
    newPoolMax = try reader.read()
    newFlags = try reader.read()
    fullMap = try reader.readBytes()
    crush = try reader.readBytes()
    newOSDMax = try reader.read()
    newPools = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int64.self) },
      { (reader) throws(DecodeError) in try Pool(from: &reader) })
    newPoolNames = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(Int64.self) },
      { (reader) throws(DecodeError) in try reader.readByteString() })
    oldPools = Set(try reader.readNumberArray(of: Int64.self))
  }

  private mutating func readPlaces(from reader: inout WireReader) throws(DecodeError) {
    newUpClient = try reader.readOSDMap()
    newState = try reader.readNumberMap(Int32.self, UInt32.self).mapValues(OSDState.init(rawValue:))
    newWeight = try reader.readNumberMap()
    newPGTemp = try reader.readOSDLists()
    newPrimaryTemp = try reader.readMap(
      { (reader) throws(DecodeError) in try PGID(from: &reader) },
      { (reader) throws(DecodeError) in try reader.read(Int32.self) })
    newPrimaryAffinity = try reader.readNumberMap()
    newErasureProfiles = try reader.readTextMaps()
    oldErasureProfiles = try reader.readArray(elementBytesMin: 4) {
      (reader) throws(DecodeError) in try reader.readByteString()
    }
    newPGUpmap = try reader.readOSDLists()
    oldPGUpmap = Set(try reader.readArray(of: PGID.self))
    newPGUpmapItems = try reader.readUpmapItems()
    oldPGUpmapItems = Set(try reader.readArray(of: PGID.self))
    newRemovedSnaps = try reader.readSnapSets()
    newPurgedSnaps = try reader.readSnapSets()
    newLastUpChange = try reader.read()
    newLastInChange = try reader.read()
  }

  private mutating func readOSDPart(from reader: inout WireReader) throws(DecodeError) {
    newHeartbeatBack = try reader.readOSDMap()
    newUpThrough = try reader.readNumberMap()
    newLastCleanInterval = try reader.readOSDMap()
    newLost = try reader.readNumberMap()
    newBlocklist = try reader.readMap(EntityAddress.self, UTime.self)
    oldBlocklist = try reader.readArray()
    newUpCluster = try reader.readOSDMap()
    clusterSnapshot = try reader.readByteString()
    newIDs = try reader.readOSDMap()
    newExtraInfo = try reader.readOSDMap()
    newHeartbeatFront = try reader.readOSDMap()
    encodeFeatures = Features(rawValue: try reader.read())
  }

  private mutating func readSettings(
    from reader: inout WireReader, version: UInt8
  ) throws(DecodeError) {
    newNearFullRatio = try reader.readFloat()
    newFullRatio = try reader.readFloat()
    newBackfillFullRatio = try reader.readFloat()
    newRequireMinCompatClient = Release(rawValue: try reader.read())
    newRequireOSDRelease = Release(rawValue: try reader.read())
    newCrushNodeFlags = try reader.readNumberMap()
    newDeviceClassFlags = try reader.readNumberMap()
    if version >= 10 {
      let changes = try reader.readBool()
      var stretch = OSDMap.StretchMode()
      stretch.bucketCount = try reader.read()
      stretch.degraded = try reader.read()
      stretch.recovering = try reader.read()
      stretch.bucketType = try reader.read()
      stretch.isEnabled = try reader.readBool()
      newStretch = changes ? stretch : nil
    }
    if version >= 11 {
      newRangeBlocklist = try reader.readMap(EntityAddress.self, UTime.self)
      oldRangeBlocklist = try reader.readArray()
    }
  }

  private func writeClientPart(to writer: inout WireWriter) {
    writer.write(clusterID)
    writer.write(epoch)
    writer.write(modified)
    writer.write(newPoolMax)
    writer.write(newFlags)
    writer.write(fullMap)
    writer.write(crush)
    writer.write(newOSDMax)
    writer.write(map: newPools) { writer, id, pool in
      writer.write(id)
      writer.write(pool)
    }
    writer.write(map: newPoolNames) { writer, id, name in
      writer.write(id)
      writer.write(name)
    }
    writer.write(numbers: oldPools.sorted())
    writer.write(osdMap: newUpClient)
    writer.write(numberMap: newState.mapValues(\.rawValue))
    writer.write(numberMap: newWeight)
    writer.write(osdLists: newPGTemp)
    writer.write(map: newPrimaryTemp) { writer, pg, osd in
      writer.write(pg)
      writer.write(osd)
    }
    writer.write(numberMap: newPrimaryAffinity)
    writer.write(textMaps: newErasureProfiles)
    writer.write(array: oldErasureProfiles) { $0.write($1) }
    writer.write(osdLists: newPGUpmap)
    writer.write(array: oldPGUpmap.sorted())
    writer.write(upmapItems: newPGUpmapItems)
    writer.write(array: oldPGUpmapItems.sorted())
    writer.write(snapSets: newRemovedSnaps)
    writer.write(snapSets: newPurgedSnaps)
    writer.write(newLastUpChange)
    writer.write(newLastInChange)
  }

  private func writeOSDPart(to writer: inout WireWriter, version: UInt8) {
    writer.write(osdMap: newHeartbeatBack)
    writer.write(numberMap: newUpThrough)
    writer.write(osdMap: newLastCleanInterval)
    writer.write(numberMap: newLost)
    writer.write(map: newBlocklist)
    writer.write(array: oldBlocklist)
    writer.write(osdMap: newUpCluster)
    writer.write(clusterSnapshot)
    writer.write(osdMap: newIDs)
    writer.write(map: newExtraInfo) { writer, osd, info in
      writer.write(osd)
      info.encode(into: &writer, features: encodeFeatures)
    }
    writer.write(osdMap: newHeartbeatFront)
    writer.write(encodeFeatures.rawValue)
    writer.write(newNearFullRatio)
    writer.write(newFullRatio)
    writer.write(newBackfillFullRatio)
    writer.write(newRequireMinCompatClient.rawValue)
    writer.write(newRequireOSDRelease.rawValue)
    writer.write(numberMap: newCrushNodeFlags)
    writer.write(numberMap: newDeviceClassFlags)
    if version >= 10 {
      let stretch = newStretch ?? OSDMap.StretchMode()
      writer.write(newStretch != nil)
      writer.write(stretch.bucketCount)
      writer.write(stretch.degraded)
      writer.write(stretch.recovering)
      writer.write(stretch.bucketType)
      writer.write(stretch.isEnabled)
    }
    if version >= 11 {
      writer.write(map: newRangeBlocklist)
      writer.write(array: oldRangeBlocklist)
    }
  }
}

extension OSDMap.Incremental.CleanInterval: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    begin = try reader.read()
    end = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(begin)
    writer.write(end)
  }
}

extension WireReader {
  /// `map<s32, Value>`, by OSD.
  fileprivate mutating func readOSDMap<Value: WireDecodable>(
    _: Value.Type = Value.self
  ) throws(DecodeError) -> [Int32: Value] {
    try readMap(
      { (reader) throws(DecodeError) in try reader.read(Int32.self) },
      { (reader) throws(DecodeError) in try Value(from: &reader) })
  }
}

extension WireWriter {
  fileprivate mutating func write(osdMap map: [Int32: some WireEncodable]) {
    write(map: map) { writer, osd, value in
      writer.write(osd)
      writer.write(value)
    }
  }
}
