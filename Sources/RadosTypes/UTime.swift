import Base
import Glibc
import Wire

/// A wall-clock time, or a span of time: seconds and nanoseconds.
///
/// Ceph: `utime_t`. Layout: 8 bytes, `seconds: u32, nanoseconds: u32`; no envelope.
package struct UTime: Hashable, Sendable {
  package var seconds: UInt32
  package var nanoseconds: UInt32

  package init(seconds: UInt32 = 0, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// From a count of nanoseconds since 1970, as `Clock.wallNanoseconds` gives it.
  package init(wallNanoseconds: UInt64) {
    seconds = UInt32(truncatingIfNeeded: wallNanoseconds / 1_000_000_000)
    nanoseconds = UInt32(wallNanoseconds % 1_000_000_000)
  }

  package static let zero = UTime()

  package var isZero: Bool { seconds == 0 && nanoseconds == 0 }
  /// The time of day of an instant that a clock has told.
  package init(_ instant: Instant, by clock: any Clock) {
    self.init(
      wallNanoseconds: clock.wallNanoseconds &- (clock.now.nanoseconds &- instant.nanoseconds))
  }

  package var wallNanoseconds: UInt64 { UInt64(seconds) * 1_000_000_000 + UInt64(nanoseconds) }
  package var inSeconds: Double { Double(seconds) + Double(nanoseconds) / 1e9 }
}

extension UTime: Comparable {
  package static func < (left: UTime, right: UTime) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}

extension UTime: CustomStringConvertible {
  /// Spans below ten years print as seconds, times as ISO 8601 in local time: what Ceph prints.
  private static let firstTime: UInt32 = 60 * 60 * 24 * 365 * 10

  package var description: String {
    let fraction = String(nanoseconds / 1000).leftPadded(to: 6)
    guard seconds >= Self.firstTime else { return "\(seconds).\(fraction)" }
    var parts = tm()
    var time = time_t(seconds)
    unsafe localtime_r(&time, &parts)
    return "\(parts.tm_year + 1900)-\(Self.two(parts.tm_mon + 1))-\(Self.two(parts.tm_mday))"
      + "T\(Self.two(parts.tm_hour)):\(Self.two(parts.tm_min)):\(Self.two(parts.tm_sec)).\(fraction)"
      + Self.zone(minutes: parts.tm_gmtoff / 60)
  }

  private static func two(_ number: Int32) -> String { String(number).leftPadded(to: 2) }

  private static func zone(minutes: Int) -> String {
    let size = abs(minutes)
    return (minutes < 0 ? "-" : "+") + String(size / 60 * 100 + size % 60).leftPadded(to: 4)
  }
}

extension String {
  /// With zeros before it until it has `width` characters.
  func leftPadded(to width: Int) -> String {
    String(repeating: "0", count: max(0, width - utf8.count)) + self
  }
}

extension UTime: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    seconds = try reader.read(UInt32.self)
    nanoseconds = try reader.read(UInt32.self)
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(seconds)
    writer.write(nanoseconds)
  }
}
