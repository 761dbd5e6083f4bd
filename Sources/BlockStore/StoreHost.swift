import Base
import Reactors

/// What the parts of a store on one reactor share: options, counters, and how it ends when it cannot
/// keep its word. Confined to its reactor.
final class StoreHost: @unchecked Sendable {
  let options: BlockStoreOptions
  let perf: PerfCounters
  let log: Log?
  private let failure: StoreFailure
  /// Whoever waits for the store to be at rest is told that it never will be.
  private var failureWaiters: [Int: () -> Void] = [:]
  private var nextWaiter = 0

  /// For tests: a transaction has taken its place in a log.
  var onRecord: ((_ log: UInt32, TransContext) -> Void)?

  init(options: BlockStoreOptions, perf: PerfCounters, log: Log?, failure: StoreFailure) {
    self.options = options
    self.perf = perf
    self.log = log
    self.failure = failure
  }

  var hasFailed: Bool { failure.hasFailed }

  /// Nothing is acknowledged from now on.
  func fail(_ error: any Error) {
    failure.fail(error)
    let waiters = failureWaiters
    failureWaiters = [:]
    for waiter in waiters.values { waiter() }
  }

  func addFailureWaiter(_ body: @escaping () -> Void) -> Int {
    nextWaiter += 1
    failureWaiters[nextWaiter] = body
    return nextWaiter
  }

  /// False if it was told of the failure.
  func removeFailureWaiter(_ number: Int) -> Bool {
    failureWaiters.removeValue(forKey: number) != nil
  }
}

/// The end of a store: told once, whoever finds it. Any thread.
final class StoreFailure: @unchecked Sendable {
  private let lock = Lock()
  private let log: Log?
  private var failed = false
  private let onFailure: @Sendable (any Error) -> Void

  init(log: Log?, onFailure: @escaping @Sendable (any Error) -> Void) {
    self.log = log
    self.onFailure = onFailure
  }

  /// A plain read: it only ever turns true, and whoever must know at once has made it so.
  var hasFailed: Bool { failed }

  func fail(_ error: any Error) {
    let isFirst = lock.withLock {
      defer { failed = true }
      return !failed
    }
    guard isFirst else { return }
    log?.error(.bluestore, nil, "store failed, nothing more is acknowledged: \(error)")
    onFailure(error)
  }
}
