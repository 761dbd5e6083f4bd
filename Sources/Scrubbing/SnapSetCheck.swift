import Buffers
import OpExecution
import RadosTypes
import Wire

/// Whether heads have the clones that they list, clones are what their heads say of them, and objects
/// are as large as their information says; and what all of them add to the PG's statistics.
///
/// Objects are gone through backwards, so that a head comes before its clones, the newest first.
/// Ceph: `PrimaryLogScrub::scrub_snapshot_metadata`.
package struct SnapSetCheck {
  package private(set) var shallowErrors = 0
  package private(set) var lines: [ScrubLine] = []
  package private(set) var errors: [InconsistentSnapSet] = []
  package private(set) var sum = ObjectStatSum()

  /// `deep-scrub 2.1f`: what the lines begin with.
  private let prefix: String
  /// In a cache tier clones may be missing.
  private let allowsMissingClones: Bool
  /// Clones that the scrub has found missing so far; stock tells it with each line.
  private let missingObjects: Int

  /// The head whose clones are expected, and what is wrong with it.
  private var head: HObject?
  private var headError: InconsistentSnapSet?
  private var snapSet: SnapSet?
  /// Expected still, the next one last.
  private var expected: [SnapID] = []
  private var missingClones = 0
  private var cloneErrors = 0

  package init(prefix: String, allowsMissingClones: Bool, missingObjects: Int = 0) {
    self.prefix = prefix
    self.allowsMissingClones = allowsMissingClones
    self.missingObjects = missingObjects
  }

  package mutating func run(_ objects: [HObject: ScrubMap.Object]) {
    for (object, found) in objects.sorted(by: { $0.key > $1.key }) { check(object, found) }
    missAll(downTo: nil)
    closeHead()
  }

  private mutating func complain(_ object: HObject, _ text: String) {
    lines.append(ScrubLine(.error, "\(prefix) \(object) : \(text)"))
    shallowErrors += 1
  }

  private mutating func check(_ object: HObject, _ found: ScrubMap.Object) {
    var error = InconsistentSnapSet(object)
    let info = readInfo(object, found, &error)
    var added = Self.sum(of: object, info)
    missAll(downTo: object.isClone && object.head == head ? object.snap : nil)
    let isExpected = expected.last.map { $0 == object.snap } ?? object.isHead
    guard isExpected else { return unexpected(object, error) }
    if object.isHead {
      closeHead()
      open(object, found, error)
    } else {
      expected.removeLast()
      added.bytes += checkClone(object, info, &error)
      if !error.errors.isEmpty { note(clone: error) }
    }
    sum += added
  }

  // MARK: One object

  /// What an attribute says; nil, and a complaint, if it is not there or cannot be read.
  private mutating func read<Value: WireDecodable>(
    _ name: ByteString, of object: HObject, _ found: ScrubMap.Object,
    missing: InconsistentSnapSet.Errors, corrupted: InconsistentSnapSet.Errors,
    _ error: inout InconsistentSnapSet
  ) -> Value? {
    guard let bytes = found.attributes[name] else {
      complain(object, "no '\(name)' attr")
      error.errors.insert(missing)
      return nil
    }
    do throws(DecodeError) {
      return try Value(wire: bytes)
    } catch let failure {
      complain(object, "can't decode '\(name)' attr \(failure)")
      error.errors.insert(corrupted)
      return nil
    }
  }

  private mutating func readInfo(
    _ object: HObject, _ found: ScrubMap.Object, _ error: inout InconsistentSnapSet
  ) -> ObjectInfo? {
    let info: ObjectInfo? = read(
      ObjectState.infoAttribute, of: object, found, missing: .infoMissing,
      corrupted: [.infoCorrupted, .infoMissing], &error)
    guard let info, info.size != found.size else { return info }
    complain(
      object,
      "on disk size (\(found.size)) does not match object info size (\(info.size)) adjusted for"
        + " ondisk to (\(info.size))")
    error.errors.insert(.sizeMismatch)
    return info
  }

  /// Without a clone's bytes, of which only those count that it does not share.
  private static func sum(of object: HObject, _ info: ObjectInfo?) -> ObjectStatSum {
    var sum = ObjectStatSum()
    let isHitSet = object.namespace == ".ceph-internal"
    sum.objects = 1
    sum.objectsHitSetArchive = isHitSet ? 1 : 0
    sum.objectClones = object.isClone ? 1 : 0
    guard let info else { return sum }
    sum.bytes = object.isClone ? 0 : Int64(clamping: info.size)
    sum.bytesHitSetArchive = isHitSet ? Int64(clamping: info.size) : 0
    for (flag, field) in [
      (ObjectInfo.Flags.dirty, \ObjectStatSum.objectsDirty), (.whiteout, \.whiteouts),
      (.omap, \.objectsOmap), (.cachePin, \.objectsPinned), (.manifest, \.objectsManifest),
    ] where info.flags.contains(flag) { sum[keyPath: field] = 1 }
    return sum
  }

  private mutating func unexpected(_ object: HObject, _ error: InconsistentSnapSet) {
    complain(
      object,
      head != nil && snapSet == nil
        ? "clone ignored due to missing snapset" : "is an unexpected clone")
    var error = error
    error.errors.insert(.headless)
    note(clone: error)
    if object.head == head { headError?.addExtraClone(object.snap) }
  }

  private mutating func note(clone error: InconsistentSnapSet) {
    errors.append(error)
    cloneErrors += 1
  }

  // MARK: Heads

  private mutating func open(
    _ object: HObject, _ found: ScrubMap.Object, _ error: InconsistentSnapSet
  ) {
    head = object
    var error = error
    let attribute = ObjectState.snapSetAttribute
    snapSet = read(
      attribute, of: object, found, missing: .snapSetMissing, corrupted: .snapSetCorrupted, &error)
    if snapSet != nil, let bytes = found.attributes[attribute] { error.snapSet = bytes }
    expected = snapSet?.clones ?? []
    if let snapSet, !snapSet.clones.isEmpty, snapSet.sequence == .zero {
      complain(object, "snaps.seq not set")
      error.errors.insert(.snapError)
    }
    headError = error
  }

  private mutating func closeHead() {
    if missingClones > 0, let head, !allowsMissingClones {
      lines.append(ScrubLine(.info, "\(prefix) \(head) : \(missingClones) missing clone(s)"))
    }
    if let headError, !headError.errors.isEmpty || cloneErrors > 0 { errors.append(headError) }
    headError = nil
    missingClones = 0
    cloneErrors = 0
  }

  /// Clones that should have come by now. Ceph: `process_clones_to`.
  private mutating func missAll(downTo target: SnapID?) {
    guard let head else { return }
    while let next = expected.last, target.map({ next > $0 }) ?? true {
      expected.removeLast()
      missingClones += 1
      guard !allowsMissingClones else { continue }
      complain(head, "expected clone \(head.with(snap: next)) \(missingObjects) missing")
      headError?.addMissingClone(next)
    }
  }

  // MARK: Clones

  /// Returns the bytes that the clone has for itself.
  private mutating func checkClone(
    _ object: HObject, _ info: ObjectInfo?, _ error: inout InconsistentSnapSet
  ) -> Int64 {
    guard let snapSet else { return 0 }
    func fail(_ text: String) {
      complain(object, text)
      error.errors.insert(.sizeMismatch)
    }
    guard let size = snapSet.cloneSize[object.snap] else {
      fail("is missing in clone_size")
      return 0
    }
    if let info, info.size != size { fail("size \(info.size) != clone_size \(size)") }
    guard let overlap = snapSet.cloneOverlap[object.snap] else {
      fail("is missing in clone_overlap")
      return 0
    }
    guard overlap.count <= size else {
      fail("bad interval_set in clone_overlap")
      return 0
    }
    return Int64(clamping: size - overlap.count)
  }
}
