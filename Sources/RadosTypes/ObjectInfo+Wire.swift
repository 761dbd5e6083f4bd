import Buffers
import Wire

extension ObjectInfo: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("object_info_t", understands: 17) {
      (reader, version) throws(DecodeError) in
      guard version >= 11 else { throw .tooOld("object_info_t", version: version) }
      var info = ObjectInfo(try reader.read())
      try info.readVersions(from: &reader)
      try info.readLegacy(from: &reader)
      try info.readNewer(from: &reader, version: version)
      return info
    }
  }

  private mutating func readVersions(from reader: inout WireReader) throws(DecodeError) {
    _ = try ObjectLocator(from: &reader)
    _ = try reader.readBytes()  // Once a category.
    version = try reader.read()
    priorVersion = try reader.read()
    lastReqID = try reader.read()
    size = try reader.read()
    mtime = try reader.read()
  }

  private mutating func readLegacy(from reader: inout WireReader) throws(DecodeError) {
    if object.isHead {
      _ = try ReqID(from: &reader)  // Once the holder of a write lock.
    } else {
      _ = try reader.readIntegers(of: UInt64.self)  // Once the clone's snapshots.
    }
    truncateSequence = try reader.read()
    truncateSize = try reader.read()
    if try reader.readBool() { flags.insert(.lost) }
    _ = try reader.readMap(EntityName.self, WatchInfo.self)  // Watchers, before cookies.
    userVersion = try reader.read(EVersion.self).version
    if try reader.readBool() { flags.insert(.usesTmap) }
    watchers = try reader.readMap()
  }

  private mutating func readNewer(from reader: inout WireReader, version: UInt8) throws(DecodeError)
  {
    if version >= 13 { flags = Flags(rawValue: try reader.read()) }
    if version >= 14 { localMTime = try reader.read() }
    if version >= 15 {
      dataDigest = try reader.read()
      omapDigest = try reader.read()
    } else {
      flags.subtract([.dataDigest, .omapDigest])
    }
    if version >= 16 {
      expectedObjectSize = try reader.read()
      expectedWriteSize = try reader.read()
      allocationHintFlags = try reader.read()
    }
    if version >= 17, flags.contains(.manifest) { manifest = ByteString(try reader.readFrame()) }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 17, compat: 8) { writer in
      writer.write(object)
      writer.write(
        ObjectLocator(pool: object.pool, key: object.key, namespace: object.namespace))
      writer.write(UInt32(0))
      writer.write(version)
      writer.write(priorVersion)
      writer.write(lastReqID)
      writer.write(size)
      writer.write(mtime)
      encodeLegacy(into: &writer)
      encodeNewer(into: &writer)
    }
  }

  private func encodeLegacy(into writer: inout WireWriter) {
    if object.isHead { writer.write(ReqID.none) } else { writer.write(UInt32(0)) }
    writer.write(truncateSequence)
    writer.write(truncateSize)
    writer.write(flags.contains(.lost))
    encodeOldWatchers(into: &writer)
    writer.write(EVersion(epoch: 0, version: userVersion))
    writer.write(flags.contains(.usesTmap))
    writer.write(map: watchers)
  }

  /// By name alone: of several watches of one entity the one with the least cookie.
  private func encodeOldWatchers(into writer: inout WireWriter) {
    if watchers.isEmpty { return writer.write(UInt32(0)) }
    var old: [EntityName: WatchInfo] = [:]
    for (key, watch) in watchers.sorted(by: { $0.key < $1.key }) where old[key.name] == nil {
      old[key.name] = watch
    }
    writer.write(map: old)
  }

  private func encodeNewer(into writer: inout WireWriter) {
    writer.write(flags.rawValue)
    writer.write(localMTime)
    writer.write(dataDigest)
    writer.write(omapDigest)
    writer.write(expectedObjectSize)
    writer.write(expectedWriteSize)
    writer.write(allocationHintFlags)
    if flags.contains(.manifest) { writer.writeRaw(manifest.bytes) }
  }
}
