import Wire

/// A snapshot's number; two great values stand for the head and for the snapshot directory.
///
/// Ceph: `snapid_t`; prints `head`, `snapdir` or hex. Layout: u64.
package struct SnapID: RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The live object (`CEPH_NOSNAP`).
  package static let head = SnapID(0xffff_ffff_ffff_fffe)
  /// The object of older releases that kept the clones' list (`CEPH_SNAPDIR`).
  package static let directory = SnapID(0xffff_ffff_ffff_ffff)
  package static let zero = SnapID(0)
}

extension SnapID: Comparable, CustomStringConvertible {
  package static func < (left: SnapID, right: SnapID) -> Bool { left.rawValue < right.rawValue }

  package var description: String {
    switch self {
    case .head: "head"
    case .directory: "snapdir"
    default: String(rawValue, radix: 16)
    }
  }

  package init?(_ text: some StringProtocol) {
    switch text {
    case "head": self = .head
    case "snapdir": self = .directory
    default:
      guard let number = UInt64(text, radix: 16) else { return nil }
      self.init(number)
    }
  }
}

extension SnapID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    rawValue = try reader.read(UInt64.self)
  }

  package func encode(into writer: inout WireWriter) { writer.write(rawValue) }
}
