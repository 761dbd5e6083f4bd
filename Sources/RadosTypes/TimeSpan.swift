import Wire

/// A span of time that may be negative, or a time on some daemon's own monotonic clock.
///
/// Ceph: `signedspan`, `timespan`. Layout: `seconds: s32, nanoseconds: s32`; both carry the sign.
package struct TimeSpan: Hashable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64 = 0) { self.nanoseconds = nanoseconds }

  package static let zero = TimeSpan()
  package var isZero: Bool { nanoseconds == 0 }
}

extension TimeSpan: Comparable, CustomStringConvertible {
  package static func < (left: TimeSpan, right: TimeSpan) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  package var description: String {
    let size = nanoseconds.magnitude
    return (nanoseconds < 0 ? "-" : "") + "\(size / 1_000_000_000)."
      + String(size % 1_000_000_000).leftPadded(to: 9) + "s"
  }
}

extension TimeSpan: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let seconds = Int64(try reader.read(Int32.self))
    nanoseconds = seconds * 1_000_000_000 + Int64(try reader.read(Int32.self))
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(Int32(truncatingIfNeeded: nanoseconds / 1_000_000_000))
    writer.write(Int32(nanoseconds % 1_000_000_000))
  }
}
