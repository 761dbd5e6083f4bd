import Buffers
import Wire

/// An object as librados names it to users: without its hash.
///
/// Ceph: `librados::object_id_t`. Layout: framed 1/1, `name, namespace, locator: string, snap: u64`.
package struct ObjectID: Hashable, Sendable {
  package var name: ByteString
  package var namespace: ByteString
  package var locator: ByteString
  package var snap: SnapID

  package init(
    name: ByteString = ByteString(), namespace: ByteString = ByteString(),
    locator: ByteString = ByteString(), snap: SnapID = .zero
  ) {
    self.name = name
    self.namespace = namespace
    self.locator = locator
    self.snap = snap
  }

  package init(_ object: HObject) {
    self.init(
      name: object.name, namespace: object.namespace, locator: object.key, snap: object.snap)
  }
}

extension ObjectID: Comparable {
  /// As `hobject_t` orders them when their hashes are alike.
  package static func < (left: ObjectID, right: ObjectID) -> Bool {
    if left.namespace != right.namespace { return left.namespace < right.namespace }
    let keys = (left.effectiveKey, right.effectiveKey)
    if keys.0 != keys.1 { return keys.0 < keys.1 }
    return left.name != right.name ? left.name < right.name : left.snap < right.snap
  }

  private var effectiveKey: ByteString { locator.isEmpty ? name : locator }
}

/// What is wrong with one copy of an object, beside what it has.
///
/// Ceph: `shard_info_wrapper`. Layout: framed 3/3, `errors: u64, isPrimary: u8`, and unless it is
/// missing `attributes: map<string, bufferlist>, size: u64, hasOmapDigest: u8, omapDigest: u32,
/// hasDataDigest: u8, dataDigest: u32, isSelected: u8`.
package struct InconsistentShard: Hashable, Sendable {
  /// Ceph: `err_t`.
  package struct Errors: OptionSet, Hashable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let missing = Errors(rawValue: 1 << 1)
    package static let stat = Errors(rawValue: 1 << 2)
    package static let read = Errors(rawValue: 1 << 3)
    package static let dataDigestMismatchInfo = Errors(rawValue: 1 << 9)
    package static let omapDigestMismatchInfo = Errors(rawValue: 1 << 10)
    package static let sizeMismatchInfo = Errors(rawValue: 1 << 11)
    package static let hashMismatch = Errors(rawValue: 1 << 12)
    package static let shardSizeMismatch = Errors(rawValue: 1 << 13)
    package static let infoMissing = Errors(rawValue: 1 << 14)
    package static let infoCorrupted = Errors(rawValue: 1 << 15)
    package static let snapSetMissing = Errors(rawValue: 1 << 16)
    package static let snapSetCorrupted = Errors(rawValue: 1 << 17)
    package static let objectSizeInfoMismatch = Errors(rawValue: 1 << 18)

    package static let shallow: Errors = [
      .missing, .stat, .sizeMismatchInfo, .infoMissing, .infoCorrupted, .snapSetMissing,
      .snapSetCorrupted, .objectSizeInfoMismatch,
    ]
    package static let deep: Errors = [
      .read, .dataDigestMismatchInfo, .omapDigestMismatchInfo, .hashMismatch, .shardSizeMismatch,
    ]
  }

  package var errors = Errors()
  package var isPrimary = false
  package var attributes: [ByteString: ByteSlice] = [:]
  package var size: UInt64 = .max
  package var omapDigest: UInt32?
  package var dataDigest: UInt32?
  /// Its information was taken for the object's.
  package var isSelected = false

  package init() {}

  /// Ceph: `shard_info_wrapper::set_object`.
  package mutating func take(_ object: ScrubMap.Object) {
    attributes = object.attributes
    size = object.size
    omapDigest = object.omapDigest ?? omapDigest
    dataDigest = object.digest ?? dataDigest
  }
}

/// An object whose copies differ, or are not what its information says.
///
/// Ceph: `inconsistent_obj_wrapper`. Layout: framed 2/2, `errors: u64, object, version: u64, shards:
/// map<{framed 1/1, osd: s32, shard: s8}, shard>, union: u64`.
package struct InconsistentObject: Hashable, Sendable {
  /// Ceph: `obj_err_t`.
  package struct Errors: OptionSet, Hashable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let infoInconsistency = Errors(rawValue: 1 << 1)
    package static let dataDigestMismatch = Errors(rawValue: 1 << 4)
    package static let omapDigestMismatch = Errors(rawValue: 1 << 5)
    package static let sizeMismatch = Errors(rawValue: 1 << 6)
    package static let attributeValueMismatch = Errors(rawValue: 1 << 7)
    package static let attributeNameMismatch = Errors(rawValue: 1 << 8)
    package static let snapSetInconsistency = Errors(rawValue: 1 << 9)
    package static let sizeTooLarge = Errors(rawValue: 1 << 11)

    package static let shallow: Errors = [
      .infoInconsistency, .sizeMismatch, .attributeValueMismatch, .attributeNameMismatch,
      .snapSetInconsistency, .sizeTooLarge,
    ]
    package static let deep: Errors = [.dataDigestMismatch, .omapDigestMismatch]
  }

  package var errors = Errors()
  package var object: ObjectID
  /// As users see it.
  package var version: UInt64 = 0
  package private(set) var shards: [PGShard: InconsistentShard] = [:]
  package private(set) var union = InconsistentShard.Errors()

  package init(_ object: HObject) { self.object = ObjectID(object) }

  package mutating func add(_ shard: InconsistentShard, at place: PGShard) {
    union.formUnion(shard.errors)
    shards[place] = shard
  }

  package var isClean: Bool { errors.isEmpty && union.isEmpty }
}
