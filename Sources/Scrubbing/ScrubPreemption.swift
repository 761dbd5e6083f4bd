/// How often a chunk lets itself be interrupted by writes: each time it gets smaller, and after a few
/// times writes wait.
///
/// Ceph: `PgScrubber::preemption_data_t`.
package struct ScrubPreemption: Sendable {
  private var left: Int
  package private(set) var isAllowed = false
  package private(set) var hasHappened = false
  /// What the size of a chunk is divided by.
  package private(set) var divisor = 1

  package init(most: Int) { left = most }

  /// At the beginning of each try.
  mutating func beginTry() {
    if hasHappened, left > 0 {
      left -= 1
      divisor *= 2
    }
    hasHappened = false
    isAllowed = left > 0
  }

  mutating func preempt() { hasHappened = true }

  /// All maps are here: from now on writes wait. True if one came before.
  mutating func close() -> Bool {
    isAllowed = false
    return hasHappened
  }
}
