import Buffers

/// A partition's changes that the index does not have, or that a read of the index begun before may
/// still miss: generations, the newest last. Confined to the partition's reactor.
final class Overlay {
  private(set) var active: OverlayGeneration
  /// Oldest first.
  private(set) var frozen: [OverlayGeneration] = []

  init(active: OverlayGeneration) { self.active = active }

  var bytes: Int { frozen.reduce(active.bytes) { $0 + $1.bytes } }

  /// Begins a new generation; returns the one that ends.
  func freeze() -> OverlayGeneration {
    let ended = active
    frozen.append(ended)
    active = OverlayGeneration()
    return ended
  }

  func retire(_ generation: OverlayGeneration) {
    frozen.removeAll { $0 === generation }
  }

  func find(_ key: ByteString) -> OverlayGeneration.Found {
    var found = active.find(key)
    for generation in frozen.reversed() {
      guard case .unknown = found else { break }
      found = generation.find(key)
    }
    return found
  }

  /// Whether what the index has under a key that is in no generation was deleted.
  func covers(_ key: ByteString) -> Bool {
    active.covers(key) || frozen.contains { $0.covers(key) }
  }

  struct Entries {
    /// In order; nil: deleted.
    var entries: [(key: ByteString, value: [UInt8]?)] = []
    /// Complete up to this key (inclusive); nil: to the end of what was asked for.
    var horizon: ByteString?
  }

  /// What all generations together say about `from..<to`, at most about `max` of each one's entries.
  func entries(from: ByteString, to: ByteString?, max: Int) -> Entries {
    var result = Entries()
    for generation in frozen + [active] where !generation.isEmpty {
      var entries: [(key: ByteString, value: [UInt8]?)] = []
      var isCut = false
      generation.forEach(from: from, to: to) { key, value in
        if entries.count == max {
          isCut = true
          return false
        }
        entries.append((key, value))
        return true
      }
      if isCut, let last = entries.last?.key {
        result.horizon = result.horizon.map { Swift.min($0, last) } ?? last
      }
      if !generation.ranges.isEmpty {
        // Deleted here what was there below.
        for index in result.entries.indices where generation.covers(result.entries[index].key) {
          result.entries[index].value = nil
        }
      }
      result.entries = result.entries.isEmpty ? entries : Self.merge(result.entries, under: entries)
    }
    if let horizon = result.horizon { result.entries.removeAll { horizon < $0.key } }
    return result
  }

  private static func merge(
    _ below: [(key: ByteString, value: [UInt8]?)], under above: [(key: ByteString, value: [UInt8]?)]
  ) -> [(key: ByteString, value: [UInt8]?)] {
    guard !above.isEmpty else { return below }
    var merged: [(key: ByteString, value: [UInt8]?)] = []
    merged.reserveCapacity(below.count + above.count)
    var low = 0
    for entry in above {
      while low < below.count, below[low].key < entry.key {
        merged.append(below[low])
        low += 1
      }
      if low < below.count, below[low].key == entry.key { low += 1 }
      merged.append(entry)
    }
    merged.append(contentsOf: below[low...])
    return merged
  }
}
