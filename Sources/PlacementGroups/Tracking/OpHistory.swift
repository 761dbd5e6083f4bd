import Base

/// What is kept of ops that are over; Ceph's options of the same names.
package struct OpHistoryLimits: Sendable {
  /// osd_op_history_size
  package var size = 20
  /// osd_op_history_duration
  package var duration: Duration = .seconds(600)
  /// osd_op_history_slow_op_size
  package var slowSize = 20
  /// osd_op_history_slow_op_threshold
  package var slowThreshold: Duration = .seconds(10)

  package init() {}
}

/// The ops of the last while that took longest, and the last that were slow.
///
/// An op that is not among them costs two comparisons. Confined to its shard's reactor. Ceph:
/// `OpHistory`.
package struct OpHistory: Sendable {
  package var limits = OpHistoryLimits() {
    didSet { trim(at: Instant(nanoseconds: 0)) }
  }
  /// Shortest first.
  private var longest: [OpRecord] = []
  /// Those initiated first, first.
  private var slow: [OpRecord] = []
  /// What took no longer is not kept, while nothing has grown old.
  private var least: UInt64 = 0
  private var oldest = UInt64.max

  package init() {}

  /// Whether an op that is over now is to be kept.
  @inline(__always)
  func wants(_ trace: borrowing OpTrace, over now: Instant) -> Bool {
    let took = now.nanoseconds &- trace.began.nanoseconds
    return took > least || now.nanoseconds > oldest
  }

  mutating func add(_ record: OpRecord, at now: Instant) {
    let took = record.duration(at: now)
    let place = longest.firstIndex { $0.duration(at: now) > took } ?? longest.count
    longest.insert(record, at: place)
    if took >= limits.slowThreshold {
      let place = slow.lastIndex { $0.trace.began <= record.trace.began }.map { $0 + 1 } ?? 0
      slow.insert(record, at: place)
    }
    trim(at: now)
  }

  private mutating func trim(at now: Instant) {
    longest.removeAll { now - $0.trace.began > limits.duration }
    if longest.count > limits.size { longest.removeFirst(longest.count - limits.size) }
    if slow.count > limits.slowSize { slow.removeFirst(slow.count - limits.slowSize) }
    let isFull = longest.count >= limits.size
    // What is slow is kept in any case.
    let shortest = longest.first.map { UInt64(max($0.duration(at: now).wholeNanoseconds, 0)) }
    least =
      limits.size > 0 && !isFull
      ? 0 : min(shortest ?? .max, UInt64(max(limits.slowThreshold.wholeNanoseconds - 1, 0)))
    oldest =
      longest.map { ($0.trace.began + limits.duration).nanoseconds }.min() ?? .max
  }

  /// Those that are young enough, shortest first.
  package func longest(at now: Instant) -> [OpRecord] {
    longest.filter { now - $0.trace.began <= limits.duration }
  }

  package var slowest: [OpRecord] { slow }
}
