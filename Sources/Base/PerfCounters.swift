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
}

package struct PerfDeclaration: Sendable {
  package let name: String
  package let kind: PerfKind
  package let description: String
  package let nick: String
  /// 0 to 10; managers collect from 5 up.
  package let priority: UInt8
  package let isBytes: Bool

  package init(
    _ name: String, _ kind: PerfKind, _ description: String, nick: String = "", priority: UInt8 = 0,
    isBytes: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.description = description
    self.nick = nick
    self.priority = priority
    self.isBytes = isBytes
  }
}

/// One logger's counters (`osd`, `bluestore`, ...): a declaration and two words each.
///
/// A counter is its index, so that counting is an add to memory. One thread writes a group; whoever
/// dumps it reads plain aligned words that may be one op old. Reactors that share a logger's name own
/// a group each, and the dump adds them up.
package final class PerfCounters: @unchecked Sendable {
  package let name: String
  package let declarations: [PerfDeclaration]
  /// Per counter: value or sum (times in nanoseconds), then the count of samples.
  private let words: UnsafeMutablePointer<UInt64>

  package init(name: String, _ declarations: [PerfDeclaration]) {
    self.name = name
    self.declarations = declarations
    words = .allocate(capacity: 2 * declarations.count)
    words.initialize(repeating: 0, count: 2 * declarations.count)
  }

  deinit { words.deallocate() }

  @inline(__always)
  package func add(_ counter: Int, _ amount: UInt64 = 1) { words[2 * counter] &+= amount }

  @inline(__always)
  package func subtract(_ counter: Int, _ amount: UInt64 = 1) { words[2 * counter] &-= amount }

  @inline(__always)
  package func set(_ counter: Int, _ value: UInt64) { words[2 * counter] = value }

  /// A sample of an average; nanoseconds if the counter is a time.
  @inline(__always)
  package func sample(_ counter: Int, _ value: UInt64) {
    words[2 * counter] &+= value
    words[2 * counter + 1] &+= 1
  }

  package func value(_ counter: Int) -> (sum: UInt64, count: UInt64) {
    (words[2 * counter], words[2 * counter + 1])
  }

  package func reset() { words.update(repeating: 0, count: 2 * declarations.count) }
}

/// All loggers of a daemon, for `perf dump`, `perf schema` and the manager's report.
package final class PerfRegistry: @unchecked Sendable {
  private let lock = Lock()
  private var groups: [PerfCounters] = []

  package init() {}

  package func register(_ group: PerfCounters) {
    lock.withLock { groups.append(group) }
  }

  /// Groups by name, in order; groups of one name hold the same declarations.
  package var byName: [(name: String, groups: [PerfCounters])] {
    let all = lock.withLock { groups }
    return Dictionary(grouping: all, by: \.name).sorted { $0.key < $1.key }
      .map { (name: $0.key, groups: $0.value) }
  }

  package func reset(logger: String?) {
    for group in lock.withLock({ groups }) where logger == nil || group.name == logger {
      group.reset()
    }
  }
}
