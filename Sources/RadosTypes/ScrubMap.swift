import Buffers
import Wire

/// What one holder of a PG found of a run of objects, to be compared with the others'.
///
/// Ceph: `ScrubMap`. Layout: framed 3/2, `objects: map<hobject_t, object>`, two empty fields,
/// `validThrough, since: eversion_t`.
package struct ScrubMap: Hashable, Sendable {
  /// Ceph: `ScrubMap::object`. Encoded as version 10/7; the order is in the coder.
  package struct Object: Hashable, Sendable {
    /// Bytes; 2^64 - 1 when unknown.
    package var size: UInt64 = .max
    package var isNegative = false
    /// All of the store's, by their raw names.
    package var attributes: [ByteString: ByteSlice] = [:]
    package var digest: UInt32?
    package var omapDigest: UInt32?
    package var statError = false
    package var readError = false
    package var hashMismatch = false
    package var sizeMismatch = false
    package var largeOmapFound = false
    package var largeOmapKeys: UInt64 = 0
    package var largeOmapBytes: UInt64 = 0
    package var omapBytes: UInt64 = 0
    package var omapKeys: UInt64 = 0

    package init() {}
  }

  package var objects: [HObject: Object] = [:]
  package var validThrough = EVersion.zero
  package var since = EVersion.zero

  package init() {}
}

extension ScrubMap: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ScrubMap", understands: 3) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("ScrubMap", version: version) }
      var map = ScrubMap()
      map.objects = try reader.readMap()
      _ = try reader.readByteMap()
      _ = try reader.readBytes()
      map.validThrough = try reader.read()
      map.since = try reader.read()
      return map
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 2) { writer in
      writer.write(map: objects)
      writer.write(UInt32(0))
      writer.write(UInt32(0))
      writer.write(validThrough)
      writer.write(since)
    }
  }
}

extension ScrubMap.Object: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ScrubMap::object", understands: 10) {
      (reader, version) throws(DecodeError) in
      guard version >= 8 else { throw .tooOld("ScrubMap::object", version: version) }
      var object = Self()
      object.size = try reader.read()
      object.isNegative = try reader.readBool()
      object.attributes = try reader.readByteMap()
      object.digest = try Self.readDigest(from: &reader)
      try reader.skip(4)  // Once a count of links.
      _ = try reader.readIntegers(of: UInt64.self)  // Once the snapshots' collections.
      object.omapDigest = try Self.readDigest(from: &reader)
      try object.readErrors(from: &reader, version: version)
      return object
    }
  }

  private static func readDigest(from reader: inout WireReader) throws(DecodeError) -> UInt32? {
    let digest = try reader.read(UInt32.self)
    return try reader.readBool() ? digest : nil
  }

  private mutating func readErrors(
    from reader: inout WireReader, version: UInt8
  ) throws(DecodeError) {
    let anyError = try reader.readBool()
    statError = try reader.readBool()
    readError = try reader.readBool()
    hashMismatch = try reader.readBool()
    sizeMismatch = try reader.readBool()
    if anyError && !hashMismatch && !sizeMismatch { readError = true }
    if version >= 9 {
      largeOmapFound = try reader.readBool()
      largeOmapKeys = try reader.read()
      largeOmapBytes = try reader.read()
    }
    if version >= 10 {
      omapBytes = try reader.read()
      omapKeys = try reader.read()
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 10, compat: 7) { writer in
      writer.write(size)
      writer.write(isNegative)
      writer.write(byteMap: attributes)
      writer.write(digest ?? 0)
      writer.write(digest != nil)
      writer.write(UInt32(0))
      writer.write(UInt32(0))
      writer.write(omapDigest ?? 0)
      writer.write(omapDigest != nil)
      writer.write(readError || hashMismatch || sizeMismatch)
      writer.write(statError)
      writer.write(readError)
      writer.write(hashMismatch)
      writer.write(sizeMismatch)
      writer.write(largeOmapFound)
      writer.write(largeOmapKeys)
      writer.write(largeOmapBytes)
      writer.write(omapBytes)
      writer.write(omapKeys)
    }
  }
}
