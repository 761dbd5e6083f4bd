import Scheduling

/// What waits for its share of a shard.
enum ShardWork {
  case op(ClientOp)
  /// A step of work in the background that reads or writes so many bytes.
  case step(cost: Int, begin: () -> Void)
  /// A turn of recovery, which begins and counts what it copies itself.
  case turn(() -> Void)
}

/// Work that is nobody's op, such as scrubs: in small steps, each of which takes its turn among all ops.
extension OSDShard {
  /// A turn of recovery, at its place among clients' ops.
  func schedule(_ limits: RecoveryThrottle.Limits, _ turn: @escaping () -> Void) {
    enqueue(.turn(turn), priority: limits.turnPriority, cost: limits.turnCost, client: .max)
  }

  /// Waits for the turn of a step; it counts as in flight until `endStep`.
  func beginStep(priority: UInt32, cost: Int) async {
    nonisolated(unsafe) let shard = self
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      shard.enqueue(
        .step(cost: cost) { continuation.resume() }, priority: priority, cost: cost, client: .max)
    }
  }

  func endStep(cost: Int) { release(ops: 1, bytes: cost) }
}
