import Buffers
import Wire

/// An object of a pool: name, namespace, locator key, snapshot, and the hash that places it.
///
/// Ceph: `hobject_t`. Ordered "bitwise": by pool, then by the hash with its bits reversed, so that a
/// PG's objects are neighbours; then namespace, key, name, snapshot.
/// Layout: framed 4/3, `key, name: string, snap: u64, hash: u32, isMax: u8, namespace: string,
/// pool: s64`. The key is empty when it equals the name.
package struct HObject: Sendable {
  package var name: ByteString
  package var key: ByteString
  package var namespace: ByteString
  package var snap: SnapID
  package var pool: Int64
  package var hash: UInt32
  package var isMax: Bool

  /// Takes any key; one that equals the name is none.
  package init(
    pool: Int64, hash: UInt32, name: ByteString, key: ByteString = ByteString(),
    namespace: ByteString = ByteString(), snap: SnapID = .head
  ) {
    self.name = name
    self.key = key == name ? ByteString() : key
    self.namespace = namespace
    self.snap = snap
    self.pool = pool
    self.hash = hash
    isMax = false
  }

  private init(isMax: Bool) {
    self.init(pool: .min, hash: 0, name: ByteString(), snap: .zero)
    self.isMax = isMax
  }

  /// Before every object.
  package static let min = HObject(isMax: false)
  /// After every object.
  package static let max = HObject(isMax: true)
  /// The pool that the objects of the store's own collection carry.
  package static let metaPool: Int64 = -1

  package var isMin: Bool { snap == .zero && hash == 0 && !isMax && pool == .min }
  package var isHead: Bool { snap == .head }
  package var isClone: Bool { !isMax && snap != .head && snap != .directory }
  package var isTemporary: Bool { pool <= -2 && pool != .min }

  /// The pool of the temporary objects that belong to `pool`, and back.
  package static func temporaryPool(_ pool: Int64) -> Int64 { -2 &- pool }

  /// What the object's place is hashed from.
  package var effectiveKey: ByteString { key.isEmpty ? name : key }
  package var reversedHash: UInt32 { ObjectHash.reverseBits(hash) }

  package func with(snap: SnapID) -> HObject {
    var other = self
    other.snap = snap
    return other
  }

  package var head: HObject { with(snap: .head) }
}

extension HObject: Hashable {
  package func hash(into hasher: inout Hasher) {
    hasher.combine(hash)
    hasher.combine(snap.rawValue)
    hasher.combine(pool)
  }

  package static func == (left: HObject, right: HObject) -> Bool {
    left.hash == right.hash && left.snap == right.snap && left.pool == right.pool
      && left.isMax == right.isMax && left.name == right.name && left.key == right.key
      && left.namespace == right.namespace
  }
}

extension HObject: Comparable {
  package static func < (left: HObject, right: HObject) -> Bool {
    if left.isMax != right.isMax { return right.isMax }
    if left.pool != right.pool { return left.pool < right.pool }
    if left.hash != right.hash { return left.reversedHash < right.reversedHash }
    if left.namespace != right.namespace { return left.namespace < right.namespace }
    if left.effectiveKey != right.effectiveKey { return left.effectiveKey < right.effectiveKey }
    if left.name != right.name { return left.name < right.name }
    return left.snap < right.snap
  }
}

extension HObject: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("hobject_t", understands: 4) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("hobject_t", version: version) }
      return try HObject(fields: &reader, version: version)
    }
  }

  /// The fields alone, as `ghobject_t` has them too.
  init(fields reader: inout WireReader, version: UInt8) throws(DecodeError) {
    self = .min
    key = try reader.readByteString()
    name = try reader.readByteString()
    snap = try reader.read()
    hash = try reader.read()
    isMax = try reader.readBool()
    guard version >= 4 else { return }
    namespace = try reader.readByteString()
    pool = try reader.read()
    // Hammer wrote the least object with pool -1, and some wrote a greatest one with other fields.
    if pool == -1 && snap == .zero && hash == 0 && !isMax && name.isEmpty { pool = .min }
    if isMax { self = .max }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 4, compat: 3) { writer in encodeFields(into: &writer) }
  }

  func encodeFields(into writer: inout WireWriter) {
    writer.write(key)
    writer.write(name)
    writer.write(snap)
    writer.write(hash)
    writer.write(isMax)
    writer.write(namespace)
    writer.write(pool)
  }
}
