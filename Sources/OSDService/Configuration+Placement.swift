import Configuration
import OpExecution
import Peering
import PlacementGroups
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
    scrub = ScrubSettings(configuration)
    backfillsMax = configuration.integer("osd_max_backfills")
    recoveriesMax = max(1, configuration.integer("osd_recovery_max_active_ssd"))
    recovery.chunkBytesMax = configuration.size("osd_recovery_max_chunk")
    recovery.chunkOmapEntriesMax = configuration.integer("osd_recovery_max_omap_entries_per_chunk")
    log.dupsTracked = UInt64(clamping: configuration.integer("osd_pg_log_dups_tracked"))
  }
}
