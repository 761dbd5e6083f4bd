/// Strict priority at and above a cut-off, shares by weight below it, clients in turn within each.
///
/// Ceph: `WeightedPriorityQueue`, which throws dice by priority and by cost; here the share is exact.
/// Each priority below the cut-off has a clock that advances by cost over priority, and the one that
/// is furthest behind runs, so that over time priorities get bytes in proportion to their numbers. One
/// that was empty starts at the present: what it did not use is not saved up. Not thread-safe.
package struct WeightedPriorityQueue<Item>: OpScheduler {
  /// Items cost this much more than their bytes, so that a flood of small ones is not free.
  package static var overhead: Int { 4096 }

  private var strict: [Level<Item>] = []
  private var weighted: [Level<Item>] = []
  private let cutOff: UInt32
  /// The clock of what ran last.
  private var present: UInt64 = 0
  package private(set) var count = 0

  /// How many wait at each priority, those first that go first.
  package var lengths: [(priority: UInt32, isStrict: Bool, count: Int)] {
    strict.reversed().filter { !$0.isEmpty }.map { ($0.priority, true, $0.count) }
      + weighted.reversed().filter { !$0.isEmpty }.map { ($0.priority, false, $0.count) }
  }

  /// `cutOff`: 196 is Ceph's "high", which leaves only what keeps the cluster alive above it.
  package init(cutOff: UInt32 = 196) { self.cutOff = cutOff }

  package mutating func enqueue(_ item: Item, priority: UInt32, cost: Int, client: UInt64) {
    count += 1
    let entry = (item: item, cost: max(cost, 0))
    if priority >= cutOff {
      Self.level(priority, in: &strict, present: 0).append(entry, client: client)
    } else {
      Self.level(priority, in: &weighted, present: present).append(entry, client: client)
    }
  }

  package mutating func dequeue() -> Item? {
    guard count > 0 else { return nil }
    count -= 1
    if let index = strict.indices.last(where: { !strict[$0].isEmpty }) {
      return strict[index].pop().item
    }
    var chosen = -1
    for index in weighted.indices where !weighted[index].isEmpty {
      if chosen < 0 || weighted[index].clock <= weighted[chosen].clock { chosen = index }
    }
    let entry = weighted[chosen].pop()
    present = weighted[chosen].clock
    weighted[chosen].clock &+=
      UInt64(entry.cost &+ Self.overhead) &* 256 / UInt64(max(weighted[chosen].priority, 1))
    return entry.item
  }

  /// The level of this priority, made in its place if there is none; there are ever only a few.
  private static func level(
    _ priority: UInt32, in levels: inout [Level<Item>], present: UInt64
  ) -> Level<Item> {
    let place = levels.firstIndex { $0.priority >= priority } ?? levels.count
    if place == levels.count || levels[place].priority != priority {
      levels.insert(Level(priority: priority), at: place)
    }
    let level = levels[place]
    if level.isEmpty { level.clock = max(level.clock, present) }
    return level
  }
}
