import Base
import Glibc

/// A whole block device of this machine, as the monitors and the manager's device list know it.
struct BlockDeviceName {
  /// In `/dev`.
  let name: String
  /// `DeviceID`; empty if the machine does not know.
  let id: String
  /// Its link in `/dev/disk/by-path`, whole; nil if it has none.
  let path: String?

  /// What `path` is, or what the file is on: a partition's whole device, and what a mapped one (a logical
  /// volume, say) lies on. Ceph: `get_raw_devices`.
  static func under(_ path: String) -> [BlockDeviceName] {
    var info = stat()
    guard stat(path, &info) == 0 else { return [] }
    let number = info.st_mode & S_IFMT == S_IFBLK ? info.st_rdev : info.st_dev
    // makedev(3) of Linux: 12 bits of major above 8 of minor, 12 more of minor above those.
    let text = "\(number >> 8 & 0xfff):\(number & 0xff | number >> 12 & 0xfff00)"
    guard let place = realPath("/sys/dev/block/\(text)") else { return [] }
    return Set(whole(place)).sorted().map(Self.init)
  }

  private init(_ name: String) {
    self.name = name
    id = DeviceID.of(name)
    path = Self.links("/dev/disk/by-path").first { $0.target == name }?.link
  }

  /// Names of the whole devices below the one at `place` in sysfs.
  private static func whole(_ place: String) -> [String] {
    let below = entries("\(place)/slaves").compactMap { realPath("\(place)/slaves/\($0)") }
    if !below.isEmpty { return below.flatMap(whole) }
    var parts = place.split(separator: "/")
    if access(place + "/partition", F_OK) == 0 { parts.removeLast() }
    return parts.last.map { [String($0)] } ?? []
  }

  private static func links(_ directory: String) -> [(link: String, target: String)] {
    entries(directory).compactMap { entry in
      let link = "\(directory)/\(entry)"
      return realPath(link).map { (link, String($0.split(separator: "/").last ?? "")) }
    }
  }

  /// In order; none if there is no such directory.
  private static func entries(_ directory: String) -> [String] {
    guard let opened = opendir(directory) else { return [] }
    defer { closedir(opened) }
    var names: [String] = []
    while let entry = readdir(opened) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}

extension [BlockDeviceName] {
  /// The metadata by which the manager knows whose devices they are. Ceph: `get_device_metadata`.
  var facts: [String: String] {
    [
      "devices": map(\.name).joined(separator: ","),
      "device_ids": filter { !$0.id.isEmpty }.map { "\($0.name)=\($0.id)" }.joined(separator: ","),
      "device_paths": compactMap { device in device.path.map { "\(device.name)=\($0)" } }
        .joined(separator: ","),
    ]
  }
}
