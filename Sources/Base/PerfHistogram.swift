/// How often each pair of values came: counts over two axes of doubling ranges.
///
/// Bucket 0 of an axis is for values below 0, which do not occur; bucket 1 for those below one quantum,
/// bucket 2 below two, 3 below four, and so on; the last takes what is greater. Written by one thread,
/// read by any, as counters are. Ceph: `PerfHistogram` with `SCALE_LOG2` axes from 0.
package final class PerfHistogram: @unchecked Sendable {
  package struct Axis: Sendable {
    package let name: String
    package let quantum: UInt64
    package let buckets: Int

    package init(_ name: String, quantum: UInt64, buckets: Int) {
      self.name = name
      self.quantum = quantum
      self.buckets = buckets
    }

    @inline(__always)
    func bucket(of value: UInt64) -> Int {
      min(UInt64.bitWidth - (value / quantum).leadingZeroBitCount + 1, buckets - 1)
    }

    /// Bucket `index` without the ends of the axis: from `least` to `greatest`.
    package func range(_ index: Int) -> (least: Int64?, greatest: Int64?) {
      func bound(_ index: Int) -> Int64 { index == 0 ? 0 : Int64(quantum) << (index - 1) }
      return (
        index == 0 ? nil : index == 1 ? 0 : bound(index - 1),
        index == buckets - 1 ? nil : bound(index) - 1
      )
    }
  }

  package struct Axes: Sendable {
    package let x: Axis
    package let y: Axis

    package init(x: Axis, y: Axis) {
      self.x = x
      self.y = y
    }
  }

  package let axes: Axes
  private let counts: UnsafeMutablePointer<UInt64>
  private let bases: UnsafeMutablePointer<UInt64>

  package init(_ axes: Axes) {
    self.axes = axes
    counts = .allocate(capacity: axes.x.buckets * axes.y.buckets)
    counts.initialize(repeating: 0, count: axes.x.buckets * axes.y.buckets)
    bases = .allocate(capacity: axes.x.buckets * axes.y.buckets)
    bases.initialize(repeating: 0, count: axes.x.buckets * axes.y.buckets)
  }

  deinit {
    counts.deallocate()
    bases.deallocate()
  }

  @inline(__always)
  package func count(x: UInt64, y: UInt64) {
    counts[axes.x.bucket(of: x) * axes.y.buckets + axes.y.bucket(of: y)] &+= 1
  }

  package subscript(x: Int, y: Int) -> UInt64 {
    let index = x * axes.y.buckets + y
    return counts[index] &- bases[index]
  }

  /// Begins at 0 again, for readers.
  func reset() { bases.update(from: counts, count: axes.x.buckets * axes.y.buckets) }
}
