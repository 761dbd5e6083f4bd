import Base
import Reactors

/// From the main thread, which is no reactor, into what is asynchronous, and back.
enum MainThread {
  private final class Answer<Value>: @unchecked Sendable {
    private let lock = Lock()
    private let condition = Condition()
    private var value: Result<Value, any Error>?

    func put(_ value: Result<Value, any Error>) {
      lock.withLock { self.value = value }
      condition.signal()
    }

    func wait() -> Result<Value, any Error> {
      lock.withLock {
        while true {
          if let value { return value }
          condition.wait(lock)
        }
      }
    }
  }

  /// Runs `body` on `reactor` (nil: on the global pool), and waits for its result.
  @discardableResult
  static func `await`<Value>(
    on reactor: Reactor?, _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let answer = Answer<Value>()
    let run: @Sendable () async -> Void = {
      do { answer.put(.success(try await body())) } catch { answer.put(.failure(error)) }
    }
    if let reactor { reactor.post { reactor.spawn(run) } } else { Task.detached { await run() } }
    return try answer.wait().get()
  }
}
