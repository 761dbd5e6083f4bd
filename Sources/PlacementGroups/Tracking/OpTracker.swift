import Base

/// The ops that a shard has in flight, and what is kept of those that are over.
///
/// Confined to its shard's reactor. Ceph: `OpTracker`.
struct OpTracker {
  /// osd_enable_op_tracker; ops that began before are in flight all the same.
  var isEnabled = true
  var history = OpHistory()
  private var ops: ContiguousArray<TrackedOp?> = []
  private var free: [Int] = []
  private(set) var count = 0

  mutating func add(_ op: TrackedOp) {
    count += 1
    if let place = free.popLast() {
      op.place = place
      ops[place] = op
    } else {
      op.place = ops.count
      ops.append(op)
    }
  }

  /// False if it was not in flight.
  mutating func remove(_ op: TrackedOp) -> Bool {
    guard op.place >= 0 else { return false }
    ops[op.place] = nil
    free.append(op.place)
    op.place = -1
    count -= 1
    return true
  }

  /// The op is over: keeps it if it was a long one.
  @inline(__always)
  mutating func end(_ op: TrackedOp, at now: Instant) {
    op.note(.done, at: now)
    if isEnabled, history.wants(op.trace, over: now) { history.add(op.record, at: now) }
  }

  /// Oldest first.
  var inFlight: [TrackedOp] {
    ops.compactMap { $0 }.sorted { $0.trace.began < $1.trace.began }
  }
}
