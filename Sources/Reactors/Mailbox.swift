import Base
import Synchronization

/// Work from other threads for one reactor: a list under a lock, and at most one wake-up a sleep.
///
/// `filled` and `sleeping` order the two sides: the sender sets `filled` and then looks at
/// `sleeping`, the reactor sets `sleeping` and then looks at `filled`, so one of them sees the other.
final class Mailbox: @unchecked Sendable {
  private let lock = Lock()
  private var arrived: [Work] = []
  private let filled = Atomic<Bool>(false)
  private let sleeping = Atomic<Bool>(false)

  /// Any thread. True if the reactor sleeps and the caller must wake it.
  func put(_ work: Work) -> Bool {
    lock.withLock { arrived.append(work) }
    filled.store(true, ordering: .sequentiallyConsistent)
    return sleeping.exchange(false, ordering: .sequentiallyConsistent)
  }

  /// Any thread: the reactor is to look up although nothing was put.
  func interrupt() -> Bool {
    filled.store(true, ordering: .sequentiallyConsistent)
    return sleeping.exchange(false, ordering: .sequentiallyConsistent)
  }

  /// The reactor is about to sleep; false if it must not.
  func beginSleep() -> Bool {
    sleeping.store(true, ordering: .sequentiallyConsistent)
    guard filled.load(ordering: .sequentiallyConsistent) else { return true }
    sleeping.store(false, ordering: .relaxed)
    return false
  }

  var hasMail: Bool { filled.load(ordering: .sequentiallyConsistent) }

  func endSleep() { sleeping.store(false, ordering: .relaxed) }

  /// The reactor: swaps what has arrived with the empty `batch`. False if there was nothing.
  func take(_ batch: inout [Work]) -> Bool {
    guard filled.exchange(false, ordering: .sequentiallyConsistent) else { return false }
    lock.withLock { swap(&arrived, &batch) }
    return true
  }
}
