import Base
import Glibc

/// What the kernel says of the disk under a path: a device's own, or that of the file system of a file.
struct DeviceKind {
  let isRotational: Bool
  /// `/dev/sdb1`, whatever the path calls it; nil for a file.
  let node: String?

  init(path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      isRotational = false
      node = nil
      return
    }
    let isDevice = info.st_mode & S_IFMT == S_IFBLK
    let number = isDevice ? info.st_rdev : info.st_dev
    // makedev(3) of Linux: 12 bits of major above 8 of minor, 12 more of minor above those.
    let base = "/sys/dev/block/\(number >> 8 & 0xfff):\(number & 0xff | number >> 12 & 0xfff00)"
    let text =
      TextFile.read(base + "/queue/rotational") ?? TextFile.read(base + "/../queue/rotational")
    isRotational = text?.first == "1"
    node = isDevice ? Self.deviceName(base).map { "/dev/" + $0 } : nil
  }

  private static func deviceName(_ base: String) -> Substring? {
    let line = TextFile.read(base + "/uevent")?.split(separator: "\n").first {
      $0.hasPrefix("DEVNAME=")
    }
    return line?.dropFirst("DEVNAME=".count)
  }
}
