import Base
import CLinux
import CMalloc

/// The index's threads: some for reads, one for changes.
package final class ThreadedIndexRunner: IndexRunner, @unchecked Sendable {
  private let readers: WorkThreads
  private let changer: WorkThreads

  package init(readThreads: Int = 2) throws(SystemError) {
    readers = WorkThreads()
    changer = WorkThreads()
    for _ in 0..<readThreads { try readers.addThread("index-read") }
    try changer.addThread("index-write")
  }

  package func read(_ work: @escaping @Sendable () -> Void) { readers.add(work) }

  package func change(_ work: @escaping @Sendable () -> Void) { changer.add(work) }

  /// Takes milliseconds, in which who allocates may wait.
  package func rest() { changer.add { CMalloc_release() } }

  /// Returns when all that was asked for has run.
  package func stop() {
    readers.stop()
    changer.stop()
  }
}

/// Threads that take work from one queue.
private final class WorkThreads: @unchecked Sendable {
  private let lock = Lock()
  private let wakeUp = Condition()
  // Under the lock.
  private var queue = Queue<@Sendable () -> Void>()
  private var isStopping = false
  // The maker's.
  private var threads: [UInt64] = []

  func addThread(_ name: String) throws(SystemError) {
    var thread: UInt64 = 0
    let context = Unmanaged.passRetained(self)
    let result = CLinux_threadStart(
      name, { Unmanaged<WorkThreads>.fromOpaque($0!).takeRetainedValue().run() },
      context.toOpaque(),
      &thread)
    if result < 0 { context.release() }
    try SystemError.check(result, "pthread_create")
    threads.append(thread)
  }

  func add(_ work: @escaping @Sendable () -> Void) {
    lock.withLock { queue.append(work) }
    wakeUp.signal()
  }

  func stop() {
    lock.withLock { isStopping = true }
    wakeUp.broadcast()
    for thread in threads { CLinux_threadJoin(thread) }
    threads = []
  }

  private func run() {
    while let work = take() { work() }
  }

  private func take() -> (@Sendable () -> Void)? {
    lock.withLock {
      while queue.isEmpty {
        if isStopping { return nil }
        wakeUp.wait(lock)
      }
      return queue.popFirst()
    }
  }
}
