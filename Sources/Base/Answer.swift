/// A value that one thread brings and another waits for, which is no reactor's.
package final class Answer<Value>: @unchecked Sendable {
  private let lock = Lock()
  private let condition = Condition()
  private var value: Value?

  package init() {}

  package func put(_ value: Value) {
    lock.withLock { self.value = value }
    condition.signal()
  }

  package func wait() -> Value {
    lock.withLock {
      while true {
        if let value { return value }
        condition.wait(lock)
      }
    }
  }

  /// Nil if it does not come within `duration`.
  package func wait(for duration: Duration) -> Value? {
    let end = ContinuousClock.now + duration
    return lock.withLock {
      while value == nil, case let rest = end - .now, rest > .zero {
        _ = condition.wait(lock, for: rest)
      }
      return value
    }
  }
}
