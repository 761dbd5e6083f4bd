import Base
import Reactors

/// A task that waits for the client to come into some state.
final class MonWaiter {
  let isDone: (MonClient) -> Result<Void, MonError>?
  private var continuation: CheckedContinuation<Result<Void, MonError>, Never>?
  var timer: ReactorTimer?

  init(
    _ isDone: @escaping (MonClient) -> Result<Void, MonError>?,
    _ continuation: CheckedContinuation<Result<Void, MonError>, Never>
  ) {
    self.isDone = isDone
    self.continuation = continuation
  }

  func finish(_ result: Result<Void, MonError>) {
    timer?.cancel()
    continuation?.resume(returning: result)
    continuation = nil
  }
}

extension MonClient {
  func wait(
    for what: String, _ timeout: Duration,
    _ isDone: @escaping (MonClient) -> Result<Void, MonError>?
  ) async throws(MonError) {
    precondition(reactor.isCurrent, "the monitor client is asked on its reactor")
    if let result = isDone(self) { return try result.get() }
    let result = await withCheckedContinuation { continuation in
      let waiter = MonWaiter(isDone, continuation)
      waiters.append(waiter)
      waiter.timer = reactor.schedule(after: timeout) { [weak self] in
        self?.waiters.removeAll { $0 === waiter }
        waiter.finish(.failure(.timedOut(what)))
      }
    }
    try result.get()
  }

  /// After whatever may have ended a wait.
  func checkWaiters() {
    guard !waiters.isEmpty else { return }
    var left: [MonWaiter] = []
    var done: [(MonWaiter, Result<Void, MonError>)] = []
    for waiter in waiters {
      if let result = isStopped ? .failure(.stopped) : waiter.isDone(self) {
        done.append((waiter, result))
      } else {
        left.append(waiter)
      }
    }
    waiters = left
    for (waiter, result) in done { waiter.finish(result) }
  }
}
