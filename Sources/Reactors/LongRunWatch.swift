import Base
import CLinux

/// Measures each piece of a reactor's work and names those that take too long.
///
/// It counts the processor's cycles, since the clock would cost a tenth of a short job. How many make
/// a millisecond is learned from the clock in the first ticks.
struct LongRunWatch {
  enum Kind: String { case events, job, call, timer, endOfTick, flush }

  /// What the work says it is.
  var what: StaticString?
  private var began: UInt64
  /// Of `Limits.longRun`. At first what a slow clock makes of it: better to be told too often.
  private var cyclesMax: UInt64 = 1_000_000
  private var origin: (cycles: UInt64, now: Instant)?
  private var lastLine: Instant?
  private var unsaid = 0

  init(start: Instant) {
    began = CLinux_cycles()
    origin = (began, start)
  }

  /// A tick begins.
  @inline(__always)
  mutating func begin(_ now: Instant) {
    began = CLinux_cycles()
    what = nil
    if let origin, now - origin.now > .milliseconds(50) { calibrate(origin, now) }
  }

  @inline(never)
  private mutating func calibrate(_ origin: (cycles: UInt64, now: Instant), _ now: Instant) {
    let perNanosecond = Double(began &- origin.cycles) / Double((now - origin.now).wholeNanoseconds)
    cyclesMax = UInt64(max(1, perNanosecond * Double(Limits.longRun.wholeNanoseconds)))
    self.origin = nil
  }

  /// The piece that began at the last call ends; true if it ran too long.
  @inline(__always)
  mutating func lap() -> Bool {
    let now = CLinux_cycles()
    let ran = now &- began
    if ran > cyclesMax { return true }
    began = now
    what = nil
    return false
  }

  /// The line about the piece that has just run too long; nil when another was told just before.
  mutating func report(_ now: Instant, _ kind: Kind) -> String? {
    let cycles = CLinux_cycles()
    let milliseconds = Double(cycles &- began) / Double(cyclesMax) * Limits.longRun.inSeconds * 1000
    let name = what.map { "\($0)" } ?? kind.rawValue
    what = nil
    began = cycles
    if let lastLine, now - lastLine < Limits.longRunLogInterval {
      unsaid += 1
      return nil
    }
    lastLine = now
    defer { unsaid = 0 }
    let tenths = Int(milliseconds * 10)
    return "\(name) ran for \(tenths / 10).\(tenths % 10) ms"
      + (unsaid > 0 ? ", and \(unsaid) others too long" : "")
  }
}
