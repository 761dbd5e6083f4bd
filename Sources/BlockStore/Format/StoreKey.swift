import Buffers
import RadosTypes

/// The keys of the index; the first byte says what an entry is. Numbers within keys are big-endian,
/// so that bytes sort as the numbers do.
///
/// But for a log's own, every key is one partition's, by its number or by an id that only it gives out. So
/// no key is in two partitions' changes, and it does not matter which of them come to the index first,
/// at a checkpoint or after a replay.
///
/// | key | value |
/// |---|---|
/// | `C` u16 partition, collection (u8 kind, u64 pool, u32 seed, u8 shard) | bits |
/// | `L` u32 log | where its replay begins |
/// | `M` u64 omap id, 0 | omap header; with 1 and a key: that entry |
/// | `O` u16 partition, object | onode |
/// | `P` u64 object id, u32 block | bytes that lie over a block |
/// | `R` u16 partition, u64 unit / 32 | reference counts of units that the partition has |
/// | `S` u16 partition, u64 pool | usage |
/// | `U` u16 logs | the partitions were dealt to so many, and their maps are whole |
/// | `U` u16 logs, u16 log among them, u32 region | which of its units the log's partitions have |
/// | `V` u16 partition | what of it is in the index |
/// | `X` u64 object id, u32 segment | where 128 KiB of its data are |
enum StoreKey {
  enum Kind {
    static let collection = UInt8(ascii: "C")
    static let log = UInt8(ascii: "L")
    static let omap = UInt8(ascii: "M")
    static let object = UInt8(ascii: "O")
    static let patch = UInt8(ascii: "P")
    static let references = UInt8(ascii: "R")
    static let usage = UInt8(ascii: "S")
    static let region = UInt8(ascii: "U")
    static let partition = UInt8(ascii: "V")
    static let segment = UInt8(ascii: "X")
  }

  private static func make(
    _ count: Int, _ kind: UInt8, _ fill: (UnsafeMutableRawPointer) -> Void
  ) -> ByteString {
    ByteString(count: count) { bytes in
      bytes[0] = kind
      fill(bytes.baseAddress! + 1)
    }
  }

  @inline(__always)
  private static func store(_ value: UInt64, _ at: UnsafeMutableRawPointer) {
    at.storeBytes(of: value.bigEndian, as: UInt64.self)
  }

  @inline(__always)
  private static func store(_ value: UInt32, _ at: UnsafeMutableRawPointer) {
    at.storeBytes(of: value.bigEndian, as: UInt32.self)
  }

  static func segment(_ object: UInt64, _ segment: Int) -> ByteString {
    make(13, Kind.segment) {
      store(object, $0)
      store(UInt32(segment), $0 + 8)
    }
  }

  static func patch(_ object: UInt64, _ block: UInt32) -> ByteString {
    make(13, Kind.patch) {
      store(object, $0)
      store(block, $0 + 8)
    }
  }

