import RadosTypes

/// Objects on their way to the check of their snapshots: clones come before their head, and wait for it
/// over the end of a chunk.
///
/// Ceph: `PgScrubber::clean_meta_map`.
package struct SnapSetGroups {
  private var objects: [HObject: ScrubMap.Object] = [:]

  package init() {}

  package mutating func add(_ found: [HObject: ScrubMap.Object]) {
    objects.merge(found) { $1 }
  }

  /// Takes out what is complete; all, at the end.
  package mutating func takeComplete(isLast: Bool) -> [HObject: ScrubMap.Object] {
    let last = objects.keys.max()
    guard !isLast, let last, !last.isHead else {
      defer { objects = [:] }
      return objects
    }
    let waiting = objects.filter { $0.key.head == last.head }
    defer { objects = waiting }
    return objects.filter { $0.key.head != last.head }
  }
}
