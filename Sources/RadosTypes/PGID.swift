import Wire

/// A placement group: the pool, and the PG's number in it.
///
/// Ceph: `pg_t`; prints `2.1f`. Ordered by pool, then seed.
/// Layout: 17 bytes, `1: u8, pool: u64, seed: u32, preferred: s32 = -1`; no envelope.
package struct PGID: Hashable, Sendable {
  package var pool: Int64
  package var seed: UInt32

  package init(pool: Int64 = 0, seed: UInt32 = 0) {
    self.pool = pool
    self.seed = seed
  }

  /// From text such as `2.1f`: pool in decimal, seed in hex.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let pool = UInt64(parts[0]), let seed = UInt32(parts[1], radix: 16)
    else {
      return nil
    }
    self.init(pool: Int64(bitPattern: pool), seed: seed)
  }

  /// Whether an object with this hash belongs here, when the PG owns the low `bits` bits.
  package func contains(hash: UInt32, bits: UInt32) -> Bool {
    let mask = bits >= 32 ? UInt32.max : (1 << bits) - 1
    return hash & mask == seed & mask
  }
}

extension PGID: Comparable, CustomStringConvertible {
  package static func < (left: PGID, right: PGID) -> Bool {
    left.pool != right.pool ? left.pool < right.pool : left.seed < right.seed
  }

  package var description: String { "\(UInt64(bitPattern: pool)).\(String(seed, radix: 16))" }
}

extension PGID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let version = try reader.read(UInt8.self)
    guard version == 1 else { throw .invalid("pg_t of version \(version)") }
    pool = try reader.read(Int64.self)
    seed = try reader.read(UInt32.self)
    try reader.skip(4)
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(1))
    writer.write(pool)
    writer.write(seed)
    writer.write(Int32(-1))
  }
}
