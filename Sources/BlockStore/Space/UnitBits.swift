/// Units next to each other on the device.
struct UnitRun: Equatable {
  var unit: UInt64
  var count: Int
}

/// A bit for each unit of a region; 1: taken.
struct UnitBits: Equatable {
  private(set) var words: [UInt64]
  private(set) var takenCount = 0

  init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  init(words: [UInt64]) {
    self.words = words
    takenCount = words.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  func isTaken(_ bit: Int) -> Bool { words[bit / 64] & (1 << UInt64(bit % 64)) != 0 }

  /// Returns how many of them were free.
  mutating func take(_ bits: Range<Int>) -> Int {
    let before = takenCount
    for bit in bits where !isTaken(bit) {
      words[bit / 64] |= 1 << UInt64(bit % 64)
      takenCount += 1
    }
    return takenCount - before
  }

  /// Returns how many of them were taken.
  mutating func release(_ bits: Range<Int>) -> Int {
    let before = takenCount
    for bit in bits where isTaken(bit) {
      words[bit / 64] &= ~(1 << UInt64(bit % 64))
      takenCount -= 1
    }
    return before - takenCount
  }

  /// Adds what another has taken; false, and nothing is changed, if both have a unit.
  mutating func join(_ other: UnitBits) -> Bool {
    guard zip(words, other.words).allSatisfy({ $0 & $1 == 0 }) else { return false }
    for index in words.indices { words[index] |= other.words[index] }
    takenCount += other.takenCount
    return true
  }

  /// The first free bit within `bits`.
  func firstFree(_ bits: Range<Int>) -> Int? {
    guard var word = bits.first.map({ $0 / 64 }) else { return nil }
    var free = ~words[word] & (~0 << UInt64(bits.lowerBound % 64))
    while free == 0 {
      word += 1
      guard word < words.count else { return nil }
      free = ~words[word]
    }
    let found = word * 64 + free.trailingZeroBitCount
    return found < bits.upperBound ? found : nil
  }
}
