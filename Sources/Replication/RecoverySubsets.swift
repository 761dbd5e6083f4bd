import RadosTypes

/// Which of an object's data is copied, and which is taken from clones that the target has.
///
/// Ceph: `ReplicatedBackend::calc_head_subsets`, `calc_clone_subsets`.
package struct RecoverySubsets: Hashable, Sendable {
  package var copied: IntervalSet
  package var fromClones: [HObject: IntervalSet] = [:]

  /// All of it is copied.
  package init(bytes: UInt64) { copied = IntervalSet(start: 0, length: bytes) }

  /// A head: what is not clean, but for what the newest clone that is there has in common with it.
  ///
  /// `has` says of a clone whether the target has it and it can be read: not missing, before the last
  /// backfill, and not being written. A pool that allows incomplete clones has none to offer.
  package init(
    head info: ObjectInfo, _ object: HObject, _ snapSet: SnapSet, clean: ObjectCleanRegions,
    _ settings: RecoverySettings, has: (HObject) -> Bool
  ) {
    self.init(bytes: info.size)
    var common = copied
    copied = copied.intersection(clean.dirtyOffsets)
    guard settings.usesCloneOverlap else { return }
    for snap in snapSet.clones.reversed() {
      common = common.intersection(snapSet.cloneOverlap[snap] ?? IntervalSet())
      let clone = object.with(snap: snap)
      guard has(clone) else { continue }
      let taken = common.intersection(copied)
      guard !taken.isEmpty, taken.intervals.count <= settings.cloneOverlapRunsMax else { return }
      fromClones[clone] = taken
      copied.subtract(taken)
      return
    }
  }

  /// A clone: what it does not have in common with the next older and the next newer one that are
  /// there.
  package init(
    clone object: HObject, _ snapSet: SnapSet, _ settings: RecoverySettings,
    has: (HObject) -> Bool
  ) {
    self.init(bytes: snapSet.cloneSize[object.snap] ?? 0)
    guard settings.usesCloneOverlap else { return }
    let whole = copied
    let place = snapSet.clones.firstIndex(of: object.snap) ?? snapSet.clones.count
    let overlaps = snapSet.clones.map { snapSet.cloneOverlap[$0] ?? IntervalSet() }
    let older = (0..<place).reversed().map { (snapSet.clones[$0], overlaps[$0]) }
    let newer = snapSet.clones.indices.dropFirst(place + 1).map {
      (snapSet.clones[$0], overlaps[$0 - 1])
    }
    var taken = IntervalSet()
    for neighbours in [older, newer] {
      var common = whole
      for (snap, overlap) in neighbours {
        common = common.intersection(overlap)
        guard has(object.with(snap: snap)) else { continue }
        fromClones[object.with(snap: snap)] = common
        taken.formUnion(common)
        break
      }
    }
    if taken.intervals.count > settings.cloneOverlapRunsMax {
      fromClones = [:]
    } else {
      copied.subtract(taken)
    }
  }
}
