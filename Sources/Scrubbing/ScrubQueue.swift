import Base
import RadosTypes

/// When PGs are to be scrubbed, and how many scrubs this OSD takes part in. Any thread.
///
/// Ceph: of `OSDService` what begins with `sched_scrub`, `scrubs_local` and `scrubs_remote`.
package final class ScrubQueue: @unchecked Sendable {
  private let lock = Lock()
  // Under the lock.
  private var current: ScrubSettings
  private var jobs: [ShardPGID: ScrubJob] = [:]
  private var local = 0
  private var remote = 0
  private var random: SeededRandom
  private var isHour = true
  private var repaired: UInt64 = 0

  package init(_ settings: ScrubSettings, random: SeededRandom) {
    current = settings
    self.random = random
  }

  package var settings: ScrubSettings {
    get { lock.withLock { current } }
    set { lock.withLock { current = newValue } }
  }

  /// A number in 0..<1.
  package func throwDice() -> Double {
    lock.withLock { Double.random(in: 0..<1, using: &random) }
  }

  /// Periodic scrubs may be made at this hour; the daemon says so now and then.
  package var isPermittedHour: Bool {
    get { lock.withLock { isHour } }
    set { lock.withLock { isHour = newValue } }
  }

  /// Copies of objects that were repaired here since the start (`osd_stat_t::num_shards_repaired`).
  package var shardsRepaired: UInt64 { lock.withLock { repaired } }
  package func countRepair() { lock.withLock { repaired += 1 } }

  // MARK: Places

  package func takeLocal() -> Bool { take { $0.local += 1 } }
  package func takeRemote() -> Bool { take { $0.remote += 1 } }

  private func take(_ count: (ScrubQueue) -> Void) -> Bool {
    lock.withLock {
      guard local + remote < current.scrubsMax else { return false }
      count(self)
      return true
    }
  }

  package func giveBackLocal() { lock.withLock { local -= 1 } }
  package func giveBackRemote() { lock.withLock { remote -= 1 } }

  package var hasPlace: Bool { lock.withLock { local + remote < current.scrubsMax } }
  package var places: (local: Int, remote: Int, most: Int) {
    lock.withLock { (local, remote, current.scrubsMax) }
  }

  // MARK: Jobs

  package func schedule(_ job: ScrubJob) { lock.withLock { jobs[job.pgID] = job } }
  package func unschedule(_ id: ShardPGID) { lock.withLock { jobs[id] = nil } }

  /// When the PG's next one is due.
  package func due(_ id: ShardPGID) -> Double? { lock.withLock { jobs[id]?.due } }

  /// In the order in which they are due.
  package var scheduled: [ScrubJob] { due(at: .infinity) }

  /// Those that are due by then, in that order.
  package func due(at time: Double) -> [ScrubJob] {
    lock.withLock { jobs.values.filter { $0.due <= time } }
      .sorted { ($0.due, $0.pgID) < ($1.due, $1.pgID) }
  }
}

/// The next scrub of a PG. Ceph: `OSDService::ScrubJob`.
package struct ScrubJob: Hashable, Sendable {
  package var pgID: ShardPGID
  /// Not before.
  package var due: Double
  /// From then on load and hours do not matter; nil: they always do.
  package var deadline: Double?
  /// Somebody asked for it.
  package var isForced: Bool

  /// One that was asked for. Ceph gives it the smallest time there is.
  package init(forced pgID: ShardPGID) {
    self.pgID = pgID
    due = 1
    deadline = 1
    isForced = true
  }

  /// A periodic one: the interval after the last, and a part of it at random. `dice` is in 0..<1; the
  /// pool's own intervals count if they are set.
  package init(
    _ pgID: ShardPGID, last: UTime, poolMin: Double, poolMax: Double, dice: Double,
    _ settings: ScrubSettings
  ) {
    self.pgID = pgID
    isForced = false
    let least = poolMin > 0 ? poolMin : settings.minInterval
    let most = poolMax > 0 ? poolMax : settings.maxInterval
    due = last.inSeconds + least + least * settings.intervalRandomizeRatio * dice
    deadline = most == 0 ? nil : last.inSeconds + most
  }

  /// Whether it may begin now, as far as the machine and the clock go (`OSD::sched_scrub`).
  package func mayBegin(at now: Double, isPermitted: Bool) -> Bool {
    guard due <= now else { return false }
    return isPermitted || deadline.map { $0 < now } ?? false
  }
}

extension ScrubSettings {
  /// Ceph: `OSD::scrub_time_permit`; `weekDay` from Sunday.
  package func permits(weekDay: Int, hour: Int) -> Bool {
    func lies(_ value: Int, _ range: (begin: Int, end: Int)) -> Bool {
      range.begin < range.end
        ? value >= range.begin && value < range.end : value >= range.begin || value < range.end
    }
    return lies(weekDay, weekDays) && lies(hour, hours)
  }

  /// Ceph: `OSD::scrub_load_below_threshold`. Averages over 1 and 15 minutes, and over a day.
  package func permits(load: Double, quarterHour: Double, day: Double, processors: Int) -> Bool {
    load / Double(max(processors, 1)) < loadThreshold || load < day && load < quarterHour
  }
}
