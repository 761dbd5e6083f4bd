import Base

/// What has happened to an op, and when: a word for each event, so that noting one is a store.
///
/// The first 16 events are kept, and the last 8 of those after them.
package struct OpTrace: Sendable {
  private static let kept = 24
  private static let first = 16

  /// Bits 0 to 7 the event, 8 to 15 its argument, 16 to 63 nanoseconds since `began` (78 hours).
  private var marks: InlineArray<24, UInt64> = .init(repeating: 0)
  package private(set) var count = 0
  package let began: Instant

  package struct Mark: Sendable {
    package let event: OpEvent
    package let argument: UInt8
    package let at: Instant
  }

  /// Begins with "initiated".
  package init(began: Instant) {
    self.began = began
    note(.initiated, at: began)
  }

  @inline(__always)
  package mutating func note(_ event: OpEvent, _ argument: UInt8 = 0, at now: Instant) {
    let since = now.nanoseconds > began.nanoseconds ? now.nanoseconds &- began.nanoseconds : 0
    marks[Self.index(count)] = UInt64(event.rawValue) | UInt64(argument) << 8 | since << 16
    count &+= 1
  }

  @inline(__always)
  private static func index(_ number: Int) -> Int {
    number < kept ? number : first + (number - first) % (kept - first)
  }

  /// In order, without those that were not kept.
  package var events: [Mark] {
    guard count > Self.kept else { return (0..<count).map(mark) }
    let rest = count - (Self.kept - Self.first)
    return (0..<Self.first).map(mark) + (rest..<count).map(mark)
  }

  package var last: Mark { mark(count - 1) }

  private func mark(_ number: Int) -> Mark {
    let word = marks[Self.index(number)]
    guard let event = OpEvent(rawValue: UInt8(truncatingIfNeeded: word)) else {
      preconditionFailure("OpTrace: mark \(number) of \(count) is \(word)")
    }
    return Mark(
      event: event, argument: UInt8(truncatingIfNeeded: word >> 8),
      at: Instant(nanoseconds: began.nanoseconds &+ word >> 16))
  }

  /// Where the op is.
  var flagPoint: String {
    for mark in events.reversed() { if let point = mark.event.flagPoint { return point } }
    return "no flag points reached"
  }
}
