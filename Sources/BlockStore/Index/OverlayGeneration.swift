import Buffers

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

    func lowerBound(_ key: ByteString) -> Int {
      var low = 0
      var high = keys.count
      while low < high {
        let middle = (low + high) / 2
        if keys[middle] < key { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private static let chunkMax = 64

  /// None is empty.
  private(set) var chunks: [Chunk] = []
  /// Deleted from the generations below and from the index: `from <= key < to`.
  private(set) var ranges: [(from: ByteString, to: ByteString)] = []
  private(set) var count = 0
  /// Of keys and values, and for each entry what holding it takes.
  private(set) var bytes = 0
  private static let entryBytes = 96

  var isEmpty: Bool { count == 0 && ranges.isEmpty }

  /// The chunk that has, or would have, the key.
  @inline(__always)
  private func chunkIndex(_ key: ByteString) -> Int {
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      let keys = chunks[middle].keys
      if keys[keys.count - 1] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func set(_ key: ByteString, _ value: [UInt8]?) {
    var at = chunkIndex(key)
    if at == chunks.count {
      if chunks.isEmpty { chunks.append(Chunk()) }
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
  }

  func deleteRange(from: ByteString, to: ByteString) {
    guard from < to else { return }
    removeEntries(from: from, to: to)
    ranges.append((from, to))
    bytes += from.count + to.count + Self.entryBytes
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
      if chunk.keys.isEmpty { chunks.remove(at: at) } else { at += 1 }
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
    ranges.contains { !(key < $0.from) && key < $0.to }
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
}
