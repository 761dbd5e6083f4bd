import Base
import RadosTypes

/// How long the pings to one peer took, minute by minute, for `osd_stat_t`.
///
/// The averages over 5 and 15 minutes begin as if the first minute had always been. Ceph: the
/// `hb_*_pingtime` of `HeartbeatInfo`.
struct PingAverages: Sendable {
  private(set) var report = OSDStat.PingTimes()
  private var minuteBegan: Instant
  private var back = Minute()
  private var front = Minute()
  /// The last 15 minutes, the newest first; empty before the first has passed.
  private var past: [(back: Summary, front: Summary)] = []

  private static let minute: Duration = .seconds(60)
  private static let minutesKept = 15

  /// Microseconds.
  private struct Summary {
    var average: UInt32
    var least: UInt32
    var greatest: UInt32
  }

  private struct Minute {
    private var sum: UInt64 = 0
    private var count: UInt64 = 0
    private var least = UInt32.max
    private var greatest: UInt32 = 0

    mutating func add(_ microseconds: UInt32) {
      sum += UInt64(microseconds)
      count += 1
      least = min(least, microseconds)
      greatest = max(greatest, microseconds)
    }

    var summary: Summary {
      Summary(
        average: UInt32(clamping: count == 0 ? 0 : sum / count), least: least, greatest: greatest)
    }
  }

  init(at now: Instant) { minuteBegan = now }

  /// A ping that was answered over both networks.
  mutating func add(back: Duration, front: Duration, at now: PingTime) {
    report.back.last = Self.microseconds(back)
    report.front.last = Self.microseconds(front)
    self.back.add(report.back.last)
    self.front.add(report.front.last)
    if now.steady - minuteBegan >= Self.minute { closeMinute(at: now) }
  }

  private mutating func closeMinute(at now: PingTime) {
    let newest = (back: back.summary, front: front.summary)
    if past.isEmpty {
      past = Array(repeating: newest, count: Self.minutesKept)
    } else {
      past.removeLast()
      past.insert(newest, at: 0)
    }
    back = Minute()
    front = Minute()
    minuteBegan = now.steady
    report.lastUpdate = now.wall.seconds
    Self.summarize(past.map(\.back), into: &report.back)
    Self.summarize(past.map(\.front), into: &report.front)
  }

  private static func summarize(
    _ minutes: [Summary], into report: inout OSDStat.PingTimes.Interface
  ) {
    func each(_ value: ([Summary]) -> UInt32) -> OSDStat.PingTimes.Periods {
      var periods = OSDStat.PingTimes.Periods()
      periods.one = value(Array(minutes.prefix(1)))
      periods.five = value(Array(minutes.prefix(5)))
      periods.fifteen = value(minutes)
      return periods
    }
    report.average = each { part in
      UInt32(clamping: part.reduce(0) { $0 + UInt64($1.average) } / UInt64(part.count))
    }
    report.least = each { $0.map(\.least).min() ?? 0 }
    report.greatest = each { $0.map(\.greatest).max() ?? 0 }
  }

  private static func microseconds(_ duration: Duration) -> UInt32 {
    UInt32(clamping: (duration.wholeNanoseconds + 500) / 1000)
  }
}
