import Base

/// When this OSD was found to be marked down while it was running: one that is, again and again, does
/// more harm than good. Ceph: `osd_markdown_log`.
struct MarkdownLog: Sendable {
  private var times: [Instant] = []

  var isEmpty: Bool { times.isEmpty }

  /// Returns how often it was within `period`.
  mutating func note(at now: Instant, period: Duration) -> Int {
    forget(at: now, period: period)
    times.append(now)
    return times.count
  }

  mutating func forget(at now: Instant, period: Duration) {
    times.removeAll { $0 + period < now }
  }
}
