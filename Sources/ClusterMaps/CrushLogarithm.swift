/// CRUSH's logarithm in fixed point: `2^44 * log2(u + 1)`, as near as its tables have it.
///
/// Source: `crush_ln` in src/crush/mapper.c.
struct CrushLogarithm: @unchecked Sendable {
  /// Both tables one after the other, never freed: read in the innermost loop of every mapping.
  private let tables: UnsafePointer<UInt64>
  private static let lowStart = CrushLogarithmTables.reciprocalAndHigh.count

  static let shared = CrushLogarithm()

  private init() {
    let numbers = CrushLogarithmTables.reciprocalAndHigh + CrushLogarithmTables.low
    let copy = UnsafeMutablePointer<UInt64>.allocate(capacity: numbers.count)
    copy.initialize(from: numbers, count: numbers.count)
    tables = UnsafePointer(copy)
  }

  /// For `u` of at most 16 bits.
  @inline(__always)
  func callAsFunction(_ u: UInt32) -> Int64 {
    var x = u &+ 1
    var exponent: UInt64 = 15
    if x & 0x18000 == 0 {
      let shift = UInt32(truncatingIfNeeded: x.leadingZeroBitCount) &- 16
      x &<<= shift
      exponent = UInt64(15 &- shift)
    }
    // x is 0x8000...0x10000: 129 steps of 256.
    let step = Int((x &>> 8) &- 128) &* 2
    let reciprocal = tables[step]
    let remainder = Int((UInt64(x) &* reciprocal) &>> 48) & 0xff
    let fraction = tables[step &+ 1] &+ tables[Self.lowStart &+ remainder]
    return Int64(bitPattern: (exponent &<< 44) &+ (fraction &>> 4))
  }
}
