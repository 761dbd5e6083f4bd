/// Which reads have begun and not ended, so that what they look at stays.
struct ReadTracker {
  /// The number of the next read.
  private(set) var next: UInt64 = 1
  private var ended: [Bool] = []
  private var firstNumber: UInt64 = 1

  /// No read with a lower number is under way.
  var oldest: UInt64 { firstNumber }

  mutating func begin() -> UInt64 {
    defer { next += 1 }
    ended.append(false)
    return next
  }

  /// Whether the oldest read under way is another one now.
  mutating func end(_ number: UInt64) -> Bool {
    ended[Int(number - firstNumber)] = true
    var gone = 0
    while gone < ended.count, ended[gone] { gone += 1 }
    guard gone > 0 else { return false }
    ended.removeFirst(gone)
    firstNumber += UInt64(gone)
    return true
  }
}