  /// The number that ends a segment's or patch's key.
  static func suffix(_ key: ByteString) -> UInt32? {
    guard key.count == 13 else { return nil }
    return key.bytes.withUnsafeBytes {
      UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 9, as: UInt32.self))
    }
  }

  /// The id after the first byte of a segment's, patch's or omap key.
  static func id(_ key: ByteString) -> UInt64? {
    guard key.count >= 9 else { return nil }
    return key.bytes.withUnsafeBytes {
      UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
    }
  }

  static func prefix(_ kind: UInt8, _ id: UInt64) -> ByteString { make(9, kind) { store(id, $0) } }

  static func omapHeader(_ omap: UInt64) -> ByteString {
    make(10, Kind.omap) {
      store(omap, $0)
      $0.storeBytes(of: 0, toByteOffset: 8, as: UInt8.self)
    }
  }

  static func omapEntry(_ omap: UInt64, _ key: ByteString) -> ByteString {
    make(10 + key.count, Kind.omap) { target in
      store(omap, target)
      target.storeBytes(of: 1, toByteOffset: 8, as: UInt8.self)
      key.bytes.withUnsafeBytes {
        if let source = $0.baseAddress {
          (target + 9).copyMemory(from: source, byteCount: $0.count)
        }
      }
    }
  }

  static func omapUserKey(_ key: ByteString) -> ByteString {
    ByteString(Array(key.bytes.dropFirst(10)))
  }

  /// Past every entry of the omap.
  static func omapEnd(_ omap: UInt64) -> ByteString {
    make(10, Kind.omap) {
      store(omap, $0)
      $0.storeBytes(of: 2, toByteOffset: 8, as: UInt8.self)
    }
  }

  static func references(_ partition: Int, _ group: UInt64) -> ByteString {
    make(11, Kind.references) {
      $0.storeBytes(of: UInt16(partition).bigEndian, as: UInt16.self)
      store(group, $0 + 2)
    }
  }

  static func region(_ region: Int, of seat: Int, among logCount: Int) -> ByteString {
    make(9, Kind.region) {
      $0.storeBytes(of: UInt16(logCount).bigEndian, as: UInt16.self)
      $0.storeBytes(of: UInt16(seat).bigEndian, toByteOffset: 2, as: UInt16.self)
      store(UInt32(region), $0 + 4)
    }
  }

  static func region(_ key: ByteString) -> (logCount: Int, seat: Int, region: Int)? {
    guard key.count == 9 else { return nil }
    func number(_ range: Range<Int>) -> Int { key.bytes[range].reduce(0) { $0 << 8 | Int($1) } }
    return (number(1..<3), number(3..<5), number(5..<9))
  }

  /// Below all of the regions' keys among so many logs; itself says that they are whole.
  static func regions(ofLogs logCount: Int) -> ByteString {
    make(3, Kind.region) { $0.storeBytes(of: UInt16(logCount).bigEndian, as: UInt16.self) }
  }

  static func regionsLogs(_ key: ByteString) -> Int? {
    key.count == 3 ? Int(key.bytes[1]) << 8 | Int(key.bytes[2]) : nil
  }

  /// The partition and the number after it of a reference group's key; of others that begin with a
  /// partition, only that means something.
  static func place(_ key: ByteString) -> (partition: Int, number: UInt64)? {
    guard key.count >= 3 else { return nil }
    let number = key.bytes.dropFirst(3).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return (Int(key.bytes[1]) << 8 | Int(key.bytes[2]), number)
  }

  static func log(_ log: UInt32) -> ByteString { make(5, Kind.log) { store(log, $0) } }

  static func partition(_ partition: Int) -> ByteString {
    make(3, Kind.partition) { $0.storeBytes(of: UInt16(partition).bigEndian, as: UInt16.self) }
  }

  static func usage(_ partition: Int, _ pool: Int64) -> ByteString {
    make(11, Kind.usage) {
      $0.storeBytes(of: UInt16(partition).bigEndian, as: UInt16.self)
      store(UInt64(bitPattern: pool), $0 + 2)
    }
  }

  static func collection(_ partition: Int, _ id: CollectionID) -> ByteString {
    make(17, Kind.collection) {
      let pg = id.pgID ?? ShardPGID()
      $0.storeBytes(of: UInt16(partition).bigEndian, as: UInt16.self)
      $0.storeBytes(of: kind(id), toByteOffset: 2, as: UInt8.self)
      store(UInt64(bitPattern: pg.pool), $0 + 3)
      store(pg.pgID.seed, $0 + 11)
      $0.storeBytes(of: UInt8(bitPattern: pg.shard), toByteOffset: 15, as: UInt8.self)
    }
  }

  static func collectionID(_ key: ByteString) -> CollectionID? {
    guard key.count == 17 else { return nil }
    return key.bytes.withUnsafeBytes { bytes in
      let pool = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
      let seed = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
      let pg = ShardPGID(
        PGID(pool: Int64(bitPattern: pool), seed: seed), shard: Int8(bitPattern: bytes[16]))
      switch bytes[3] {
      case 0: return .meta
      case 2: return .pg(pg)
      case 3: return .temporary(pg)
      default: return nil
      }
    }
  }

  /// 0 for the OSD's own collection, 2 for PGs, 3 for temporary ones: also in an object's key.
  static func kind(_ id: CollectionID) -> UInt8 {
    switch id {
    case .meta: 0
    case .pg: 2
    case .temporary: 3
    }
  }
}
