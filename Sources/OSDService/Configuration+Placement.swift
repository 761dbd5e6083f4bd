import Configuration
import OpExecution
import Peering
import PlacementGroups
import RadosTypes
import Scheduling
import Scrubbing

extension PGSettings {
  /// From the options of the same names.
  init(_ configuration: Configuration, whoami: Int32) {
    self.init(whoami: whoami)
    ops.writeBytesMax = Int(clamping: configuration.size("osd_max_write_size")) << 20
    ops.objectBytesMax = configuration.size("osd_max_object_size")
    ops.nameBytesMax = Int(clamping: configuration.size("osd_max_object_name_len"))
    ops.namespaceBytesMax = Int(clamping: configuration.size("osd_max_object_namespace_len"))
    ops.attributeNameBytesMax = Int(clamping: configuration.size("osd_max_attr_name_len"))
    ops.attributeBytesMax = Int(clamping: configuration.size("osd_max_attr_size"))
    ops.omapEntriesMax = UInt64(clamping: configuration.integer("osd_max_omap_entries_per_request"))
    ops.omapBytesMax = Int(clamping: configuration.size("osd_max_omap_bytes_per_request"))
    failsafeRatio = configuration.real("osd_failsafe_full_ratio")
    log.entriesMin = configuration.integer("osd_min_pg_log_entries")
    log.entriesMax = configuration.integer("osd_max_pg_log_entries")
    log.entriesPerOSD = configuration.integer("osd_target_pg_log_entries_per_osd")
    log.trimMin = configuration.integer("osd_pg_log_trim_min")
    log.trimMax = configuration.integer("osd_pg_log_trim_max")
    scrub = ScrubSettings(configuration)
    backfillsMax = configuration.integer("osd_max_backfills")
    recovery.chunkBytesMax = configuration.size("osd_recovery_max_chunk")
    recovery.chunkOmapEntriesMax = configuration.integer("osd_recovery_max_omap_entries_per_chunk")
    recovery.objectCost = configuration.size("osd_push_per_object_cost")
    recovery.messageCostMax = configuration.size("osd_max_push_cost")
    recovery.messageObjectsMax = configuration.integer("osd_max_push_objects")
    recovery.scanMin = configuration.integer("osd_backfill_scan_min")
    recovery.scanMax = configuration.integer("osd_backfill_scan_max")
    peering.readLeaseInterval = TimeSpan(
      nanoseconds: Int64(
        1e9 * Double(configuration.integer("osd_heartbeat_grace"))
          * configuration.real("osd_pool_default_read_lease_ratio")))
    peering.backfillRetry = configuration.span("osd_backfill_retry_interval")
    peering.recoveryRetry = configuration.span("osd_recovery_retry_interval")
    peering.debugLevel = Int(configuration.logLevel(.osd))
    log.dupsTracked = UInt64(clamping: configuration.integer("osd_pg_log_dups_tracked"))
  }
}

extension Configuration {
  /// A time in seconds, of a day at most.
  fileprivate func span(_ name: String) -> TimeSpan {
    TimeSpan(nanoseconds: Int64(1e9 * min(max(0, real(name)), 86400)))
  }
}

/// What bounds recovery.
extension RecoveryThrottle.Limits {
  /// An option without a kind of device in its name goes before those with one. Source:
  /// `OSD::get_recovery_max_active`, `get_osd_recovery_sleep`.
  init(_ configuration: Configuration, isRotational: Bool) {
    self.init()
    let kind = isRotational ? "hdd" : "ssd"
    let most = configuration.integer("osd_recovery_max_active")
    activeMax = most > 0 ? most : configuration.integer("osd_recovery_max_active_\(kind)")
    singleStartMax = configuration.integer("osd_recovery_max_single_start")
    let sleep = configuration.real("osd_recovery_sleep")
    let seconds = sleep > 0 ? sleep : configuration.real("osd_recovery_sleep_\(kind)")
    pause = .nanoseconds(Int64(max(0, seconds) * 1e9))
    turnPriority = UInt32(clamping: configuration.integer("osd_recovery_priority"))
    turnCost = Int(clamping: configuration.size("osd_recovery_cost"))
    messagePriority = UInt16(clamping: configuration.integer("osd_recovery_op_priority"))
  }
}
