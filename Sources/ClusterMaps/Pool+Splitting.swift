import RadosTypes

/// How the PGs of a pool relate when their number changes: a PG's parent has its number without the
/// highest bit.
///
/// Source: `pg_t` in src/osd/osd_types.cc.
extension PGID {
  /// How many low bits of the hash are the PG's own when there are `count` PGs.
  package func splitBits(pgCount count: UInt32) -> UInt32 {
    guard count > 1 else { return 0 }
    let bits = UInt32(UInt32.bitWidth - count.leadingZeroBitCount)
    let half = UInt32(1) << (bits - 1)
    // Between two powers of two the PGs that have not split yet own one bit less.
    return seed % half < count % half ? bits : bits - 1
  }

  /// The PG that this one was part of before the latest doubling; nil for number 0.
  package var parent: PGID? {
    guard seed > 0 else { return nil }
    let highest = UInt32(1) << UInt32(UInt32.bitWidth - 1 - seed.leadingZeroBitCount)
    return PGID(pool: pool, seed: seed & ~highest)
  }

  /// Its parent, and that one's, up to number 0.
  package var ancestors: [PGID] {
    Array(sequence(first: self) { $0.parent }.dropFirst())
  }

  /// The PGs that this one gives objects to when `old` become `new`, ascending.
  package func children(from old: UInt32, to new: UInt32) -> [PGID] {
    guard seed < old, new > old else { return [] }
    let step = UInt32(1) << UInt32(UInt32.bitWidth - 1 - old.leadingZeroBitCount)
    let mask = ObjectHash.mask(for: old)
    return stride(from: UInt64(step | seed), to: UInt64(new), by: Int(step)).compactMap {
      let child = UInt32($0)
      guard child >= old, ObjectHash.stableModulo(child, count: old, mask: mask) == seed else {
        return nil
      }
      return PGID(pool: pool, seed: child)
    }
  }

  /// Where this PG's objects go when `old` PGs become `new`; nil if it stays.
  package func mergeTarget(from old: UInt32, to new: UInt32) -> PGID? {
    guard seed < old, seed >= new, new > 0 else { return nil }
    var target = self
    while target.seed >= new, let parent = target.parent { target = parent }
    return target
  }
}

extension Pool {
  /// Whether the PG is about to be merged: away (`source`), or with another one into it (`target`).
  package func pendingMerge(of pg: PGID) -> (source: Bool, target: Bool) {
    guard pgCountPending < pgCount else { return (false, false) }
    if pg.seed >= pgCountPending { return (pg.seed < pgCount, false) }
    let sources = pgCountPending..<pgCount
    return (false, sources.contains { PGID(pool: pg.pool, seed: $0).parent == pg })
  }
}
