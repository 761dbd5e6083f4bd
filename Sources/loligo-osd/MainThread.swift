import Base
import Reactors

/// From the main thread, which is no reactor, into what is asynchronous, and back.
enum MainThread {
  /// Runs `body` on `reactor`, or on this thread itself (nil), and waits for its result.
  @discardableResult
  static func `await`<Value>(
    on reactor: Reactor?, _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let answer = Answer<Result<Value, any Error>>()
    let run: @Sendable () async -> Void = {
      do { answer.put(.success(try await body())) } catch { answer.put(.failure(error)) }
    }
    if let reactor {
      reactor.post { reactor.spawn(run) }
      return try answer.wait().get()
    }
    let jobs = WaitingThread()
    Task(executorPreference: jobs) { await run() }
    while true {
      if let result = answer.wait(for: .zero) { return try result.get() }
      jobs.runNext()
    }
  }
}

/// The jobs of one task, run by the thread that waits for it. The global pool would do it as well, but
/// once it has begun it looks after its threads every second for as long as the process lives.
private final class WaitingThread: TaskExecutor, @unchecked Sendable {
  private let lock = Lock()
  private let condition = Condition()
  private var jobs = Fifo<UnownedJob>()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    lock.withLock { jobs.append(job) }
    condition.signal()
  }

  /// Waits for a job if there is none.
  func runNext() {
    let job = lock.withLock {
      while true {
        if let job = jobs.popFirst() { return job }
        condition.wait(lock)
      }
    }
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
