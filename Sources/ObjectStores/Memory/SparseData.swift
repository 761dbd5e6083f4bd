import Base
import Buffers

/// Bytes with holes that read as zeros. A value; copies share what they hold.
struct SparseData: Sendable {
  /// By offset; none empty, none overlapping, none past `size`.
  private var runs = SortedMap<UInt64, ByteSlice>()
  private(set) var size: UInt64 = 0
  /// Bytes in runs.
  private(set) var stored: UInt64 = 0

  /// Small writes that follow each other become one run up to this many bytes.
  private static let joinedBytesMax = 4096
  private static let zeros = ByteSlice(zeros: 64 << 10)

  mutating func write(_ data: BufferList, at offset: UInt64) {
    guard !data.isEmpty else { return }
    let end = offset + UInt64(data.count)
    punch(offset, end)
    var start = offset
    var joined = BufferList()
    if let place = runs.place(before: runs.lowerBound(offset)) {
      let (before, bytes) = runs[place]
      if before + UInt64(bytes.count) == offset, bytes.count + data.count <= Self.joinedBytesMax {
        start = before
        joined.append(bytes)
      }
    }
    joined.append(data)
    let slab = SlabPool.shared.slab(capacity: joined.count)
    joined.copy(to: slab.base)
    runs[start] = ByteSlice(slab, count: joined.count)
    stored += UInt64(data.count)
    size = max(size, end)
  }

  mutating func zero(_ offset: UInt64, _ length: UInt64) {
    guard length > 0 else { return }
    punch(offset, offset + length)
    size = max(size, offset + length)
  }

  mutating func truncate(_ newSize: UInt64) {
    if newSize < size { punch(newSize, size) }
    size = newSize
  }

  /// Copies `source`'s bytes and holes in a range to `destination` here.
  mutating func copy(
    _ source: SparseData, _ offset: UInt64, _ length: UInt64, to destination: UInt64
  ) {
    guard length > 0 else { return }
    punch(destination, destination + length)
    source.forEachRun(offset, length) { at, bytes in
      runs[destination + at - offset] = bytes
      stored += UInt64(bytes.count)
    }
    size = max(size, destination + length)
  }

  private mutating func punch(_ from: UInt64, _ to: UInt64) {
    guard from < to, !runs.isEmpty else { return }
    if let place = runs.place(before: runs.lowerBound(from)) {
      let (start, bytes) = runs[place]
      let end = start + UInt64(bytes.count)
      if end > from {
        runs[start] = Self.part(bytes, 0, Int(from - start))
        stored -= min(end, to) - from
        if end > to {
          runs[to] = Self.part(bytes, Int(to - start), Int(end - to))
          return
        }
      }
    }
    var at = runs.lowerBound(from)
    var tail: ByteSlice?
    while at != runs.end, runs[at].key < to {
      let (start, bytes) = runs[at]
      let end = start + UInt64(bytes.count)
      stored -= min(end, to) - start
      if end > to { tail = Self.part(bytes, Int(to - start), Int(end - to)) }
      at = runs.place(after: at)
    }
    runs.removeRange(from: from, to: to)
    if let tail { runs[to] = tail }
  }

  /// A part of a run; a copy, if the whole would be kept alive for little.
  private static func part(_ bytes: ByteSlice, _ from: Int, _ count: Int) -> ByteSlice {
    let part = bytes.sub(from, count)
    return count < bytes.slab.capacity / 4 ? part.withUnsafeBytes { ByteSlice(copying: $0) } : part
  }

  /// The runs within a range, clipped to it.
  func forEachRun(_ offset: UInt64, _ length: UInt64, _ body: (UInt64, ByteSlice) -> Void) {
    guard offset < size else { return }
    let end = length < size - offset ? offset + length : size
    var at = runs.lowerBound(offset)
    if let before = runs.place(before: at),
      runs[before].key + UInt64(runs[before].value.count) > offset
    {
      at = before
    }
    while at != runs.end, runs[at].key < end {
      let (start, bytes) = runs[at]
      let from = max(start, offset)
      let to = min(start + UInt64(bytes.count), end)
      body(from, bytes.sub(Int(from - start), Int(to - from)))
      at = runs.place(after: at)
    }
  }

  func read(_ offset: UInt64, _ length: UInt64) -> BufferList {
    var list = BufferList()
    guard offset < size else { return list }
    let end = length < size - offset ? offset + length : size
    var at = offset
    func fill(to stop: UInt64) {
      while at < stop {
        let part = Self.zeros.prefix(Int(min(stop - at, UInt64(Self.zeros.count))))
        list.append(part)
        at += UInt64(part.count)
      }
    }
    forEachRun(offset, length) { start, bytes in
      fill(to: start)
      list.append(bytes)
      at = start + UInt64(bytes.count)
    }
    fill(to: end)
    return list
  }

  func extents(_ offset: UInt64, _ length: UInt64) -> [DataExtent] {
    var found: [DataExtent] = []
    forEachRun(offset, length) { start, bytes in
      if let last = found.last, last.offset + last.length == start {
        found[found.count - 1].length += UInt64(bytes.count)
      } else {
        found.append(DataExtent(offset: start, length: UInt64(bytes.count)))
      }
    }
    return found
  }
}
