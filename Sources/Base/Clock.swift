import CLinux

/// A point on a clock that never goes back; nanoseconds from an origin that only differences see.
package struct Instant: Hashable, Comparable, Sendable {
  package var nanoseconds: UInt64

  package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  package static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(nanoseconds: UInt64(Int64(instant.nanoseconds) + duration.wholeNanoseconds))
  }

  package static func - (later: Instant, earlier: Instant) -> Duration {
    .nanoseconds(Int64(later.nanoseconds) - Int64(earlier.nanoseconds))
  }
}

extension Instant {
  /// None if `later` is not later.
  @inline(__always)
  package func nanoseconds(to later: Instant) -> UInt64 {
    later.nanoseconds > nanoseconds ? later.nanoseconds &- nanoseconds : 0
  }
}

extension Clock {
  @inline(__always)
  package func nanoseconds(since begin: Instant) -> UInt64 { begin.nanoseconds(to: now) }
}

extension Duration {
  /// Saturates at 292 years.
  package var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds.multipliedReportingOverflow(by: 1_000_000_000).overflow
      ? (seconds < 0 ? .min : .max) : seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }

  package var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}

/// Where time comes from: the machine's clocks, or a simulation's.
package protocol Clock: AnyObject, Sendable {
  var now: Instant { get }
  /// Nanoseconds since 1970-01-01 UTC.
  var wallNanoseconds: UInt64 { get }
}

package final class SystemClock: Clock {
  package init() {}

  package var now: Instant { Instant(nanoseconds: CLinux_monotonicNanoseconds()) }

  package var wallNanoseconds: UInt64 { CLinux_wallNanoseconds() }
}
