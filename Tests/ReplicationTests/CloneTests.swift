import Base
import Buffers
import ObjectStores
import RadosTypes
import Replication
import TestKit
import Testing

/// Objects with snapshots: what a clone has in common with others that are there is not copied.
@Suite struct CloneTests {
  /// A head and its clones, oldest first, in the source; their versions differ.
  private struct Family {
    var snapSet = SnapSet()
    var infos: [HObject: ObjectInfo] = [:]
    let head: HObject
    var clones: [HObject] { snapSet.clones.map { head.with(snap: $0) } }

    init(_ rig: CopyRig, _ sample: inout SampleObject) async {
      head = sample.name
      sample.info.size = sample.number(1...200_000)
      await rig.source.commit(on: rig.sourcePG) { t in
        t.write(GHObject(sample.name), in: t.pg, offset: 0, data: sample.bytes(sample.info.size))
        sample.setInfo(&t, in: t.pg)
      }
      for number in 1...sample.number(1...5) {
        var t = clone(&sample, SnapID(number * 3))
        change(&sample, &t)
        await rig.source.commit(t, on: rig.sourcePG)
      }
      await rig.source.commit(on: rig.sourcePG) { t in
        sample.info.version.version += 1
        sample.setInfo(&t, in: t.pg)
        t.setAttribute(GHObject(sample.name), in: t.pg, "snapset", snapSet.wire)
      }
      infos[head] = sample.info
    }

    private mutating func clone(_ sample: inout SampleObject, _ snap: SnapID) -> Transaction {
      var t = Transaction()
      let copy = sample.name.with(snap: snap)
      t.clone(GHObject(sample.name), in: t.pg, to: GHObject(copy))
      var info = ObjectInfo(copy)
      info.version = sample.info.version
      info.size = sample.info.size
      infos[copy] = info
      t.setAttribute(GHObject(copy), in: t.pg, ObjectInfo.attributeName, info.wire)
      snapSet.sequence = snap
      snapSet.clones.append(snap)
      snapSet.cloneSize[snap] = info.size
      snapSet.cloneOverlap[snap] = IntervalSet(start: 0, length: info.size)
      snapSet.cloneSnaps[snap] = [snap]
      return t
    }

    /// Some writes; the newest clone has less in common with the head.
    private mutating func change(_ sample: inout SampleObject, _ t: inout Transaction) {
      guard let snap = snapSet.clones.last else { return }
      sample.info.version.version += 1
      for _ in 0..<sample.number(1...4) {
        let offset = sample.number(0...sample.info.size)
        let length = sample.number(1...20_000)
        t.write(GHObject(sample.name), in: t.pg, offset: offset, data: sample.bytes(length))
        snapSet.cloneOverlap[snap]?.remove(offset, length: length)
        sample.info.size = max(sample.info.size, offset + length)
      }
      guard sample.number(0...2) == 0 else { return }
      let size = sample.number(0...sample.info.size)
      t.truncate(GHObject(sample.name), in: t.pg, size: size)
      snapSet.cloneOverlap[snap]?.remove(size, length: .max - size)
      sample.info.size = size
    }
  }

  private static func subsets(
    _ family: Family, _ object: HObject, _ settings: RecoverySettings, _ present: Set<HObject>
  ) -> RecoverySubsets {
    guard object.isHead, let info = family.infos[object] else {
      return RecoverySubsets(
        clone: object, family.snapSet, settings, has: { present.contains($0) })
    }
    return RecoverySubsets(
      head: info, object, family.snapSet, clean: .fullyDirty, settings,
      has: { present.contains($0) })
  }

