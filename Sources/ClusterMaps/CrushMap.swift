import Buffers
import Wire

/// Where data may go: the tree of buckets over the devices, and the rules to choose in it.
///
/// Ceph: `CrushWrapper`. `CrushMapper` runs its rules.
package struct CrushMap: Hashable, Sendable {
  /// By slot, `-1 - id`; nil where no bucket is.
  package var buckets: [CrushBucket?] = []
  /// By rule id.
  package var rules: [CrushRule?] = []
  package var typeNames: [Int32: ByteString] = [:]
  /// Of buckets and devices.
  package var itemNames: [Int32: ByteString] = [:]
  package var ruleNames: [Int32: ByteString] = [:]
  package var tunables = CrushTunables.optimal
  /// Device (or shadow bucket) to class, class to its name.
  package var classes: [Int32: Int32] = [:]
  package var classNames: [Int32: ByteString] = [:]
  /// Bucket to class to the shadow bucket that holds only the class's devices.
  package var classBuckets: [Int32: [Int32: Int32]] = [:]
  /// By pool, or `defaultChooseArguments`.
  package var chooseArguments: [Int64: CrushChooseArgumentSet] = [:]

  package init() {}

  /// One more than the highest device number that stands in a bucket or has a name.
  ///
  /// Source: `CrushWrapper::finalize`.
  package var deviceCount: Int32 {
    let held = buckets.lazy.compactMap { $0?.items.max() }.max() ?? -1
    let named = itemNames.keys.max() ?? -1
    return Swift.max(held, named, -1) &+ 1
  }

  package func bucket(_ id: Int32) -> CrushBucket? {
    let slot = -1 - Int(id)
    return buckets.indices.contains(slot) ? buckets[slot] : nil
  }

  /// The rule that a pool names: by its ruleset, for its type and size. Nil when there is none.
  ///
  /// Source: `crush_find_rule` in src/crush/mapper.c.
  package func findRule(ruleset: UInt8, type: UInt8, size: Int) -> Int? {
    rules.firstIndex { rule in
      guard let rule else { return false }
      return rule.ruleset == ruleset && rule.suits(type: type, size: size)
    }
  }

  /// The bucket that `item` stands in; shadow buckets of device classes do not count.
  package func parent(of item: Int32) -> CrushBucket? {
    for case .some(let bucket) in buckets where bucket.items.contains(item) {
      if !isShadow(bucket.id) { return bucket }
    }
    return nil
  }

  /// Whether the bucket stands for one class's part of another; their names have a `~`.
  package func isShadow(_ id: Int32) -> Bool {
    itemNames[id]?.bytes.contains(UInt8(ascii: "~")) ?? false
  }

  /// The buckets above `item`, nearest first, as type and name: `host`, `root`.
  package func location(of item: Int32) -> [(type: ByteString, name: ByteString)] {
    var found: [(type: ByteString, name: ByteString)] = []
    var at = item
    while found.count <= buckets.count, let above = parent(of: at) {
      found.append((typeNames[Int32(above.type)] ?? "", itemNames[above.id] ?? ""))
      at = above.id
    }
    return found
  }

  package func className(of device: Int32) -> ByteString? {
    classes[device].flatMap { classNames[$0] }
  }
}
