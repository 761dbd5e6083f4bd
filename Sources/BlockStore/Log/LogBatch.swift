import Base
import Buffers

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

  /// Puts the transactions behind the head's place in a record, and zeros up to its last block's end.
  func writeTransactions(to record: UnsafeMutableRawPointer) {
    var at = LogRecordHead.bytes
    for context in contexts {
      context.write(to: record + at)
      at += context.recordBytes
    }
    let rest = LogRecordHead.ringBytes(at) - at
    (record + at).initializeMemory(as: UInt8.self, repeating: 0, count: rest)
  }

  /// Puts the data that the transactions hold behind the record; from there they are brought home later.
  func deferData(to target: ByteSlice, perf: PerfCounters) {
    var left = target
    for context in contexts where !context.held.isEmpty {
      perf.add(StoreCounter.deferredWrites)
      perf.add(StoreCounter.deferredBytes, UInt64(context.heldBytes))
      perf.sample(StoreCounter.dataLatency, 0)
      for write in context.held {
        let held = context.partition.writes[write.place]
        let bytes = left.prefix(held.count)
        left = left.dropFirst(held.count)
        held.copy(to: UnsafeMutableRawPointer(mutating: bytes.start))
        context.partition.deferData(bytes, write)
      }
      context.held.removeAll()
    }
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
