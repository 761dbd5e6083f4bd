import Buffers
import Wire

extension ObjectID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("object_id_t", understands: 1) { (reader, _) throws(DecodeError) in
      var id = ObjectID()
      id.name = try reader.readByteString()
      id.namespace = try reader.readByteString()
      id.locator = try reader.readByteString()
      id.snap = try reader.read()
      return id
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(name)
      writer.write(namespace)
      writer.write(locator)
      writer.write(snap)
    }
  }
}

extension InconsistentShard: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("shard_info_t", understands: 3) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("shard_info_t", version: version) }
      var shard = InconsistentShard()
      shard.errors = Errors(rawValue: try reader.read())
      shard.isPrimary = try reader.readBool()
      if !shard.errors.contains(.missing) { try shard.readContents(from: &reader) }
      return shard
    }
  }

  private mutating func readContents(from reader: inout WireReader) throws(DecodeError) {
    attributes = try reader.readByteMap()
    size = try reader.read()
    omapDigest = try Self.readDigest(from: &reader)
    dataDigest = try Self.readDigest(from: &reader)
    isSelected = try reader.readBool()
  }

  private static func readDigest(from reader: inout WireReader) throws(DecodeError) -> UInt32? {
    let isThere = try reader.readBool()
    let digest = try reader.read(UInt32.self)
    return isThere ? digest : nil
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 3) { writer in
      writer.write(errors.rawValue)
      writer.write(isPrimary)
      guard !errors.contains(.missing) else { return }
      writer.write(byteMap: attributes)
      writer.write(size)
      for digest in [omapDigest, dataDigest] {
        writer.write(digest != nil)
        writer.write(digest ?? 0)
      }
      writer.write(isSelected)
    }
  }
}

extension InconsistentObject: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("inconsistent_obj_t", understands: 2) {
      (reader, version) throws(DecodeError) in
      guard version >= 2 else { throw .tooOld("inconsistent_obj_t", version: version) }
      let errors = Errors(rawValue: try reader.read())
      var value = InconsistentObject(.min)
      value.errors = errors
      value.object = try reader.read()
      value.version = try reader.read()
      // The key is written as `pg_shard_t` is.
      for (place, shard) in try reader.readMap(PGShard.self, InconsistentShard.self) {
        value.add(shard, at: place)
      }
      try reader.skip(8)  // The union, which follows from the shards.
      return value
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 2) { writer in
      writer.write(errors.rawValue)
      writer.write(object)
      writer.write(version)
      writer.write(map: shards)
      writer.write(union.rawValue)
    }
  }
}
