import Base

/// What tells one block device from all others: its make and its serial number, the same wherever it is
/// plugged in. Ceph: `get_device_id` of `src/common/blkdev.cc`.
enum DeviceID {
  /// Empty if the machine does not know; by what udev found out, else by sysfs.
  static func of(_ name: String) -> String {
    let number = (TextFile.read("/sys/block/\(name)/dev") ?? "").trimmed
    return fromUdev(TextFile.read("/run/udev/data/b\(number)") ?? "")
      ?? fromKernel(
        model: TextFile.read("/sys/block/\(name)/device/model"),
        serial: TextFile.read("/sys/block/\(name)/device/serial"))
  }

  /// Of udev's own record of a device, whose lines `E:NAME=VALUE` are its properties.
  static func fromUdev(_ record: String) -> String? {
    var facts: [Substring: String] = [:]
    for line in record.split(separator: "\n") where line.hasPrefix("E:") {
      let parts = line.dropFirst(2).split(separator: "=", maxSplits: 1)
      if parts.count == 2 { facts[parts[0]] = String(parts[1]) }
    }
    // A logical volume's model says that it is one, and nothing of the device.
    let model = facts["ID_MODEL"].flatMap { $0.hasPrefix("LVM PV ") ? nil : $0 }
    if let vendor = facts["ID_VENDOR"], let model, let serial = facts["ID_SCSI_SERIAL"] {
      return joined([vendor, model, serial])
    }
    if let model, let serial = facts["ID_SERIAL_SHORT"] { return joined([model, serial]) }
    // Micron's NVMe devices keep their vendor to themselves.
    return facts["ID_SERIAL"].map { joined([$0.hasPrefix("MTFD") ? "Micron_" + $0 : $0]) }
  }

  private static func fromKernel(model: String?, serial: String?) -> String {
    guard let model = model?.trimmed, let serial = serial?.trimmed, !model.isEmpty, !serial.isEmpty
    else { return "" }
    return joined([model, serial])
  }

  private static func joined(_ parts: [String]) -> String {
    String(parts.joined(separator: "_").map { $0 == " " ? "_" : $0 })
  }
}

extension String {
  /// Without the white space around it.
  fileprivate var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }
}
