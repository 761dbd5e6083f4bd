import Messages

/// What is to be sent and, on lossless connections, what was sent and is not acknowledged.
///
/// Messages stand in the order of their sequences; `unsent` is the index of the first that waits.
package struct ReplayQueue {
  private var messages: [RawMessage?] = []
  /// Of the first message that is still wanted, and of the first that was not sent.
  private var head = 0
  private var unsent = 0
  /// The last sequence that was given to a message.
  private(set) var lastSequence: UInt64 = 0

  package init() {}

  package var isEmpty: Bool { head == messages.count }
  package var hasUnsent: Bool { unsent < messages.count }
  package var unacknowledgedCount: Int { unsent - head }
  package var count: Int { messages.count - head }

  /// The next sequence, for a message that needs not be kept.
  @inline(__always)
  package mutating func nextSequence() -> UInt64 {
    lastSequence &+= 1
    return lastSequence
  }

  package mutating func append(_ message: RawMessage) { messages.append(message) }

  /// A message that is being sent under `sequence`, the last that was given; nothing may wait.
  package mutating func appendSent(_ message: RawMessage, sequence: UInt64) {
    messages.append(message)
    messages[messages.count - 1]?.header.sequence = sequence
    unsent = messages.count
  }

  /// The first message that was not sent, numbered; it is kept until acknowledged, if `keeping`.
  package mutating func takeUnsent(keeping: Bool) -> RawMessage? {
    guard unsent < messages.count, var message = messages[unsent] else { return nil }
    message.header.sequence = nextSequence()
    if keeping { messages[unsent] = message } else { messages[unsent] = nil }
    unsent += 1
    if !keeping {
      head = unsent
      compact()
    }
    return message
  }

  /// The peer has everything up to `sequence`.
  package mutating func acknowledge(_ sequence: UInt64) {
    while head < messages.count, let message = messages[head],
      message.header.sequence != 0, message.header.sequence <= sequence
    {
      messages[head] = nil
      head += 1
    }
    if unsent < head {
      // Sent before the last fault, and received.
      lastSequence &+= UInt64(head - unsent)
      unsent = head
    }
    compact()
  }

  /// The socket is gone: all that is not acknowledged waits again, under its old numbers.
  package mutating func requeueSent() {
    lastSequence &-= UInt64(unsent - head)
    unsent = head
  }

  /// Counts from 1 again.
  package mutating func renumber() {
    requeueSent()
    lastSequence = 0
    for index in head..<messages.count { messages[index]?.header.sequence = 0 }
  }

  package mutating func removeAll() {
    messages.removeAll()
    head = 0
    unsent = 0
  }

  private mutating func compact() {
    if head == messages.count {
      messages.removeAll(keepingCapacity: messages.capacity <= 4096)
      head = 0
      unsent = 0
    } else if head >= 1024, head * 2 >= messages.count {
      messages.removeFirst(head)
      unsent -= head
      head = 0
    }
  }
}
