import Base
import Reactors

/// From the main thread, which is no reactor, into what is asynchronous, and back.
enum MainThread {
  /// Runs `body` on `reactor` (nil: on the global pool), and waits for its result.
  @discardableResult
  static func `await`<Value>(
    on reactor: Reactor?, _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let answer = Answer<Result<Value, any Error>>()
    let run: @Sendable () async -> Void = {
      do { answer.put(.success(try await body())) } catch { answer.put(.failure(error)) }
    }
    if let reactor { reactor.post { reactor.spawn(run) } } else { Task.detached { await run() } }
    return try answer.wait().get()
  }
}
