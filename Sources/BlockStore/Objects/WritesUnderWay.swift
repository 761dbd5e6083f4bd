import Base
import Buffers

/// Data that the device has not confirmed yet, which a read must not look for there. Few at a time.
struct WritesUnderWay {
  private struct Entry {
    var unit: UInt64
    var count: UInt64
    var bytes: BufferList
  }
  private var entries: [Entry] = []
  private var free: [Int] = []

  /// Returns the place to name at its end.
  mutating func add(_ bytes: BufferList, unit: UInt64) -> Int {
    let entry = Entry(unit: unit, count: UInt64(bytes.count / Limits.unitBytes), bytes: bytes)
    if let place = free.popLast() {
      entries[place] = entry
      return place
    }
    entries.append(entry)
    return entries.count - 1
  }

  subscript(place: Int) -> BufferList { entries[place].bytes }

  mutating func remove(_ place: Int) {
    entries[place] = Entry(unit: 0, count: 0, bytes: BufferList())
    free.append(place)
    if free.count == entries.count {
      entries.clear()
      free.clear()
    }
  }

  func find(_ unit: UInt64) -> ByteSlice? {
    for entry in entries where unit &- entry.unit < entry.count {
      let at = Int(unit - entry.unit) * Limits.unitBytes
      return entry.bytes.sub(at, Limits.unitBytes).contiguous()
    }
    return nil
  }
}
