/// A region of the device: who allocates in it, and which of its units nobody uses.
struct DeviceRegion {
  let unitCount: Int
  var lessee = SpaceMap.nobody
  private(set) var freeCount: Int
  /// nil while all are free: most of a large device is never looked at.
  private var bits: UnitBits?
  private var cursor = 0

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

  /// The next free units from where the last were taken, at most so many; there must be one.
  mutating func take(_ most: Int) -> Range<Int> {
    var bits = self.bits.take() ?? UnitBits(count: unitCount)
    defer { self.bits = bits }
    let next = bits.firstFree(cursor..<unitCount) ?? bits.firstFree(0..<unitCount)
    guard let first = next else { preconditionFailure("a region without a free unit") }
    var end = first + 1
    while end < unitCount, end - first < most, !bits.isTaken(end) { end += 1 }
    _ = bits.take(first..<end)
    cursor = end
    freeCount -= end - first
    return first..<end
  }

  /// False if one of them was free.
  mutating func release(_ units: Range<Int>) -> Bool {
    guard var bits = self.bits.take() else { return false }
    let wereTaken = bits.release(units) == units.count
    freeCount = unitCount - bits.takenCount
    if freeCount < unitCount { self.bits = bits } else { cursor = 0 }
    return wereTaken
  }

  /// What a partition has in it, at a start; false if another has some of it.
  mutating func join(_ taken: UnitBits) -> Bool {
    var bits = self.bits.take() ?? UnitBits(count: unitCount)
    let isTheirs = bits.join(taken)
    freeCount = unitCount - bits.takenCount
    self.bits = bits
    return isTheirs
  }
}
