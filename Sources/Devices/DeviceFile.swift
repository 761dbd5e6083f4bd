import Base
import CLinux
import Glibc

/// The device, or the file that stands for one: open, locked and measured. Shared by all reactors.
///
/// The lock is on the very descriptor that does the I/O, so it lasts until the last request of a
/// killed process has landed.
package final class DeviceFile: @unchecked Sendable {
  package let path: String
  package let descriptor: Int32
  /// Rounded down to whole blocks of 4096.
  package let byteCount: UInt64
  package let isBlockDevice: Bool
  /// Reads and writes bypass the page cache; false where the file system cannot.
  package let isDirect: Bool
  package let isRotational: Bool
  /// Completed writes may be lost with the power until a flush; true for files too.
  package let hasVolatileCache: Bool

  /// Opens and locks `path`. Another process may have it for up to `patience` longer.
  package init(path: String, patience: Duration = .seconds(10)) throws(SystemError) {
    self.path = path
    (descriptor, isDirect) = try Self.open(path)
    let info: CLinux_DeviceInfo
    do {
      info = try Self.measure(descriptor, path)
      try Self.lock(descriptor, path, patience)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    byteCount = info.bytes & ~4095
    isBlockDevice = info.isBlock != 0
    isRotational = Self.queueAttribute("rotational", info) == "1"
    hasVolatileCache =
      info.isBlock == 0 || Self.queueAttribute("write_cache", info) != "write through"
  }

  deinit { Glibc.close(descriptor) }

  /// Makes a file of `byteCount` bytes (sparse), or gives one that size; a block device is left alone.
  package static func create(path: String, byteCount: UInt64) throws(SystemError) {
    let result = CLinux_deviceCreate(path, byteCount)
    guard result >= 0 else { throw SystemError(-result, "create \(path) with \(byteCount) bytes") }
  }

  private static func open(_ path: String) throws(SystemError) -> (Int32, Bool) {
    var opened = CLinux_deviceOpen(path, 1)
    if opened >= 0 { return (opened, true) }
    if opened == -EINVAL { opened = CLinux_deviceOpen(path, 0) }
    guard opened >= 0 else { throw SystemError(-opened, "open \(path)") }
    return (opened, false)
  }

  private static func measure(
    _ descriptor: Int32, _ path: String
  ) throws(SystemError) -> CLinux_DeviceInfo {
    var info = CLinux_DeviceInfo()
    let result = CLinux_deviceInfo(descriptor, &info)
    guard result >= 0 else { throw SystemError(-result, "size of \(path)") }
    return info
  }

  private static func lock(
    _ descriptor: Int32, _ path: String, _ patience: Duration
  ) throws(SystemError) {
    let step: Duration = .milliseconds(20)
    var waited: Duration = .zero
    while true {
      let result = CLinux_tryLockFile(descriptor)
      if result == 0 { return }
      guard result == -EWOULDBLOCK || result == -EINTR else {
        throw SystemError(-result, "flock \(path)")
      }
      guard waited < patience else {
        throw SystemError(
          EBUSY, "\(path) is in use by another process (waited \(waited) for its lock)")
      }
      usleep(20_000)
      waited += step
    }
  }

  /// A line of the device's queue directory in sysfs; of the whole disk for a partition, of the disk
  /// below for a file.
  private static func queueAttribute(_ name: String, _ info: CLinux_DeviceInfo) -> String? {
    let device = "/sys/dev/block/\(info.major):\(info.minor)"
    for directory in ["queue", "../queue"] {
      guard let file = fopen("\(device)/\(directory)/\(name)", "re") else { continue }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 64)
      guard fgets(&line, 64, file) != nil else { continue }
      return String(
        decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    return nil
  }
}
