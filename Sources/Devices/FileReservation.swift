/// Which parts of a file have their place in its file system before they are written to.
///
/// A block that a file never had takes its place with its first write: the kernel gives such a write to a
/// worker, which lets no other write of the file beside it. So the file gets its places ahead of what is
/// written, in steps of 4 MiB: a file stays sparse where nothing is written. It is no promise to anybody,
/// and lasts as long as the process: a place that is there already is reserved again at no cost.
/// A block device has all its places. Confined to a reactor.
struct FileReservation {
  static let stepBytes: UInt64 = 4 << 20

  private let byteCount: UInt64
  /// By step; empty for a block device.
  private var isAsked: [Bool]

  init(byteCount: UInt64, isBlockDevice: Bool) {
    self.byteCount = byteCount
    let steps = (byteCount + Self.stepBytes - 1) / Self.stepBytes
    isAsked = Array(repeating: false, count: isBlockDevice ? 0 : Int(steps))
  }

  init(_ file: DeviceFile) {
    self.init(byteCount: file.byteCount, isBlockDevice: file.isBlockDevice)
  }

  /// What is to be reserved before a write, each step once: those that it touches, and the next when it
  /// comes into the second half of one.
  mutating func extent(before count: Int, at offset: UInt64) -> Range<UInt64>? {
    guard !isAsked.isEmpty else { return nil }
    let first = Int(offset / Self.stepBytes)
    let reach = offset + UInt64(count) - 1 + Self.stepBytes / 2
    let last = min(Int(reach / Self.stepBytes), isAsked.count - 1)
    guard let begin = (first...last).first(where: { !isAsked[$0] }) else { return nil }
    for step in begin...last { isAsked[step] = true }
    return UInt64(begin) * Self.stepBytes..<min(UInt64(last + 1) * Self.stepBytes, byteCount)
  }
}
