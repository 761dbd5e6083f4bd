import Wire

/// What a set of objects amounts to, and what has been done to it: counts, bytes, kilobytes.
///
/// Ceph: `object_stat_sum_t`. Layout: framed 20/14, the fields in this order, 28 of 8 bytes, 4 of 4,
/// 8 of 8: 304 bytes, which is also how they lie in memory.
package struct ObjectStatSum: Hashable, Sendable, BitwiseCopyable {
  package var bytes: Int64 = 0
  package var objects: Int64 = 0
  package var objectClones: Int64 = 0
  package var objectCopies: Int64 = 0
  package var objectsMissingOnPrimary: Int64 = 0
  package var objectsDegraded: Int64 = 0
  package var objectsUnfound: Int64 = 0
  package var reads: Int64 = 0
  package var readKB: Int64 = 0
  package var writes: Int64 = 0
  package var writeKB: Int64 = 0
  package var scrubErrors: Int64 = 0
  package var objectsRecovered: Int64 = 0
  package var bytesRecovered: Int64 = 0
  package var keysRecovered: Int64 = 0
  package var shallowScrubErrors: Int64 = 0
  package var deepScrubErrors: Int64 = 0
  package var objectsDirty: Int64 = 0
  package var whiteouts: Int64 = 0
  package var objectsOmap: Int64 = 0
  package var objectsHitSetArchive: Int64 = 0
  package var objectsMisplaced: Int64 = 0
  package var bytesHitSetArchive: Int64 = 0
  package var flushes: Int64 = 0
  package var flushKB: Int64 = 0
  package var evicts: Int64 = 0
  package var evictKB: Int64 = 0
  package var promotes: Int64 = 0
  package var flushModeHigh: Int32 = 0
  package var flushModeLow: Int32 = 0
  package var evictModeSome: Int32 = 0
  package var evictModeFull: Int32 = 0
  package var objectsPinned: Int64 = 0
  package var objectsMissing: Int64 = 0
  package var legacySnapSets: Int64 = 0
  package var largeOmapObjects: Int64 = 0
  package var objectsManifest: Int64 = 0
  package var omapBytes: Int64 = 0
  package var omapKeys: Int64 = 0
  package var objectsRepaired: Int64 = 0

  package init() {}

  package static let byteCount = 304
  /// Where the 4-byte fields stand.
  private static let narrow = 28 * 8..<28 * 8 + 4 * 4

  /// Each version appended fields to the one before.
  private static func byteCount(version: UInt8) -> Int {
    switch version {
    case ..<16: byteCount - 48
    case 16: byteCount - 40
    case 17: byteCount - 32
    case 18: byteCount - 24
    case 19: byteCount - 8
    default: byteCount
    }
  }

  package var isZero: Bool { self == ObjectStatSum() }
}

extension ObjectStatSum {
  /// Combines every field with the other's, wrapping, as Ceph's sums do.
  @inline(__always)
  private mutating func combine(_ other: ObjectStatSum, wide: (Int64, Int64) -> Int64) {
    precondition(MemoryLayout<Self>.size == Self.byteCount, "ObjectStatSum has padding")
    withUnsafeMutableBytes(of: &self) { mine in
      withUnsafeBytes(of: other) { others in
        Self.combine(mine.baseAddress!, others.baseAddress!, 0..<Self.narrow.lowerBound, wide)
        for at in stride(from: Self.narrow.lowerBound, to: Self.narrow.upperBound, by: 4) {
          let left = Int64(mine.load(fromByteOffset: at, as: Int32.self))
          let right = Int64(others.load(fromByteOffset: at, as: Int32.self))
          mine.storeBytes(
            of: Int32(truncatingIfNeeded: wide(left, right)), toByteOffset: at, as: Int32.self)
        }
        Self.combine(
          mine.baseAddress!, others.baseAddress!, Self.narrow.upperBound..<Self.byteCount, wide)
      }
    }
  }

  /// The same of 8-byte fields side by side.
  @inline(__always)
  private static func combine(
    _ mine: UnsafeMutableRawPointer, _ others: UnsafeRawPointer, _ range: Range<Int>,
    _ wide: (Int64, Int64) -> Int64
  ) {
    let left = (mine + range.lowerBound).assumingMemoryBound(to: Int64.self)
    let right = (others + range.lowerBound).assumingMemoryBound(to: Int64.self)
    for at in 0..<range.count / 8 { left[at] = wide(left[at], right[at]) }
  }

  package static func += (left: inout ObjectStatSum, right: ObjectStatSum) {
    left.combine(right) { $0 &+ $1 }
  }

  package static func -= (left: inout ObjectStatSum, right: ObjectStatSum) {
    left.combine(right) { $0 &- $1 }
  }

  /// No field below `least` (`object_stat_sum_t::floor`).
  package mutating func floor(_ least: Int64) { combine(self) { mine, _ in max(mine, least) } }

  /// Shares for the children of a split: everything divided, what remains to the first ones.
  package func split(into count: Int) -> [ObjectStatSum] {
    precondition(count > 0, "a split into \(count)")
    let divisor = Int64(count)
    return (0..<divisor).map { index in
      var share = self
      share.combine(self) { mine, _ in mine / divisor + (index < mine % divisor ? 1 : 0) }
      return share
    }
  }
}

extension ObjectStatSum: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("object_stat_sum_t", understands: 20) {
      (reader, version) throws(DecodeError) in
      guard version >= 14 else { throw .tooOld("object_stat_sum_t", version: version) }
      let bytes = try reader.readSlice(Self.byteCount(version: version))
      var sum = ObjectStatSum()
      withUnsafeMutableBytes(of: &sum) { target in
        bytes.withUnsafeBytes { target.copyMemory(from: $0) }
      }
      return sum
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 20, compat: 14) { writer in
      withUnsafeBytes(of: self) { writer.writeRaw($0) }
    }
  }
}
