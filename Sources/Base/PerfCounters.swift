/// What a perf counter counts, and how Ceph's schema names it.
///
/// Raw values are the bits of Ceph's `perfcounter_type_d`: 1 time, 2 u64, 4 long-run average,
/// 8 monotonic, 16 histogram.
package enum PerfKind: UInt8, Sendable {
  case gauge = 2
  case counter = 10
  case time = 1
  case timeAverage = 5
  case average = 6
  case histogram = 26

  /// A sum and how many samples are in it.
  package var isAverage: Bool { rawValue & 4 != 0 }
  package var isTime: Bool { rawValue & 1 != 0 }
  /// Never falls.
  package var isMonotonic: Bool { rawValue & 8 != 0 }
}

package struct PerfDeclaration: Sendable {
  package let name: String
  package let kind: PerfKind
  package let description: String
  package let nick: String
  /// 0 to 10; managers collect from 5 up.
  package let priority: UInt8
  package let isBytes: Bool
  /// Of a histogram.
  package let axes: PerfHistogram.Axes?

  package init(
    _ name: String, _ kind: PerfKind, _ description: String, nick: String = "", priority: UInt8 = 0,
    isBytes: Bool = false, axes: PerfHistogram.Axes? = nil
  ) {
    precondition((kind == .histogram) == (axes != nil), "\(name): only a histogram has axes")
    self.name = name
    self.kind = kind
    self.description = description
    self.nick = nick
    self.priority = priority
    self.isBytes = isBytes
    self.axes = axes
  }
}

/// One logger's counters (`osd`, `bluestore`, ...): a declaration and two words each.
///
/// A counter is its index, so that counting is an add to memory. One thread writes a group; whoever
/// dumps it reads plain aligned words that may be one op old. Reactors that share a logger's name own
/// a group each, and the dump adds them up. A reset is the reader's too: it keeps what there was, and
/// takes it away from what it reads later.
package final class PerfCounters: @unchecked Sendable {
  package let name: String
  package let declarations: [PerfDeclaration]
  /// Per counter: value or sum (times in nanoseconds), then the count of samples.
  private let words: UnsafeMutablePointer<UInt64>
  /// The same at the last reset; the readers'.
  private let bases: UnsafeMutablePointer<UInt64>
  /// By counter; nil for those that are none.
  package let histograms: [PerfHistogram?]

  package init(name: String, _ declarations: [PerfDeclaration]) {
    self.name = name
    self.declarations = declarations
    words = .allocate(capacity: 2 * declarations.count)
    words.initialize(repeating: 0, count: 2 * declarations.count)
    bases = .allocate(capacity: 2 * declarations.count)
    bases.initialize(repeating: 0, count: 2 * declarations.count)
    histograms = declarations.map { $0.axes.map { PerfHistogram($0) } }
  }

  deinit {
    words.deallocate()
    bases.deallocate()
  }

  @inline(__always)
  package func add(_ counter: Int, _ amount: UInt64 = 1) { words[2 * counter] &+= amount }

  @inline(__always)
  package func subtract(_ counter: Int, _ amount: UInt64 = 1) { words[2 * counter] &-= amount }

  @inline(__always)
  package func set(_ counter: Int, _ value: UInt64) { words[2 * counter] = value }

  package func set(_ counter: Int, sum: UInt64, count: UInt64) {
    words[2 * counter] = sum
    words[2 * counter + 1] = count
  }

  /// A sample of an average; nanoseconds if the counter is a time.
  @inline(__always)
  package func sample(_ counter: Int, _ value: UInt64) {
    words[2 * counter] &+= value
    words[2 * counter + 1] &+= 1
  }

  package func value(_ counter: Int) -> (sum: UInt64, count: UInt64) {
    (
      words[2 * counter] &- bases[2 * counter],
      words[2 * counter + 1] &- bases[2 * counter + 1]
    )
  }

  /// Of groups of one name.
  package static func total(
    of groups: [PerfCounters], _ counter: Int
  ) -> (sum: UInt64, count: UInt64) {
    groups.reduce((0, 0)) { sofar, group in
      guard counter < group.declarations.count else { return sofar }
      let value = group.value(counter)
      return (sofar.0 &+ value.sum, sofar.1 &+ value.count)
    }
  }

  /// Everything but gauges begins at 0 again, for readers; by one reader at a time.
  package func reset() {
    for (index, declaration) in declarations.enumerated() where declaration.kind != .gauge {
      bases[2 * index] = words[2 * index]
      bases[2 * index + 1] = words[2 * index + 1]
      histograms[index]?.reset()
    }
  }
}

/// All loggers of a daemon, for `perf dump`, `perf schema` and the manager's report.
package final class PerfRegistry: @unchecked Sendable {
  private let lock = Lock()
  private var groups: [PerfCounters] = []
  private var refreshers: [@Sendable () -> Void] = []

  package init() {}

  package func register(_ group: PerfCounters) {
    lock.withLock { groups.append(group) }
  }

  /// `refresh` is called before each reading, on the reader's thread: what somebody else keeps anyhow is
  /// set then, rather than counted whenever it changes.
  package func register(_ group: PerfCounters, refresh: @escaping @Sendable (PerfCounters) -> Void)
  {
    register(group)
    beforeReading { refresh(group) }
  }

  /// As above, for groups that are registered, and of which nobody else sets these counters.
  package func beforeReading(_ refresh: @escaping @Sendable () -> Void) {
    lock.withLock { refreshers.append(refresh) }
  }

  /// Groups by name, in order; groups of one name hold the same declarations.
  package var byName: [(name: String, groups: [PerfCounters])] {
    let all = lock.withLock { groups }
    for refresh in lock.withLock({ refreshers }) { refresh() }
    return Dictionary(grouping: all, by: \.name).sorted { $0.key < $1.key }
      .map { (name: $0.key, groups: $0.value) }
  }

  /// False if there is no such logger; nil is all.
  @discardableResult
  package func reset(logger: String?) -> Bool {
    let chosen = lock.withLock { groups }.filter { logger == nil || $0.name == logger }
    for group in chosen { group.reset() }
    return !chosen.isEmpty
  }
}
