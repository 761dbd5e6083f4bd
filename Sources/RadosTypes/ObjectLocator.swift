import Buffers
import Wire

/// Where a client looks for an object: pool, namespace, and a key or a hash that replaces the name's.
///
/// Ceph: `object_locator_t`; prints `@2;namespace:key`.
/// Layout: framed 6/3, or 6/6 with a hash, `pool: s64, preferred: s32 = -1, key: string,
/// namespace: string, hash: s64` (-1 is none).
package struct ObjectLocator: Hashable, Sendable {
  package var pool: Int64
  package var key: ByteString
  package var namespace: ByteString
  package var hash: Int64

  package static let noHash: Int64 = -1

  package init(
    pool: Int64 = -1, key: ByteString = ByteString(), namespace: ByteString = ByteString(),
    hash: Int64 = noHash
  ) {
    self.pool = pool
    self.key = key
    self.namespace = namespace
    self.hash = hash
  }
}

extension ObjectLocator: CustomStringConvertible {
  package var description: String {
    "@\(pool)" + (namespace.isEmpty ? "" : ";\(namespace)") + (key.isEmpty ? "" : ":\(key)")
  }
}

extension ObjectLocator: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("object_locator_t", understands: 6) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("object_locator_t", version: version) }
      var locator = ObjectLocator(pool: try reader.read())
      try reader.skip(4)
      locator.key = try reader.readByteString()
      if version >= 5 { locator.namespace = try reader.readByteString() }
      if version >= 6 { locator.hash = try reader.read() }
      return locator
    }
  }

  package func encode(into writer: inout WireWriter) {
    // A reader that does not know the hash would look in the wrong place: it must refuse.
    writer.writeFramed(version: 6, compat: hash == Self.noHash ? 3 : 6) { writer in
      writer.write(pool)
      writer.write(Int32(-1))
      writer.write(key)
      writer.write(namespace)
      writer.write(hash)
    }
  }
}
