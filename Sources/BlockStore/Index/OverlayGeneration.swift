import Buffers
import KeyValue

/// Changes to the index that it does not have yet, in the order of their keys: the newest for each key,
/// above the ranges of keys that were deleted before.
///
/// Frozen at a checkpoint and fixed from then on, so that the index thread may read it.
final class OverlayGeneration: @unchecked Sendable {
  /// Entries of neighbouring keys; small, since insertion moves half of them.
  final class Chunk {
    var keys: [ByteString] = []
    /// nil: deleted.
    var values: [[UInt8]?] = []

    func lowerBound(_ key: ByteString) -> Int { OverlayGeneration.lowerBound(keys, key) }
  }

  private static let chunkMax = 64

  /// None is empty.
  private(set) var chunks: [Chunk] = []
  /// The last key of each chunk, so that a search looks into one chunk only.
  private var lastKeys: [ByteString] = []
  /// Deleted from the generations below and from the index: `from <= key < to`; in order, apart.
  private(set) var ranges: [(from: ByteString, to: ByteString)] = []
  private(set) var count = 0
  private(set) var hasDeletes = false
  /// Of keys and values, and for each entry what holding it takes.
  private(set) var bytes = 0
  private static let entryBytes = 96

  var isEmpty: Bool { count == 0 && ranges.isEmpty }

  /// The chunk that has, or would have, the key.
  private func chunkIndex(_ key: ByteString) -> Int { Self.lowerBound(lastKeys, key) }

  /// Where in ascending keys the first is that is not below `key`.
  private static func lowerBound(_ keys: [ByteString], _ key: ByteString) -> Int {
    keys.withUnsafeBufferPointer { keys in
      var low = 0
      var high = keys.count
      while low < high {
        let middle = (low + high) / 2
        if keys[middle] < key { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  func set(_ key: ByteString, _ value: [UInt8]?) {
    if value == nil { hasDeletes = true }
    var at = chunkIndex(key)
    if at == chunks.count {
      if chunks.isEmpty {
        chunks.append(Chunk())
        lastKeys.append(key)
      }
      at = chunks.count - 1
    }
    let chunk = chunks[at]
    let index = chunk.lowerBound(key)
    if index < chunk.keys.count, chunk.keys[index] == key {
      bytes += (value?.count ?? 0) - (chunk.values[index]?.count ?? 0)
      chunk.values[index] = value
      return
    }
    chunk.keys.insert(key, at: index)
    chunk.values.insert(value, at: index)
    if index == chunk.keys.count - 1 { lastKeys[at] = key }
    count += 1
    bytes += key.count + (value?.count ?? 0) + Self.entryBytes
    if chunk.keys.count > Self.chunkMax { split(at) }
  }

  private func split(_ at: Int) {
    let chunk = chunks[at]
    // Keys that come in order leave full chunks behind.
    let keep = at == chunks.count - 1 ? Self.chunkMax - 4 : Self.chunkMax / 2
    let tail = Chunk()
    tail.keys = Array(chunk.keys[keep...])
    tail.values = Array(chunk.values[keep...])
    chunk.keys.removeSubrange(keep...)
    chunk.values.removeSubrange(keep...)
    chunks.insert(tail, at: at + 1)
    lastKeys.insert(chunk.keys[keep - 1], at: at)
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
      let low = chunk.lowerBound(from)
      let high = chunk.lowerBound(to)
      let reachesEnd = high == chunk.keys.count
      for index in low..<high {
        bytes -= chunk.keys[index].count + (chunk.values[index]?.count ?? 0) + Self.entryBytes
      }
      count -= high - low
      chunk.keys.removeSubrange(low..<high)
      chunk.values.removeSubrange(low..<high)
      if let last = chunk.keys.last {
        lastKeys[at] = last
        at += 1
      } else {
        chunks.remove(at: at)
        lastKeys.remove(at: at)
      }
      if !reachesEnd { return }
    }
  }

  enum Found {
    case value([UInt8])
    case deleted
    case unknown
  }

  func find(_ key: ByteString) -> Found {
    let at = chunkIndex(key)
    if at < chunks.count {
      let chunk = chunks[at]
      let index = chunk.lowerBound(key)
      if index < chunk.keys.count, chunk.keys[index] == key {
        if let value = chunk.values[index] { return .value(value) }
        return .deleted
      }
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
    var index = chunks[at].lowerBound(from)
    while at < chunks.count {
      let chunk = chunks[at]
      while index < chunk.keys.count {
        if let to, !(chunk.keys[index] < to) { return }
        if !body(chunk.keys[index], chunk.values[index]) { return }
        index += 1
      }
      at += 1
      index = 0
    }
  }

  func removeAll() {
    chunks = []
    lastKeys = []
    ranges = []
    count = 0
    bytes = 0
  }

  /// Everything, as one change of the index.
  func append(to batch: inout KeyValueBatch) {
    for range in ranges { batch.deleteRange(from: range.from, to: range.to) }
    for chunk in chunks {
      for (key, value) in zip(chunk.keys, chunk.values) {
        if let value { batch.put(key, value) } else { batch.delete(key) }
      }
    }
  }
}