  private static func missing(_ family: Family, _ object: HObject) -> MissingItem {
    MissingItem(need: family.infos[object]?.version ?? .zero, cleanRegions: .fullyDirty)
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func `pushed in any order, they are what they were`(seed: UInt64) throws {
    try CopyRig.run { rig in
      var sample = SampleObject(5000 + seed)
      let family = await Family(rig, &sample)
      rig.settings.chunkBytesMax = sample.number(5000...400_000)
      rig.settings.cloneOverlapRunsMax = Int(sample.number(1...10))
      var present: Set<HObject> = []
      var saved: UInt64 = 0
      for object in (family.clones + [family.head]).sorted(by: { _, _ in sample.number(0...1) == 0 }
      ) {
        let subsets = Self.subsets(family, object, rig.settings, present)
        saved += subsets.fromClones.values.reduce(0) { $0 + $1.count }
        let (_, isDone) = try await rig.push(
          object, missing: Self.missing(family, object), subsets: subsets,
          snapSet: object.isHead ? SnapSet() : family.snapSet)
        #expect(isDone)
        present.insert(object)
        try await rig.expectEqual(object, holesToo: false)
      }
      if seed < 3 { #expect(saved > 0) }
    }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func `pulled side by side, they are what they were`(seed: UInt64) throws {
    try CopyRig.run { rig in
      var sample = SampleObject(6000 + seed)
      let family = await Family(rig, &sample)
      rig.settings.chunkBytesMax = sample.number(5000...400_000)
      _ = try await rig.pull(family.head, missing: Self.missing(family, family.head))
      try await rig.expectEqual(family.head, holesToo: false)
      let pulls = family.clones.map { clone in
        ObjectPull(
          clone: clone, Self.missing(family, clone), version: Self.missing(family, clone).need,
          snapSet: family.snapSet, subsets: Self.subsets(family, clone, rig.settings, []),
          from: PGShard(osd: 1))
      }
      var present: Set<HObject> = []
      for pull in pulls {
        let clone = pull.recovery.object
        let now = Self.subsets(family, clone, rig.settings, present)
        #expect(try await rig.pull(pull, clones: now).isDone)
        present.insert(clone)
        try await rig.expectEqual(clone, holesToo: false)
      }
      try await rig.expectOnly([family.head] + family.clones)
    }
  }

  private static let head = StoreSamples.object("o").object

  private static func runs(_ runs: (UInt64, UInt64)...) -> IntervalSet {
    var set = IntervalSet()
    for (start, length) in runs { set.insert(start, length: length) }
    return set
  }

  /// Three clones of 100 bytes; each has a part in common with the next.
  private static let snapSet = {
    var set = SnapSet()
    set.clones = [SnapID(1), SnapID(2), SnapID(3)]
    for snap in set.clones { set.cloneSize[snap] = 100 }
    set.cloneOverlap[SnapID(1)] = runs((0, 60))
    set.cloneOverlap[SnapID(2)] = runs((20, 60))
    set.cloneOverlap[SnapID(3)] = runs((0, 10), (30, 70))
    return set
  }()

  @Test func `a clone takes from the next older and the next newer one that are there`() {
    let at = { Self.head.with(snap: SnapID($0)) }
    let subsets = { (snap: UInt64, present: [UInt64]) in
      RecoverySubsets(
        clone: at(snap), Self.snapSet, RecoverySettings(),
        has: { present.map(at).contains($0) })
    }
    let middle = subsets(2, [1, 3])
    #expect(middle.fromClones == [at(1): Self.runs((0, 60)), at(3): Self.runs((20, 60))])
    #expect(middle.copied == Self.runs((80, 20)))
    let oldest = subsets(1, [3])
    #expect(oldest.fromClones == [at(3): Self.runs((20, 40))])
    #expect(oldest.copied == Self.runs((0, 20), (60, 40)))
    #expect(subsets(3, []).copied == Self.runs((0, 100)))
    #expect(subsets(3, [1]).fromClones == [at(1): Self.runs((20, 40))])
  }

  @Test func `a head takes what is dirty from the newest clone that is there`() {
    let at = { Self.head.with(snap: SnapID($0)) }
    var info = ObjectInfo(Self.head)
    info.size = 90
    var dirty = ObjectCleanRegions()
    dirty.markDirty(offset: 0, length: 50)
    let subsets = { (present: [UInt64], clean: ObjectCleanRegions, settings: RecoverySettings) in
      RecoverySubsets(
        head: info, Self.head, Self.snapSet, clean: clean, settings,
        has: { present.map(at).contains($0) })
    }
    let newest = subsets([1, 3], dirty, RecoverySettings())
    #expect(newest.fromClones == [at(3): Self.runs((0, 10), (30, 20))])
    #expect(newest.copied == Self.runs((10, 20)))
    let older = subsets([1], .fullyDirty, RecoverySettings())
    #expect(older.fromClones == [at(1): Self.runs((30, 30))])
    #expect(older.copied == Self.runs((0, 30), (60, 30)))
    var settings = RecoverySettings()
    settings.cloneOverlapRunsMax = 1
    #expect(subsets([3], dirty, settings).fromClones.isEmpty)
    #expect(subsets([3], dirty, settings).copied == Self.runs((0, 50)))
    settings.usesCloneOverlap = false
    #expect(subsets([1, 3], .fullyDirty, settings).copied == Self.runs((0, 90)))
  }
}
