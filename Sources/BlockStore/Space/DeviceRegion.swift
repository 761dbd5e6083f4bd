import Base

/// A region of the device: who allocates in it, and which of its units nobody uses.
struct DeviceRegion {
  let unitCount: Int
  var lessee = SpaceMap.nobody
  private(set) var freeCount: Int
  /// nil while all are free: most of a large device is never looked at.
  private var bits: UnitBits?
  /// No unit below is free.
  private var lowest = 0
  /// Where the last long run ended.
  private var cursor = 0
  /// Where the next run is looked for that lies behind all others taken since `begin`.
  private var frontier = 0

  init(unitCount: Int) {
    self.unitCount = unitCount
    freeCount = unitCount
  }

  var isEmpty: Bool { freeCount == unitCount }

  var freeRuns: [Range<Int>] {
    guard let bits else { return [0..<unitCount] }
    var runs: [Range<Int>] = []
    var at = 0
    while let first = bits.firstFree(at..<unitCount) {
      var end = first + 1
      while end < unitCount, !bits.isTaken(end) { end += 1 }
      runs.append(first..<end)
      at = end
      if at >= unitCount { break }
    }
    return runs
  }

  func isTaken(_ bit: Int) -> Bool { bits?.isTaken(bit) ?? false }

  /// A run of free units, at most so many; there must be one.
  ///
  /// For regions that are filled up. A short one is the lowest there is: what was written before is written
  /// again, so that a sparse file grows no further than it must and its file system has nothing to note. A
  /// long one begins where the last ended, so that it is not pieced together from what short ones left.
  mutating func take(_ most: Int) -> Range<Int> {
    var bits = self.bits.take() ?? UnitBits(count: unitCount)
    defer { self.bits = bits }
    let isLong = most > Limits.shortRunUnitsMax
    let next =
      (isLong ? bits.firstFree(cursor..<unitCount) : nil)
      ?? bits.firstFree(lowest..<unitCount)
    guard let first = next else { preconditionFailure("a region without a free unit") }
    let run = takeRun(of: &bits, from: first, most)
    if isLong { cursor = run.upperBound } else { lowest = run.upperBound }
    return run
  }

  /// The free units from this one on, at most so many.
  private mutating func takeRun(of bits: inout UnitBits, from first: Int, _ most: Int) -> Range<Int>
  {
    var end = first + 1
    while end < unitCount, end - first < most, !bits.isTaken(end) { end += 1 }
    _ = bits.take(first..<end)
    freeCount -= end - first
    return first..<end
  }

  /// From now on `takeAhead` goes through it, once.
  mutating func begin() { frontier = 0 }

  /// The next run of free units, at most so many; nil at the region's end.
  mutating func takeAhead(_ most: Int) -> Range<Int>? {
    var bits = self.bits.take() ?? UnitBits(count: unitCount)
    defer { self.bits = bits }
    guard frontier < unitCount, let first = bits.firstFree(frontier..<unitCount) else { return nil }
    let run = takeRun(of: &bits, from: first, most)
    frontier = run.upperBound
    return run
  }

  /// False if one of them was free.
  mutating func release(_ units: Range<Int>) -> Bool {
    guard var bits = self.bits.take() else { return false }
    let wereTaken = bits.release(units) == units.count
    freeCount = unitCount - bits.takenCount
    lowest = min(lowest, units.lowerBound)
    if freeCount < unitCount { self.bits = bits } else { cursor = 0 }
    return wereTaken
  }

  /// What a log's partitions have in it, at a start; false if another's have some of it.
  mutating func join(_ taken: UnitBits) -> Bool {
    var bits = self.bits.take() ?? UnitBits(count: unitCount)
    let isTheirs = bits.join(taken)
    freeCount = unitCount - bits.takenCount
    self.bits = bits
    return isTheirs
  }
}
