import Buffers
import RadosTypes

/// An object's key; those of a partition sort as Ceph's bitwise order of `ghobject_t` does.
///
/// After `O`: u16 partition, u8 kind of collection, u8 shard + 128, u64 pool + 2^63, u32 hash with its bits reversed,
/// namespace, effective key, u8 how the name compares with that (1 below, 2 equal, 3 above), the name
/// unless equal, u64 snapshot, u64 generation. Strings are escaped: a 0 byte becomes 0 255, and 0 0
/// ends the string.
extension StoreKey {
  static func object(_ partition: Int, _ object: GHObject, kind: UInt8) -> ByteString {
    let keyBytes =
      object.object.key.isEmpty ? 0 : KeyWriter.escapedBytes(object.object.key)
    let bytes =
      objectFixedBytes + KeyWriter.escapedBytes(object.object.namespace) + keyBytes
      + KeyWriter.escapedBytes(object.object.name)
    return KeyWriter.make(bytes: bytes) { writer in
      putStart(partition, kind, &writer)
      putPlace(object.shard, object.object.pool, object.object.reversedHash, &writer)
      writer.putEscaped(object.object.namespace)
      if object.object.key.isEmpty {
        writer.putEscaped(object.object.name)
        writer.put(UInt8(2))
      } else {
        writer.putEscaped(object.object.key)
        writer.put(UInt8(object.object.name < object.object.key ? 1 : 3))
        writer.putEscaped(object.object.name)
      }
      writer.put(object.object.snap.rawValue)
      writer.put(object.generation)
    }
  }

  /// Where the objects of a shard and pool whose reversed hash is at least `hash` begin.
  static func objectPlace(
    _ partition: Int, kind: UInt8, shard: Int8, pool: Int64, reversedHash: UInt32
  ) -> ByteString {
    KeyWriter.make(bytes: objectPoolBytes + 4) { writer in
      putStart(partition, kind, &writer)
      putPlace(shard, pool, reversedHash, &writer)
    }
  }

  /// What the keys of a partition's objects in all collections of a kind begin with.
  static func objects(_ partition: Int, kind: UInt8) -> ByteString {
    KeyWriter.make(bytes: objectStartBytes) { putStart(partition, kind, &$0) }
  }

  /// Bytes of an object's key up to its collection's kind, and up to its pool's end.
  private static let objectStartBytes = 4
  static let objectPoolBytes = 13
  /// All but the strings.
  private static let objectFixedBytes = objectPoolBytes + 4 + 1 + 8 + 8

  private static func putStart(_ partition: Int, _ kind: UInt8, _ writer: inout KeyWriter) {
    writer.put(Kind.object)
    writer.put(UInt16(partition))
    writer.put(kind)
  }

  private static func putPlace(
    _ shard: Int8, _ pool: Int64, _ reversedHash: UInt32, _ writer: inout KeyWriter
  ) {
    writer.put(UInt8(bitPattern: shard) ^ 0x80)
    writer.put(UInt64(bitPattern: pool) ^ (1 << 63))
    writer.put(reversedHash)
  }

  /// The object that a key names; nil if it is no object's key.
  static func object(_ key: ByteString) -> GHObject? {
    var reader = ObjectKeyReader(bytes: key.bytes)
    return reader.read()
  }
}

private struct ObjectKeyReader {
  let bytes: [UInt8]
  /// After the shard.
  var at = 5

  mutating func read() -> GHObject? {
    guard bytes.count >= 17 else { return nil }
    let shard = Int8(bitPattern: bytes[4] ^ 0x80)
    guard let pool = number(8), let hash = number(4), let namespace = string(),
      let effective = string()
    else { return nil }
    var name = effective
    var key = ByteString()
    guard let order = number(1), (1...3).contains(order) else { return nil }
    if order != 2 {
      guard let own = string() else { return nil }
      key = effective
      name = own
    }
    guard let snap = number(8), let generation = number(8), at == bytes.count else { return nil }
    let object = HObject(
      pool: Int64(bitPattern: pool ^ (1 << 63)), hash: ObjectHash.reverseBits(UInt32(hash)),
      name: name, key: key, namespace: namespace, snap: SnapID(snap))
    return GHObject(object, generation: generation, shard: shard)
  }

  private mutating func number(_ count: Int) -> UInt64? {
    guard at + count <= bytes.count else { return nil }
    defer { at += count }
    return bytes[at..<at + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func string() -> ByteString? {
    var string: [UInt8] = []
    while at + 1 < bytes.count {
      if bytes[at] != 0 {
        string.append(bytes[at])
        at += 1
      } else if bytes[at + 1] == 255 {
        string.append(0)
        at += 2
      } else {
        guard bytes[at + 1] == 0 else { return nil }
        at += 2
        return ByteString(string)
      }
    }
    return nil
  }
}
