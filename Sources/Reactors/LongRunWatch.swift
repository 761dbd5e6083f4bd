import Base

/// Measures each piece of a reactor's work and names those that take too long.
struct LongRunWatch {
  enum Kind: String { case events, job, call, timer, endOfTick, flush }

  /// What the work says it is.
  var what: StaticString?
  private var began: Instant
  private var lastLine: Instant?
  private var unsaid = 0

  init(start: Instant) { began = start }

  mutating func begin(_ now: Instant) {
    began = now
    what = nil
  }

  /// The piece that began at the last call ends. Not nil if it was too long: the line to log, empty
  /// when another was logged just before.
  @inline(__always)
  mutating func lap(_ now: Instant, _ kind: Kind) -> String? {
    let ran = now.nanoseconds &- began.nanoseconds
    began = now
    if ran > 1_000_000 { return report(now, ran, kind) }
    what = nil
    return nil
  }

  @inline(never)
  private mutating func report(_ now: Instant, _ ran: UInt64, _ kind: Kind) -> String {
    let name = what.map { "\($0)" } ?? kind.rawValue
    what = nil
    if let lastLine, now - lastLine < Limits.longRunLogInterval {
      unsaid += 1
      return ""
    }
    lastLine = now
    defer { unsaid = 0 }
    return "\(name) ran for \(ran / 1000) us"
      + (unsaid > 0 ? " (and \(unsaid) more long runs)" : "")
  }
}
