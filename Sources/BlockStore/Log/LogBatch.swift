import Base

/// Transactions of one record, and what is still awaited before they are durable.
final class LogBatch {
  let sequence: UInt64
  let mark: UInt64
  var contexts: [TransContext]
  var writesLeft = 0
  /// The write of the record makes it durable, and there is nothing else that a flush would have to.
  var isDurableOnceWritten = false
  var began = Instant(nanoseconds: 0)

  init(sequence: UInt64, mark: UInt64, contexts: [TransContext]) {
    self.sequence = sequence
    self.mark = mark
    self.contexts = contexts
  }
}

/// Where a log's replay begins.
struct LogTail: Equatable {
  var sequence: UInt64 = 1
  /// Bytes since the log began; modulo the ring's size, the place in it.
  var offset: UInt64 = 0
  var previousChecksum: UInt32 = 0

  /// Value of an `L` key.
  var encoded: [UInt8] {
    let buffer = EncodeBuffer()
    buffer.put(sequence)
    buffer.put(offset)
    buffer.put(previousChecksum)
    return buffer.array
  }
}
