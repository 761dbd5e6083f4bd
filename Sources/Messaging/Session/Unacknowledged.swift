/// What was received on a lossless connection since the last acknowledgement left. The peer keeps all
/// of it until then.
struct Unacknowledged {
  private(set) var messages = 0
  private(set) var bytes = 0

  var isEmpty: Bool { messages == 0 }
  /// An acknowledgement is to go by itself.
  var isMuch: Bool {
    messages >= Limits.unacknowledgedMax || bytes >= Limits.unacknowledgedBytesMax
  }

  mutating func add(_ byteCount: Int) {
    messages += 1
    bytes += byteCount
  }
}
