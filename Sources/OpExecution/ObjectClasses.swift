import Buffers
import RadosTypes

/// The object classes that a stock OSD is willing to load. None is here yet.
///
/// Source: the default of `osd_class_load_list` in src/common/options.cc.
package enum ObjectClasses {
  private static let loadable: Set<ByteString> = [
    "cephfs", "hello", "journal", "lock", "log", "numops", "otp", "rbd", "refcount", "rgw",
    "rgw_gc",
    "timeindex", "user", "version", "cas", "cmpomap", "queue", "2pc_queue", "fifo",
  ]

  /// Why the first class call of a vector cannot be made: one that stock would not load either is not
  /// permitted, the others are not supported. nil without class calls; EINVAL for a call that cannot be
  /// read.
  package static func refusal(of ops: [OSDOp]) -> Int32? {
    guard let call = ops.first(where: { $0.rawCode == OpCode.call.rawValue }) else { return nil }
    guard let names = call.callNames else { return Errno.EINVAL }
    return loadable.contains(names.className) ? Errno.EOPNOTSUPP : Errno.EPERM
  }
}
