import Base
import Buffers

/// A `KeyValue` in memory, which can lose at a crash what it may lose: for simulation.
package final class MemoryKeyValue: KeyValue, @unchecked Sendable {
  typealias Entries = SortedMap<ByteString, ByteSlice>

  private let lock = Lock()
  private var entries: Entries
  private var flushed: Entries
  private var unflushed: [KeyValueBatch] = []
  private var bytes: UInt64 = 0
  private var isClosed = false
  /// Makes the next flushes fail with EIO, as a broken device would.
  package var failsFlushes = false

  package init() {
    entries = Entries()
    flushed = Entries()
  }

  private init(survivors: Entries) {
    entries = survivors
    flushed = survivors
  }

  /// What is found after a crash now: the last flush and a random number of the batches since.
  ///
  /// This one is dead afterwards.
  package func crash(using random: inout SeededRandom) -> MemoryKeyValue {
    crash(keeping: Int.random(in: 0...batchesSinceFlush, using: &random))
  }

  /// As `crash`, with the first `count` batches since the last flush.
  package func crash(keeping count: Int) -> MemoryKeyValue {
    lock.withLock {
      isClosed = true
      var survivors = flushed
      for batch in unflushed.prefix(count) { Self.apply(batch, to: &survivors) }
      return MemoryKeyValue(survivors: survivors)
    }
  }

  package var batchesSinceFlush: Int { lock.withLock { unflushed.count } }
  package var changesSinceFlush: Int { lock.withLock { unflushed.reduce(0) { $0 + $1.count } } }

  private static func apply(_ batch: KeyValueBatch, to entries: inout Entries) {
    batch.forEach { change in
      switch change {
      case .put(let key, let value): entries[key] = value
      case .delete(let key): entries[key] = nil
      case .deleteRange(let from, let to): entries.removeRange(from: from, to: to)
      }
    }
  }

  private func checkOpen(_ operation: String) throws(KeyValueError) {
    if isClosed { throw KeyValueError(errno: 9, "\(operation) after close or crash") }
  }

  package func get(_ key: ByteString) throws(KeyValueError) -> ByteSlice? {
    try lock.withLock { () throws(KeyValueError) in
      try checkOpen("get")
      return entries[key]
    }
  }

  /// Of half of the keys memory cannot tell.
  package func peek(_ key: ByteString) -> KeyValuePeek {
    guard key.bytes.reduce(0, &+) & 1 == 0 else { return .unknown }
    return lock.withLock {
      if isClosed { return .unknown }
      guard let value = entries[key] else { return .absent }
      return value.isEmpty ? .unknown : .value(value)
    }
  }

  package func apply(_ batch: KeyValueBatch) throws(KeyValueError) {
    try lock.withLock { () throws(KeyValueError) in
      try checkOpen("apply")
      Self.apply(batch, to: &entries)
      unflushed.append(batch)
    }
  }

  package func flush() throws(KeyValueError) {
    try lock.withLock { () throws(KeyValueError) in
      try checkOpen("flush")
      if failsFlushes { throw KeyValueError(errno: 5, "flush") }
      flushed = entries
      unflushed.removeAll(keepingCapacity: true)
    }
  }

  package func snapshot() throws(KeyValueError) -> any KeyValueSnapshot {
    try lock.withLock { () throws(KeyValueError) in
      try checkOpen("snapshot")
      return MemorySnapshot(entries)
    }
  }

  package func approximateBytes(from: ByteString, to: ByteString) -> UInt64 {
    let entries = lock.withLock { self.entries }
    var sum: UInt64 = 0
    var at = entries.lowerBound(from)
    let end = entries.lowerBound(to)
    while at != end, at != entries.end {
      sum += UInt64(entries[at].key.count + entries[at].value.count)
      at = entries.place(after: at)
    }
    return sum
  }

  package var usage: KeyValueUsage {
    let entries = lock.withLock { self.entries }
    var usage = KeyValueUsage()
    for (key, value) in entries { usage.stored += UInt64(key.count + value.count) }
    usage.allocated = usage.stored
    return usage
  }

  package var memoryBytes: UInt64 { usage.stored }

  package func reclaim() {}

  package func close() { lock.withLock { isClosed = true } }
}

private final class MemorySnapshot: KeyValueSnapshot {
  private let entries: MemoryKeyValue.Entries

  init(_ entries: MemoryKeyValue.Entries) { self.entries = entries }

  func get(_ key: ByteString) throws(KeyValueError) -> ByteSlice? { entries[key] }

  func iterate(
    from: ByteString, to: ByteString?, reverse: Bool
  ) throws(KeyValueError)
    -> any KeyValueCursor
  { MemoryCursor(entries, from: from, to: to, reverse: reverse) }
}

private final class MemoryCursor: KeyValueCursor {
  private typealias Place = MemoryKeyValue.Entries.Place

  private let entries: MemoryKeyValue.Entries
  private let reverse: Bool
  /// The next entry of a forward walk; the one above it of a backward walk. nil: done.
  private var at: Place?
  private let stop: Place

  init(_ entries: MemoryKeyValue.Entries, from: ByteString, to: ByteString?, reverse: Bool) {
    self.entries = entries
    self.reverse = reverse
    let low = entries.lowerBound(from)
    let high = to.map { entries.lowerBound($0) } ?? entries.end
    let isEmpty = to.map { $0 <= from } ?? false
    at = isEmpty ? nil : reverse ? high : low
    stop = reverse ? low : high
  }

  func next() throws(KeyValueError) -> KeyValueEntry? {
    guard let place = at, place != stop else { return nil }
    if reverse {
      guard let before = entries.place(before: place) else { return nil }
      at = before
      return KeyValueEntry(entries[before].key, entries[before].value)
    }
    at = entries.place(after: place)
    return KeyValueEntry(entries[place].key, entries[place].value)
  }
}
