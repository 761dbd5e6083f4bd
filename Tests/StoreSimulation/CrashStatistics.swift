/// What a run found that must not be.
package struct CrashFinding: Error, CustomStringConvertible {
  package let description: String
  /// The run has not been through what it must have: nothing is said of the store.
  package let isShortfall: Bool

  init(_ description: String, isShortfall: Bool = false) {
    self.description = description
    self.isShortfall = isShortfall
  }
}

/// What runs have been through.
package struct CrashStatistics: Sendable {
  package var runs = 0
  package var lives = 0
  package var crashesInStart = 0
  /// Of those, after the first record was read and before the store was mounted.
  package var crashesInReplay = 0
  /// While a log was being brought to the index.
  package var crashesInCheckpoint = 0
  package var transactions = 0
  package var acknowledged = 0
  package var lost = 0
  /// Writes whose data went to the log first.
  package var deferred = 0
  /// Collections that were split off, or removed to come back elsewhere.
  package var moves = 0
  /// Collections that became part of another.
  package var merges = 0
  /// Times that a ring's end was passed.
  package var wraps = 0
  /// Percent of the data units that were taken at the highest point: of the fullest run, and of the
  /// one that came least far.
  package var fullest = 0
  package var leastFull = 100

  package init() {}

  package mutating func add(_ other: CrashStatistics) {
    runs += other.runs
    lives += other.lives
    crashesInStart += other.crashesInStart
    crashesInReplay += other.crashesInReplay
    crashesInCheckpoint += other.crashesInCheckpoint
    transactions += other.transactions
    acknowledged += other.acknowledged
    lost += other.lost
    deferred += other.deferred
    moves += other.moves
    merges += other.merges
    wraps += other.wraps
    fullest = max(fullest, other.fullest)
    leastFull = min(leastFull, other.fullest)
  }

  package var text: String {
    "\(runs) runs, \(lives) lives, \(crashesInStart) crashes during a start (\(crashesInReplay) during "
      + "the replay), \(crashesInCheckpoint) during a checkpoint, \(transactions) transactions, "
      + "\(acknowledged) acknowledged, \(lost) lost with reason, \(deferred) writes deferred, \(moves) collections moved, \(merges) merged, "
      + "\(wraps) wraps of a ring, \(leastFull) to \(fullest) % full"
  }
}
