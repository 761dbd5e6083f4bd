import Buffers
import RadosTypes

/// Whether an object is there, and what is known of it. Ceph: `ObjectState`.
package struct ObjectState: Sendable {
  package var exists: Bool
  package var info: ObjectInfo
  package var snapSet: SnapSet

  /// An object that is not there.
  package init(absent object: HObject) {
    exists = false
    info = ObjectInfo(object)
    snapSet = SnapSet()
  }

  package init(info: ObjectInfo, snapSet: SnapSet) {
    exists = true
    self.info = info
    self.snapSet = snapSet
  }

  /// There, and not only as the place where its clones are listed.
  package var isVisible: Bool { exists && !info.flags.contains(.whiteout) }

  /// Names of the attributes that hold these (`OI_ATTR`, `SS_ATTR`).
  package static let infoAttribute: ByteString = "_"
  package static let snapSetAttribute: ByteString = "snapset"
}
