import Reactors

/// Checkpoints that are asked for.
extension BlockStore {
  /// Brings all that is in the logs to the index.
  package func checkpoint() async {
    for commitLog in current("checkpoint").logs {
      await Self.run(on: commitLog.reactor) { await Self.checkpoint(commitLog) }
    }
  }

  /// Brings everything to the index that is applied by now.
  static func checkpoint(_ log: CommitLog) async {
    for partition in log.partitions { await partition.allApplied() }
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      if log.host.hasFailed { return continuation.resume() }
      let waiter = log.host.addFailureWaiter { continuation.resume() }
      log.checkpoint.run { if log.host.removeFailureWaiter(waiter) { continuation.resume() } }
    }
  }
}
