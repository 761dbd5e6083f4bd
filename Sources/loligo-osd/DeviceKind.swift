import Base
import Glibc

/// What the kernel says of the disk under a path: a device's own, or that of the file system of a file.
struct DeviceKind {
  let isRotational: Bool

  init(path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      isRotational = false
      return
    }
    let isDevice = info.st_mode & S_IFMT == S_IFBLK
    let number = isDevice ? info.st_rdev : info.st_dev
    // makedev(3) of Linux: 12 bits of major above 8 of minor, 12 more of minor above those.
    let base = "/sys/dev/block/\(number >> 8 & 0xfff):\(number & 0xff | number >> 12 & 0xfff00)"
    let text =
      TextFile.read(base + "/queue/rotational") ?? TextFile.read(base + "/../queue/rotational")
    isRotational = text?.first == "1"
  }
}
