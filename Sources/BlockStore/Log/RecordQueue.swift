import Base

/// Transactions that wait for a log's next record, and their data, as far as they are held for it.
struct RecordQueue {
  private var contexts = Queue<TransContext>()
  /// That the transactions take of records.
  private(set) var bytes = 0
  /// Data that are held.
  private(set) var heldBytes = 0

  var isEmpty: Bool { contexts.isEmpty }
  var count: Int { contexts.count }

  mutating func append(_ context: TransContext) {
    contexts.append(context)
    bytes += context.recordBytes
    heldBytes += context.heldBytes
  }

  /// All; whose data are to be written to their places now.
  mutating func takeHolders() -> Queue<TransContext> {
    heldBytes = 0
    return contexts
  }

  /// What the next record has, and its length.
  func next() -> (contexts: [TransContext], length: Int) {
    var length = LogRecordHead.bytes
    var next: [TransContext] = []
    next.reserveCapacity(contexts.count)
    for context in contexts {
      if !next.isEmpty, length + context.recordBytes > Limits.recordBytesMax { break }
      length += context.recordBytes
      next.append(context)
    }
    return (next, length)
  }

  /// The first ones have their record; all data that are held are theirs.
  mutating func remove(_ first: [TransContext]) {
    for context in first {
      contexts.removeFirst()
      bytes -= context.recordBytes
    }
    heldBytes = 0
  }
}
