import Buffers
import KeyValue

/// Changes to the index that it does not have yet, in the order of their keys: the newest for each key,
/// above the ranges of keys that were deleted before.
///
/// Frozen at a checkpoint and fixed from then on, so that the index thread may read it.
final class OverlayGeneration: @unchecked Sendable {
  /// Entries of neighbouring keys; small, since insertion moves half of them.
  final class Chunk {
    fileprivate(set) var keys = SortedKeys()
    /// nil: deleted.
    fileprivate(set) var values: [[UInt8]?] = []

    /// Returns the value that was there.
    func replace(at index: Int, with value: [UInt8]?) -> [UInt8]? {
      var other = value
      swap(&values[index], &other)
      return other
    }

    func append(to batch: inout KeyValueBatch) {
      for index in values.indices {
        keys.withKey(index) { key in
          if let value = values[index] { batch.put(key, value) } else { batch.delete(key) }
        }
      }
    }
  }

  private static let chunkMax = 64

  /// None is empty.
  private(set) var chunks: [Chunk] = []
  /// The first key of each chunk, so that a search looks into one chunk only.
  private var firstKeys = SortedKeys()
  /// Deleted from the generations below and from the index: `from <= key < to`; in order, apart.
  private(set) var ranges: [(from: ByteString, to: ByteString)] = []
  private(set) var count = 0
  private(set) var hasDeletes = false
  /// Of keys and values, and for each entry what holding it takes.
  private(set) var bytes = 0
  private static let entryBytes = 96

  var isEmpty: Bool { count == 0 && ranges.isEmpty }

  /// The chunk that has, or would have, the key; the first if there is none.
  private func chunkIndex(_ key: ByteString) -> Int {
    let place = firstKeys.search(key)
    return place.isThere ? place.index : max(place.index - 1, 0)
  }

  /// Returns the value that was there.
  @discardableResult
  func set(_ key: ByteString, _ value: [UInt8]?) -> [UInt8]? {
    if value == nil { hasDeletes = true }
    if chunks.isEmpty {
      chunks.append(Chunk())
      firstKeys.insert(key, at: 0)
    }
    let at = chunkIndex(key)
    let chunk = chunks[at]
    let (index, isThere) = chunk.keys.search(key)
    if isThere {
      let old = chunk.replace(at: index, with: value)
      bytes += (value?.count ?? 0) - (old?.count ?? 0)
      return old
    }
    chunk.keys.insert(key, at: index)
    chunk.values.insert(value, at: index)
    if index == 0 { firstKeys.replace(at: at, with: key) }
    count += 1
    bytes += key.count + (value?.count ?? 0) + Self.entryBytes
    if chunk.values.count > Self.chunkMax { split(at, isGrowing: index == chunk.values.count - 1) }
    return nil
  }

  /// `isGrowing`: at its end; keys that come in order leave full chunks behind.
  private func split(_ at: Int, isGrowing: Bool) {
    let chunk = chunks[at]
    let keep = isGrowing ? Self.chunkMax - 4 : Self.chunkMax / 2
    let tail = Chunk()
    tail.keys = chunk.keys.split(at: keep)
    tail.values = Array(chunk.values[keep...])
    chunk.values.removeSubrange(keep...)
    chunks.insert(tail, at: at + 1)
    firstKeys.insert(tail.keys[0], at: at + 1)
  }

  func deleteRange(from: ByteString, to: ByteString) {
    guard from < to else { return }
    hasDeletes = true
    removeEntries(from: from, to: to)
    var merged = (from: from, to: to)
    let low = firstRange { $0.to < from }
    var high = low
    while high < ranges.count, !(to < ranges[high].from) {
      merged.from = min(merged.from, ranges[high].from)
      merged.to = max(merged.to, ranges[high].to)
      high += 1
    }
    ranges.replaceSubrange(low..<high, with: CollectionOfOne(merged))
    bytes += from.count + to.count + Self.entryBytes
  }

  /// The first range that is not `before`.
  private func firstRange(_ before: ((from: ByteString, to: ByteString)) -> Bool) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if before(ranges[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func removeEntries(from: ByteString, to: ByteString) {
    var at = chunkIndex(from)
    while at < chunks.count {
      let chunk = chunks[at]
      let gone = chunk.keys.lowerBound(from)..<chunk.keys.lowerBound(to)
      let reachesEnd = gone.upperBound == chunk.values.count
      remove(gone, of: at)
      if !chunk.values.isEmpty { at += 1 }
      if !reachesEnd { return }
    }
  }

  private func remove(_ gone: Range<Int>, of at: Int) {
    guard !gone.isEmpty else { return }
    let chunk = chunks[at]
    for index in gone {
      bytes -= chunk.keys.byteCount(of: index) + (chunk.values[index]?.count ?? 0) + Self.entryBytes
    }
    count -= gone.count
    chunk.keys.remove(gone)
    chunk.values.removeSubrange(gone)
    if chunk.values.isEmpty {
      chunks.remove(at: at)
      firstKeys.remove(at..<at + 1)
    } else if gone.lowerBound == 0 {
      firstKeys.replace(at: at, with: chunk.keys[0])
    }
  }

  enum Found {
    case value([UInt8])
    case deleted
    case unknown
  }

  func find(_ key: ByteString) -> Found {
    if !chunks.isEmpty {
      let chunk = chunks[chunkIndex(key)]
      let (index, isThere) = chunk.keys.search(key)
      if isThere { return chunk.values[index].map { .value($0) } ?? .deleted }
    }
    return ranges.isEmpty || !covers(key) ? .unknown : .deleted
  }

  /// Whether a deleted range has the key.
  func covers(_ key: ByteString) -> Bool {
    if ranges.isEmpty { return false }
    let place = firstRange { !(key < $0.to) }
    return place < ranges.count && !(key < ranges[place].from)
  }

  /// Calls `body` with the entries from `from` on, below `to`, until it says no.
  func forEach(
    from: ByteString, to: ByteString?, _ body: (ByteString, [UInt8]?) -> Bool
  ) {
    var at = chunkIndex(from)
    guard at < chunks.count else { return }
    var index = chunks[at].keys.lowerBound(from)
    while at < chunks.count {
      let chunk = chunks[at]
      while index < chunk.values.count {
        if let to, !chunk.keys.isBelow(index, to) { return }
        if !body(chunk.keys[index], chunk.values[index]) { return }
        index += 1
      }
      at += 1
      index = 0
    }
  }

  func removeAll() {
    chunks = []
    firstKeys = SortedKeys()
    ranges = []
    count = 0
    bytes = 0
  }

  private static let batchBytes = 256 << 10

  /// Everything goes to the index, in several changes of it.
  func apply(to keyValue: any KeyValue) throws {
    var batch = KeyValueBatch()
    for range in ranges { batch.deleteRange(from: range.from, to: range.to) }
    for chunk in chunks {
      chunk.append(to: &batch)
      if batch.bytes.count >= Self.batchBytes {
        try keyValue.apply(batch)
        batch.removeAll()
      }
    }
    if !batch.isEmpty { try keyValue.apply(batch) }
  }
}
