import Base

/// A budget of bytes and of messages that many connections share; any thread.
///
/// Every message received under it holds a `ThrottleShare`, which gives its bytes back when the message
/// (and whoever kept its share) is gone. A connection that finds the budget used stops reading and is
/// called when there is room again. The message at hand is always taken, so the budget is overrun by at
/// most what one read holds for each connection.
package final class Throttle: @unchecked Sendable {
  private let lock = Lock()
  private var held = 0
  private var messages = 0
  private var limit: Int
  private var messageLimit: Int
  private var waiters: [@Sendable () -> Void] = []
  private var counts = Counts()

  /// What it has done since it was made.
  package struct Counts: Sendable {
    package var taken: UInt64 = 0
    package var bytesTaken: UInt64 = 0
    package var returned: UInt64 = 0
    package var bytesReturned: UInt64 = 0
    /// Times that a connection stopped reading, and for how long altogether.
    package var waits: UInt64 = 0
    package var nanosecondsWaited: UInt64 = 0
  }

  package var tally: Counts { lock.withLock { counts } }

  package init(bytesMax: Int, messagesMax: Int = .max) {
    limit = bytesMax
    messageLimit = messagesMax
  }

  package var bytesHeld: Int { lock.withLock { held } }
  package var messagesHeld: Int { lock.withLock { messages } }

  package var bytesMax: Int {
    get { lock.withLock { limit } }
    set {
      lock.withLock { limit = newValue }
      wake()
    }
  }

  package var messagesMax: Int {
    get { lock.withLock { messageLimit } }
    set {
      lock.withLock { messageLimit = newValue }
      wake()
    }
  }

  /// Takes a message of `bytes`, come what may.
  package func take(_ bytes: Int) -> ThrottleShare {
    lock.withLock {
      held += bytes
      messages += 1
      counts.taken &+= 1
      counts.bytesTaken &+= UInt64(bytes)
    }
    return ThrottleShare(self, bytes)
  }

  package var isExhausted: Bool { lock.withLock { !hasRoom } }

  private var hasRoom: Bool { held < limit && messages < messageLimit }

  /// Calls `resume` once, on any thread, when there is room; false, and no call, if there is already.
  func wait(_ resume: @escaping @Sendable () -> Void) -> Bool {
    lock.withLock {
      guard !hasRoom else { return false }
      waiters.append(resume)
      return true
    }
  }

  /// A connection that had stopped reads again.
  func waited(_ nanoseconds: UInt64) {
    lock.withLock {
      counts.waits &+= 1
      counts.nanosecondsWaited &+= nanoseconds
    }
  }

  fileprivate func release(_ bytes: Int) {
    let wakes = lock.withLock {
      held -= bytes
      messages -= 1
      counts.returned &+= 1
      counts.bytesReturned &+= UInt64(bytes)
      return !waiters.isEmpty && hasRoom
    }
    if wakes { wake() }
  }

  private func wake() {
    let woken = lock.withLock {
      guard hasRoom else { return [@Sendable () -> Void]() }
      defer { waiters = [] }
      return waiters
    }
    for resume in woken { resume() }
  }
}

/// What one message holds of a budget, until it is let go.
package final class ThrottleShare: Sendable {
  private let throttle: Throttle
  private let bytes: Int

  fileprivate init(_ throttle: Throttle, _ bytes: Int) {
    self.throttle = throttle
    self.bytes = bytes
  }

  deinit { throttle.release(bytes) }
}
