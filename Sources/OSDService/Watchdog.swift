import Base
import Configuration
import Reactors
import Synchronization

/// Ends a daemon that hangs: a reactor that has not come round for `osd_op_thread_suicide_timeout`
/// aborts, with a line in the log and the backtrace of what it was doing. Ceph: `HeartbeatMap`.
package final class Watchdog: Sendable {
  private let reactors: [Reactor]
  private let configuration: Configuration
  private let clock: any Clock
  private let log: Log
  private let isStopped = Atomic<Bool>(false)

  /// Often enough to be no later than a tenth of the time that is allowed; without a limit, to see one.
  private static func interval(of limit: Duration) -> Duration {
    limit == .zero
      ? StuckWatch.intervalMax : min(max(limit / 10, .seconds(1)), StuckWatch.intervalMax)
  }

  package init(
    _ reactors: [Reactor], _ configuration: Configuration, clock: any Clock, log: Log
  ) {
    self.reactors = reactors
    self.configuration = configuration
    self.clock = clock
    self.log = log
  }

  /// Watches on a thread of its own until `stop`.
  package func start() throws(SystemError) {
    try SystemThread("watchdog") { self.run() }.detach()
  }

  package func stop() { isStopped.store(true, ordering: .relaxed) }

  private func run() {
    var watch = StuckWatch()
    while !isStopped.load(ordering: .relaxed) {
      let limit = Duration.seconds(configuration.integer("osd_op_thread_suicide_timeout"))
      let busy = reactors.map(\.busySince)
      if limit > .zero, let index = watch.stuck(busy, at: clock.now, limit: limit) {
        log.error(
          .none, nil,
          "reactor \(index) is stuck for more than osd_op_thread_suicide_timeout \(limit): aborting"
        )
        reactors[index].abort()
      }
      SystemThread.sleep(Self.interval(of: limit))
    }
  }
}

/// Finds reactors that do not come round, in time in which this process ran: one that was stopped and
/// goes on is not stuck.
struct StuckWatch {
  private var last: Instant?
  /// When the process was last found to have stood still.
  private var floor = Instant(nanoseconds: 0)

  /// Between two questions, at most.
  static let intervalMax: Duration = .seconds(5)
  private static let gapMax: Duration = .seconds(10)

  /// The index of the first that has been busy with one turn for more than `limit`.
  mutating func stuck(_ busySince: [Instant?], at now: Instant, limit: Duration) -> Int? {
    if let last, now - last > Self.gapMax { floor = now }
    last = now
    return busySince.firstIndex { since in
      since.map { now - max($0, floor) > limit } ?? false
    }
  }
}
