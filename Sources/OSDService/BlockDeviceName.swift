import Base
import Glibc

/// A block device of this machine, by its name in `/dev` and the id that its make and serial number give.
struct BlockDeviceName {
  let name: String
  /// Empty if the machine does not know. Ceph: `get_device_id`.
  let id: String

  /// The one that `path` is, or that the file is on; a partition's whole device.
  static func under(_ path: String) -> [BlockDeviceName] {
    var info = stat()
    guard stat(path, &info) == 0 else { return [] }
    let number = info.st_mode & S_IFMT == S_IFBLK ? info.st_rdev : info.st_dev
    // makedev(3) of Linux: 12 bits of major above 8 of minor, 12 more of minor above those.
    let text = "\(number >> 8 & 0xfff):\(number & 0xff | number >> 12 & 0xfff00)"
    guard let place = realPath("/sys/dev/block/\(text)") else { return [] }
    var parts = place.split(separator: "/")
    if access(place + "/partition", F_OK) == 0 { parts.removeLast() }
    guard let name = parts.last.map(String.init) else { return [] }
    return [BlockDeviceName(name: name, id: id(of: name))]
  }

  private static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  private static func id(of name: String) -> String {
    func fact(_ file: String) -> String? {
      TextFile.read("/sys/block/\(name)/\(file)").flatMap { text in
        let words = text.split(whereSeparator: \.isWhitespace)
        return words.isEmpty ? nil : words.joined(separator: "_")
      }
    }
    guard let serial = fact("device/serial") ?? fact("serial") else { return "" }
    return [fact("device/vendor"), fact("device/model"), serial].compactMap { $0 }
      .joined(separator: "_")
  }
}
