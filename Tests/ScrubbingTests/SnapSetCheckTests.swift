import Buffers
import RadosTypes
import Scrubbing
import Testing
import Wire

/// Heads and their clones.
@Suite struct SnapSetCheckTests {
  static func object(_ name: String, _ snap: SnapID = .head) -> HObject {
    HObject(pool: 2, hash: 1, name: ByteString(name), snap: snap)
  }

  static func found(
    _ object: HObject, size: UInt64 = 10, snapSet: SnapSet? = nil,
    flags: ObjectInfo.Flags = [.dirty]
  ) -> ScrubMap.Object {
    var info = ObjectInfo(object)
    info.size = size
    info.flags = flags
    var found = ScrubMap.Object()
    found.size = size
    found.attributes["_"] = info.wire
    if object.isHead { found.attributes["snapset"] = (snapSet ?? SnapSet()).wire }
    return found
  }

  static func snapSet(_ clones: [UInt64]) -> SnapSet {
    var set = SnapSet()
    set.sequence = SnapID(clones.last ?? 0)
    set.clones = clones.map { SnapID($0) }
    for clone in set.clones {
      set.cloneSize[clone] = 10
      set.cloneOverlap[clone] = IntervalSet(start: 0, length: 4)
      set.cloneSnaps[clone] = [clone]
    }
    return set
  }

  static func check(
    _ objects: [HObject: ScrubMap.Object], allowsMissing: Bool = false
  ) -> SnapSetCheck {
    var check = SnapSetCheck(prefix: "scrub 2.1", allowsMissingClones: allowsMissing)
    check.run(objects)
    return check
  }

  /// A head with these clones in its list, and these there.
  static func family(
    _ listed: [UInt64], there: [UInt64], _ set: SnapSet? = nil
  )
    -> [HObject: ScrubMap.Object]
  {
    var objects = [
      object("o"): found(object("o"), size: 20, snapSet: set ?? snapSet(listed))
    ]
    for snap in there {
      let clone = object("o", SnapID(snap))
      objects[clone] = found(clone)
    }
    return objects
  }

  @Test func `a head with the clones that it lists is good, and clones count what is their own`() {
    let check = Self.check(Self.family([1, 4], there: [1, 4]))
    #expect(check.lines == [] && check.errors == [] && check.shallowErrors == 0)
    #expect(check.sum.objects == 3 && check.sum.objectClones == 2)
    #expect(check.sum.bytes == 20 + 6 + 6)
    #expect(check.sum.objectsDirty == 3)
  }

  @Test func `clones that are missing are told one by one`() {
    let check = Self.check(Self.family([1, 4, 6], there: [4]))
    #expect(check.shallowErrors == 2)
    #expect(
      check.lines.map(\.text) == [
        "scrub 2.1 2:80000000:::o:head : expected clone 2:80000000:::o:6 0 missing",
        "scrub 2.1 2:80000000:::o:head : expected clone 2:80000000:::o:1 0 missing",
        "scrub 2.1 2:80000000:::o:head : 2 missing clone(s)",
      ])
    #expect(check.errors.count == 1)
    #expect(check.errors[0].missingClones == [SnapID(6), SnapID(1)])
    #expect(check.errors[0].errors == .cloneMissing)
  }

  @Test func `in a cache tier they may be missing`() {
    let check = Self.check(Self.family([1, 4], there: []), allowsMissing: true)
    #expect(check.lines == [] && check.errors == [])
  }

  @Test func `clones that no head lists are unexpected`() {
    let check = Self.check(Self.family([4], there: [4, 7]))
    #expect(check.lines.map(\.text) == ["scrub 2.1 2:80000000:::o:7 : is an unexpected clone"])
    #expect(check.errors.map(\.errors) == [.headless, .extraClones])
    #expect(check.errors[1].extraClones == [SnapID(7)])
    // What should not be there does not count.
    #expect(check.sum.objects == 2)
  }

  @Test func `clones without any head, before others`() {
    let lost = Self.object("a", SnapID(3))
    let check = Self.check([lost: Self.found(lost), Self.object("o"): Self.found(Self.object("o"))])
    // As in stock, the head that comes before is told too, with nothing wrong.
    #expect(check.errors.map(\.errors) == [.headless, []])
    #expect(check.shallowErrors == 1)
  }

  @Test func `a head without its list cannot judge its clones`() {
    var objects = Self.family([1], there: [1])
    objects[Self.object("o")]?.attributes["snapset"] = nil
    let check = Self.check(objects)
    #expect(
      check.lines.map(\.text) == [
        "scrub 2.1 2:80000000:::o:head : no 'snapset' attr",
        "scrub 2.1 2:80000000:::o:1 : clone ignored due to missing snapset",
      ])
    #expect(check.errors.map(\.errors) == [.headless, [.snapSetMissing, .extraClones]])
  }

  @Test func `what heads say of their clones is held against these`() {
    var set = Self.snapSet([1, 2, 3])
    set.cloneSize[SnapID(1)] = 11
    set.cloneSize[SnapID(2)] = nil
    set.cloneOverlap[SnapID(3)] = IntervalSet(start: 0, length: 40)
    let check = Self.check(Self.family([], there: [1, 2, 3], set))
    #expect(
      check.lines.map { String($0.text.dropFirst("scrub 2.1 2:80000000:::o:".count)) } == [
        "3 : bad interval_set in clone_overlap", "2 : is missing in clone_size",
        "1 : size 10 != clone_size 11",
      ])
    #expect(check.errors.prefix(3).allSatisfy { $0.errors == .sizeMismatch })
  }

  @Test func `information that is missing, torn or of another size`() {
    var objects: [HObject: ScrubMap.Object] = [:]
    for name in ["a", "b", "c"] { objects[Self.object(name)] = Self.found(Self.object(name)) }
    objects[Self.object("a")]?.attributes["_"] = nil
    objects[Self.object("b")]?.attributes["_"] = ByteString("torn").slice
    objects[Self.object("c")]?.size = 5
    let check = Self.check(objects)
    #expect(check.shallowErrors == 3)
    let errors = Dictionary(uniqueKeysWithValues: check.errors.map { ($0.object.name, $0.errors) })
    #expect(
      errors == ["a": .infoMissing, "b": [.infoMissing, .infoCorrupted], "c": .sizeMismatch])
  }

  @Test func `clones wait for their head over the end of a chunk`() {
    var groups = SnapSetGroups()
    let objects = Self.family([1, 4], there: [1, 4])
    let other = Self.object("a")
    groups.add(objects.filter { $0.key.isClone }.merging([other: Self.found(other)]) { $1 })
    #expect(Array(groups.takeComplete(isLast: false).keys) == [other])
    groups.add(objects.filter { $0.key.isHead })
    #expect(groups.takeComplete(isLast: false).count == 3)
    #expect(groups.takeComplete(isLast: true).isEmpty)
  }
}
