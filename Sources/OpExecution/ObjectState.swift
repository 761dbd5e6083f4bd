import Buffers
import RadosTypes

/// Whether an object is there, and what is known of it. Ceph: `ObjectState`.
///
/// Large, and taken by every op: copies share it until one is changed.
package struct ObjectState: Sendable {
  /// Changed only while a single state has it.
  private final class Known: @unchecked Sendable {
    var exists: Bool
    var info: ObjectInfo
    var snapSet: SnapSet

    init(exists: Bool, info: consuming ObjectInfo, snapSet: consuming SnapSet) {
      self.exists = exists
      self.info = info
      self.snapSet = snapSet
    }
  }

  private var known: Known

  /// An object that is not there.
  package init(absent object: HObject) {
    known = Known(exists: false, info: ObjectInfo(object), snapSet: SnapSet())
  }

  package init(info: consuming ObjectInfo, snapSet: consuming SnapSet) {
    known = Known(exists: true, info: info, snapSet: snapSet)
  }

  package var exists: Bool {
    get { known.exists }
    set {
      makeOwn()
      known.exists = newValue
    }
  }

  package var info: ObjectInfo {
    _read { yield known.info }
    _modify {
      makeOwn()
      yield &known.info
    }
  }

  package var snapSet: SnapSet {
    _read { yield known.snapSet }
    _modify {
      makeOwn()
      yield &known.snapSet
    }
  }

  @inline(__always)
  private mutating func makeOwn() {
    guard !isKnownUniquelyReferenced(&known) else { return }
    known = Known(exists: known.exists, info: known.info, snapSet: known.snapSet)
  }

  /// There, and not only as the place where its clones are listed.
  package var isVisible: Bool { exists && !info.flags.contains(.whiteout) }

  /// Names of the attributes that hold these (`OI_ATTR`, `SS_ATTR`).
  package static let infoAttribute: ByteString = "_"
  package static let snapSetAttribute: ByteString = "snapset"
}
