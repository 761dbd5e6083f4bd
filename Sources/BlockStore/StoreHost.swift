import Base
import Reactors

/// What the parts of a store on one reactor share: options, counters, and how it ends when it cannot
/// keep its word. Confined to its reactor.
final class StoreHost: @unchecked Sendable {
  let options: BlockStoreOptions
  /// One for all partitions, which use it as unevenly as PGs fall on them.
  let data: DataCache
  let perf: PerfCounters
  let log: Log?
  private let failure: StoreFailure
  /// Whoever waits for the store to be at rest is told that it never will be.
  private var failureWaiters: [Int: () -> Void] = [:]
  private var nextWaiter = 0

  /// For tests: a transaction has taken its place in a log.
  var onRecord: ((_ log: UInt32, TransContext) -> Void)?

  /// `share`: of how many hosts it is one.
  init(
    options: BlockStoreOptions, share: Int, perf: PerfCounters, log: Log?, failure: StoreFailure,
    reactor: Reactor
  ) {
    self.options = options
    data = DataCache(bytesMax: options.dataCacheBytes / share, perf: perf)
    self.perf = perf
    self.log = log
    self.failure = failure
    failure.observe { [weak self] in
      guard let self else { return }
      reactor.post { self.ended() }
    }
  }

  var hasFailed: Bool { failure.hasFailed }

  /// Nothing is acknowledged from now on, on no reactor. Who waits is told in a turn of its own.
  func fail(_ error: any Error) { failure.fail(error) }

  private func ended() {
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
  private var observers: [@Sendable () -> Void] = []
  private let onFailure: @Sendable (any Error) -> Void

  init(log: Log?, onFailure: @escaping @Sendable (any Error) -> Void) {
    self.log = log
    self.onFailure = onFailure
  }

  /// A plain read: it only ever turns true, and whoever must know at once has made it so.
  var hasFailed: Bool { failed }

  /// The store is gone: what is still under way ends, and nobody is told.
  func close() { lock.withLock { failed = true } }

  /// Calls `body` at the failure, on the thread that found it.
  func observe(_ body: @escaping @Sendable () -> Void) {
    lock.withLock { observers.append(body) }
  }

  func fail(_ error: any Error) {
    let told = lock.withLock { () -> [@Sendable () -> Void]? in
      defer { failed = true }
      return failed ? nil : observers
    }
    guard let told else { return }
    for tell in told { tell() }
    log?.error(.bluestore, nil, "store failed, nothing more is acknowledged: \(error)")
    onFailure(error)
  }
}
