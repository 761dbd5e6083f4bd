import Wire

/// A set of u64, kept as ascending runs that neither overlap nor touch.
///
/// Ceph: `interval_set<uint64_t>`, `interval_set<snapid_t>`; prints `[0~4,8~10]`.
/// Layout: `count: u32`, then `start: u64, length: u64` for each run.
package struct IntervalSet: Hashable, Sendable {
  /// From `start` to before `end`; never empty.
  package struct Interval: Hashable, Sendable {
    package var start: UInt64
    package var end: UInt64
    package var length: UInt64 { end - start }

    package init(start: UInt64, end: UInt64) {
      self.start = start
      self.end = end
    }
  }

  package private(set) var intervals: [Interval]

  package init() { intervals = [] }

  /// What is in `start..<start+length`; the end must not pass 2^64 - 1.
  package init(start: UInt64, length: UInt64) {
    intervals = length == 0 ? [] : [Interval(start: start, end: start + length)]
  }

  package var isEmpty: Bool { intervals.isEmpty }
  package var count: UInt64 { intervals.reduce(0) { $0 + $1.length } }
  package var start: UInt64? { intervals.first?.start }
  package var end: UInt64? { intervals.last?.end }

  /// Index of the first run that ends after `position`.
  private func firstIndex(endingAfter position: UInt64) -> Int {
    var low = 0
    var high = intervals.count
    while low < high {
      let middle = (low + high) / 2
      if intervals[middle].end > position { high = middle } else { low = middle + 1 }
    }
    return low
  }

  package func contains(_ value: UInt64) -> Bool {
    let index = firstIndex(endingAfter: value)
    return index < intervals.count && intervals[index].start <= value
  }

  /// Whether all of `start..<start+length` is here.
  package func contains(_ start: UInt64, length: UInt64) -> Bool {
    let index = firstIndex(endingAfter: start)
    return index < intervals.count && intervals[index].start <= start
      && intervals[index].end - start >= length
  }

  package func intersects(_ start: UInt64, length: UInt64) -> Bool {
    let index = firstIndex(endingAfter: start)
    return length > 0 && index < intervals.count
      && (intervals[index].start <= start || intervals[index].start - start < length)
  }

  /// Adds `start..<start+length`, which may overlap what is here; the end must not pass 2^64 - 1.
  package mutating func insert(_ start: UInt64, length: UInt64) {
    guard length > 0 else { return }
    if intervals.isEmpty { return intervals.append(Interval(start: start, end: start + length)) }
    var added = Interval(start: start, end: start + length)
    let first = start == 0 ? 0 : firstIndex(endingAfter: start - 1)
    var last = first
    while last < intervals.count, intervals[last].start <= added.end {
      added.start = min(added.start, intervals[last].start)
      added.end = max(added.end, intervals[last].end)
      last += 1
    }
    intervals.replaceSubrange(first..<last, with: CollectionOfOne(added))
  }

  /// Takes `start..<start+length` away, whether it is here or not.
  package mutating func remove(_ start: UInt64, length: UInt64) {
    guard length > 0 else { return }
    let (sum, overflow) = start.addingReportingOverflow(length)
    let end = overflow ? UInt64.max : sum
    let first = firstIndex(endingAfter: start)
    if first < intervals.count, intervals[first].end > end {
      return cut(start, end, from: first)
    }
    var last = first
    var kept: [Interval] = []
    while last < intervals.count, intervals[last].start < end {
      let run = intervals[last]
      if run.start < start { kept.append(Interval(start: run.start, end: start)) }
      if run.end > end { kept.append(Interval(start: end, end: run.end)) }
      last += 1
    }
    intervals.replaceSubrange(first..<last, with: kept)
  }

  /// Takes `start..<end` out of the run at `index`, which goes on behind it if it reaches there.
  private mutating func cut(_ start: UInt64, _ end: UInt64, from index: Int) {
    let run = intervals[index]
    if run.start >= start {
      intervals[index].start = max(run.start, end)
    } else {
      intervals[index].end = start
      intervals.insert(Interval(start: end, end: run.end), at: index + 1)
    }
  }

  package mutating func removeInterval(at index: Int) { intervals.remove(at: index) }

  package mutating func formUnion(_ other: IntervalSet) {
    for run in other.intervals { insert(run.start, length: run.length) }
  }

  package mutating func subtract(_ other: IntervalSet) {
    for run in other.intervals { remove(run.start, length: run.length) }
  }

  package func intersection(_ other: IntervalSet) -> IntervalSet {
    var result = IntervalSet()
    var left = 0
    var right = 0
    while left < intervals.count, right < other.intervals.count {
      let start = max(intervals[left].start, other.intervals[right].start)
      let end = min(intervals[left].end, other.intervals[right].end)
      if start < end { result.intervals.append(Interval(start: start, end: end)) }
      if intervals[left].end < other.intervals[right].end { left += 1 } else { right += 1 }
    }
    return result
  }
}

extension IntervalSet: CustomStringConvertible {
  package var description: String {
    "[" + intervals.map { "\($0.start)~\($0.length)" }.joined(separator: ",") + "]"
  }
}

extension IntervalSet: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let count = try reader.readCount(elementBytesMin: 16)
    intervals = []
    intervals.reserveCapacity(count)
    for _ in 0..<count {
      let start = try reader.read(UInt64.self)
      let length = try reader.read(UInt64.self)
      let (end, overflow) = start.addingReportingOverflow(length)
      guard length > 0, !overflow, start >= intervals.last?.end ?? 0 else {
        throw .invalid("interval \(start)~\(length)")
      }
      intervals.append(Interval(start: start, end: end))
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(array: intervals) { writer, run in
      writer.write(run.start)
      writer.write(run.length)
    }
  }
}
