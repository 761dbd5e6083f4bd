import Base

/// What was received on a lossless connection since the last acknowledgement left: the peer keeps all of
/// it until then.
package struct Unacknowledged {
  private var messages = 0
  private var bytes = 0

  package init() {}

  package var isEmpty: Bool { messages == 0 }

  /// An acknowledgement goes by itself now.
  package var isMuch: Bool {
    messages >= Limits.unacknowledgedMax || bytes >= Limits.unacknowledgedBytesMax
  }

  @inline(__always)
  package mutating func add(_ byteCount: Int) {
    messages += 1
    bytes += byteCount
  }
}
