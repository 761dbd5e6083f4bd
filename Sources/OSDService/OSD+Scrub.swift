import Base
import ClusterMaps
import Configuration
import Glibc
import Messages
import Monitors
import PlacementGroups
import RadosTypes
import Scrubbing

/// When PGs are scrubbed: a look each second at those that are due.
extension OSD {
  /// Ceph: `OSD::sched_scrub`.
  func beginDueScrubs() {
    let queue = shards.scrubs
    let settings = queue.settings
    scrubLoad.update()
    queue.isPermittedHour = Self.isPermittedHour(settings, parts.clock)
    guard !isChoosingScrub, state == .active, queue.throwDice() >= settings.backoffRatio,
      queue.hasPlace
    else { return }
    let isHeld = shards.isRecovering && !settings.duringRecovery
    guard !isHeld || settings.repairDuringRecovery else { return }
    let isPermitted = queue.isPermittedHour && scrubLoad.permits(settings)
    let now = UTime(wallNanoseconds: parts.clock.wallNanoseconds).inSeconds
    let jobs = queue.due(at: now).filter { $0.mayBegin(at: now, isPermitted: isPermitted) }
    guard !jobs.isEmpty else { return }
    isChoosingScrub = true
    home.spawn { [self] in
      await begin(jobs, repairsOnly: isHeld)
      isChoosingScrub = false
    }
  }

  /// The first that can begin now.
  private func begin(_ jobs: [ScrubJob], repairsOnly: Bool) async {
    for job in jobs {
      if await shards.tryScrub(job.pgID, repairsOnly: repairsOnly) != .refused { return }
    }
  }

  private static func isPermittedHour(_ settings: ScrubSettings, _ clock: any Clock) -> Bool {
    var time = time_t(clock.wallNanoseconds / 1_000_000_000)
    var parts = tm()
    localtime_r(&time, &parts)
    return settings.permits(weekDay: Int(parts.tm_wday), hour: Int(parts.tm_hour))
  }
}

/// How busy the machine is. Ceph: `daily_loadavg`.
struct ScrubLoad {
  private var averages = [0.0, 0.0, 0.0]
  /// Over about a day, from one look each second.
  private(set) var day = 0.0

  mutating func update() {
    guard getloadavg(&averages, 3) == 3 else { return }
    let looks = 86400.0
    day = day == 0 ? averages[0] : (day * (looks - 1) + averages[0]) / looks
  }

  func permits(_ settings: ScrubSettings) -> Bool {
    settings.permits(
      load: averages[0], quarterHour: averages[2], day: day,
      processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }
}

extension ScrubSettings {
  init(_ configuration: Configuration) {
    self.init()
    readSchedule(configuration)
    func number(_ name: String) -> UInt64 { UInt64(clamping: configuration.integer(name)) }
    chunkMin = max(1, configuration.integer("osd_scrub_chunk_min"))
    chunkMax = max(1, configuration.integer("osd_scrub_chunk_max"))
    sleep = configuration.real("osd_scrub_sleep")
    extendedSleep = configuration.real("osd_scrub_extended_sleep")
    autoRepair = configuration.flag("osd_scrub_auto_repair")
    autoRepairErrorsMax = configuration.integer("osd_scrub_auto_repair_num_errors")
    preemptionsMax = configuration.integer("osd_scrub_max_preemptions")
    scan.stride = max(4096, configuration.size("osd_deep_scrub_stride"))
    scan.keys = max(1, configuration.integer("osd_deep_scrub_keys"))
    scan.largeOmapKeys = number("osd_deep_scrub_large_omap_object_key_threshold")
    scan.largeOmapBytes = configuration.size(
      "osd_deep_scrub_large_omap_object_value_sum_threshold")
    digestAgeMin = Double(configuration.integer("osd_deep_scrub_update_digest_min_age"))
    priority = UInt32(clamping: number("osd_scrub_priority"))
    requestedPriority = UInt32(clamping: number("osd_requested_scrub_priority"))
    clientPriority = UInt32(clamping: number("osd_client_op_priority"))
    objectBytesMax = configuration.size("osd_max_object_size")
  }

  private mutating func readSchedule(_ configuration: Configuration) {
    scrubsMax = configuration.integer("osd_max_scrubs")
    duringRecovery = configuration.flag("osd_scrub_during_recovery")
    repairDuringRecovery = configuration.flag("osd_repair_during_recovery")
    hours.begin = configuration.integer("osd_scrub_begin_hour")
    hours.end = configuration.integer("osd_scrub_end_hour")
    weekDays.begin = configuration.integer("osd_scrub_begin_week_day")
    weekDays.end = configuration.integer("osd_scrub_end_week_day")
    loadThreshold = configuration.real("osd_scrub_load_threshold")
    minInterval = configuration.real("osd_scrub_min_interval")
    maxInterval = configuration.real("osd_scrub_max_interval")
    deepInterval = configuration.real("osd_deep_scrub_interval")
    intervalRandomizeRatio = configuration.real("osd_scrub_interval_randomize_ratio")
    deepRandomizeRatio = configuration.real("osd_deep_scrub_randomize_ratio")
    backoffRatio = configuration.real("osd_scrub_backoff_ratio")
    scrubsInvalidStats = configuration.flag("osd_scrub_invalid_stats")
  }
}
