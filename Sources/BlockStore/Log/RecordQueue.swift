import Base

/// Transactions that wait for a log's next record, and what becomes of their data: while they are few
/// bytes, they are held to go with the record; then all go their own way until the queue is empty again.
struct RecordQueue {
  /// Data of more than this are not held.
  let heldBytesMax: Int
  private var contexts = Queue<TransContext>()
  /// That the transactions take of records.
  private(set) var bytes = 0
  /// Data that are held.
  private(set) var heldBytes = 0
  private var holdsData = true

  init(heldBytesMax: Int) { self.heldBytesMax = heldBytesMax }

  var isEmpty: Bool { contexts.isEmpty }
  var count: Int { contexts.count }

  mutating func append(_ context: TransContext) {
    contexts.append(context)
    bytes += context.recordBytes
    heldBytes += context.heldBytes
    if !holdsData || heldBytes > heldBytesMax { releaseData() }
  }

  /// What is held is written to its place.
  mutating func releaseData() {
    holdsData = false
    guard heldBytes > 0 else { return }
    heldBytes = 0
    for context in contexts { context.partition.writeHeldData(of: context) }
  }

  /// What the next record has, and its length.
  func next() -> (contexts: [TransContext], length: Int) {
    var length = LogRecordHead.bytes
    var next: [TransContext] = []
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
    (heldBytes, holdsData) = (0, contexts.isEmpty)
  }
}
