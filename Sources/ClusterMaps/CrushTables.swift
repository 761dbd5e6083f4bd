/// A `CrushMap` laid out for the innermost loops: every number in one block of memory, found by pointer.
///
/// Immutable from its making on; freed with its owner.
final class CrushTables: @unchecked Sendable {
  /// One slot of the bucket array.
  struct Bucket {
    var kind: Kind = .absent
    var id: Int32 = 0
    var type: Int32 = 0
    var size: Int32 = 0
    /// Whether the hash is the one that there is; any other gives 0 always.
    var hashes = false
    /// Where the bucket's permutation stands in the workspace, in words.
    var permutation: Int32 = 0
    /// Tree: the number of nodes.
    var nodeCount: Int32 = 0
    var items = UnsafePointer<Int32>(bitPattern: 4)!
    /// Straw2: weights; straw: straws; tree: nodes; list: sums.
    var first = UnsafePointer<UInt32>(bitPattern: 4)!
    /// List: weights.
    var second = UnsafePointer<UInt32>(bitPattern: 4)!
  }

  enum Kind: UInt8 { case absent, uniform, list, tree, straw, straw2 }

  /// What stands in for a bucket's weights (`positions` rows of `size` each) and ids; nil: its own.
  struct Arguments {
    var weights: UnsafePointer<UInt32>?
    var positions: Int32 = 0
    var ids: UnsafePointer<Int32>?
  }

  let buckets: UnsafeMutableBufferPointer<Bucket>
  /// For each set of choose_args, one for each slot.
  let arguments: [Int64: UnsafeMutablePointer<Arguments>]
  /// Words of workspace for the permutations: two for each slot (see `CrushWalk`), then the entries.
  let permutationWords: Int
  private let numbers: UnsafeMutablePointer<UInt32>

  init(_ map: CrushMap) {
    var layout = Layout()
    let plans = map.buckets.map { $0.map { layout.plan($0) } }
    let argumentPlans = map.chooseArguments.mapValues { layout.plan($0, map.buckets) }

    let numbers = UnsafeMutablePointer<UInt32>.allocate(capacity: max(layout.numbers.count, 1))
    numbers.initialize(from: layout.numbers, count: layout.numbers.count)
    self.numbers = numbers
    let base = UnsafePointer(numbers)
    let signed = UnsafeRawPointer(numbers).assumingMemoryBound(to: Int32.self)

    buckets = .allocate(capacity: map.buckets.count)
    buckets.initialize(repeating: Bucket())
    var words = 2 * map.buckets.count
    for (slot, plan) in plans.enumerated() {
      guard let plan, let bucket = map.buckets[slot] else { continue }
      buckets[slot] = Bucket(
        kind: Kind(rawValue: bucket.choice.algorithm) ?? .absent, id: bucket.id,
        type: Int32(bucket.type), size: Int32(bucket.items.count),
        hashes: bucket.hash == CrushHash.rjenkins1, permutation: Int32(truncatingIfNeeded: words),
        nodeCount: plan.nodeCount, items: signed + plan.items, first: base + plan.first,
        second: base + plan.second)
      words += bucket.items.count
    }
    permutationWords = words

    arguments = argumentPlans.mapValues { plans in
      let rows = UnsafeMutablePointer<Arguments>.allocate(capacity: max(map.buckets.count, 1))
      rows.initialize(repeating: Arguments(), count: map.buckets.count)
      for plan in plans {
        rows[plan.slot] = Arguments(
          weights: plan.weights.map { base + $0 }, positions: plan.positions,
          ids: plan.ids.map { signed + $0 })
      }
      return rows
    }
  }

  deinit {
    buckets.deallocate()
    numbers.deallocate()
    for rows in arguments.values { rows.deallocate() }
  }
}

/// Gathers the numbers, and remembers by offset where they went: pointers come when all are together.
private struct Layout {
  struct BucketPlan {
    var items: Int
    var first = 0
    var second = 0
    var nodeCount: Int32 = 0
  }

  struct ArgumentsPlan {
    var slot: Int
    var weights: Int?
    var positions: Int32
    var ids: Int?
  }

  var numbers: [UInt32] = []

  private mutating func add(_ run: [UInt32]) -> Int {
    defer { numbers += run }
    return numbers.count
  }

  private mutating func add(_ run: [Int32]) -> Int { add(run.map { UInt32(bitPattern: $0) }) }

  mutating func plan(_ bucket: CrushBucket) -> BucketPlan {
    var plan = BucketPlan(items: add(bucket.items))
    switch bucket.choice {
    case .uniform: break
    case .list(let weights, let sums):
      plan.first = add(sums)
      plan.second = add(weights)
    case .tree(let nodes):
      plan.first = add(nodes)
      plan.nodeCount = Int32(nodes.count)
    case .straw(_, let straws): plan.first = add(straws)
    case .straw2(let weights): plan.first = add(weights)
    }
    return plan
  }

  /// Rows that are not as long as the bucket cannot be used.
  mutating func plan(_ set: CrushChooseArgumentSet, _ buckets: [CrushBucket?]) -> [ArgumentsPlan] {
    var plans: [ArgumentsPlan] = []
    for (slot, arguments) in set {
      guard let bucket = buckets[Int(slot)] else { continue }
      let fits = arguments.positions.allSatisfy { $0.count == bucket.items.count }
      let usable = fits && !arguments.positions.isEmpty
      plans.append(
        ArgumentsPlan(
          slot: Int(slot),
          weights: usable ? add(arguments.positions.flatMap { $0 }) : nil,
          positions: usable ? Int32(arguments.positions.count) : 0,
          ids: arguments.ids.count == bucket.items.count && !arguments.ids.isEmpty
            ? add(arguments.ids) : nil))
    }
    return plans
  }
}
