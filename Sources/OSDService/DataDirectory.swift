import Base
import Glibc
import RadosTypes

/// The small files of an OSD's directory that `ceph-volume` and people read. None is needed to start:
/// the device knows all of it.
///
/// Names and contents as `ceph-osd --mkfs` of 16.2 leaves them.
package struct DataDirectory: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  package var blockPath: String { path + "/block" }

  /// Written at mkfs, and again at any start that finds one missing.
  package func write(_ identity: OSDIdentity) throws(SystemError) {
    let files = [
      ("whoami", "\(identity.whoami)\n"), ("fsid", "\(identity.osd)\n"),
      ("ceph_fsid", "\(identity.cluster)\n"),
      ("magic", "ceph osd volume v026\n"), ("type", "bluestore\n"), ("require_osd_release", "16\n"),
      ("ceph_version_when_created", DaemonVersion.line + "\n"), ("ready", "ready\n"),
    ]
    for (name, text) in files where TextFile.read("\(path)/\(name)") != text {
      if name == "ceph_version_when_created", TextFile.read("\(path)/\(name)") != nil { continue }
      try TextFile.write(text, to: "\(path)/\(name)")
    }
  }

  package func makeIfMissing() throws(SystemError) {
    guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
    throw SystemError(errno, "mkdir \(path)")
  }
}
