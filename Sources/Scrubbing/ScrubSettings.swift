import RadosTypes

/// The options of scrubs, by Ceph's names without `osd_`; times in seconds.
package struct ScrubSettings: Sendable {
  /// max_scrubs: of this OSD as primary and as replica together.
  package var scrubsMax = 1
  /// scrub_during_recovery, repair_during_recovery.
  package var duringRecovery = false
  package var repairDuringRecovery = false
  /// scrub_begin_hour, scrub_end_hour: 0..23; alike means always. Days 0..6, from Sunday.
  package var hours = (begin: 0, end: 0)
  package var weekDays = (begin: 0, end: 0)
  /// scrub_load_threshold: by processor.
  package var loadThreshold = 0.5
  package var minInterval = 86400.0
  package var maxInterval = 604800.0
  package var deepInterval = 604800.0
  /// scrub_interval_randomize_ratio, deep_scrub_randomize_ratio, scrub_backoff_ratio.
  package var intervalRandomizeRatio = 0.5
  package var deepRandomizeRatio = 0.15
  package var backoffRatio = 0.66
  /// scrub_chunk_min, scrub_chunk_max: objects.
  package var chunkMin = 5
  package var chunkMax = 25
  /// scrub_sleep, scrub_extended_sleep: between chunks.
  package var sleep = 0.0
  package var extendedSleep = 0.0
  package var autoRepair = false
  package var autoRepairErrorsMax = 5
  package var preemptionsMax = 5
  /// scrub_invalid_stats: a PG whose statistics are not known is scrubbed at once.
  package var scrubsInvalidStats = true
  package var scan = ScrubScanSettings()
  /// deep_scrub_update_digest_min_age.
  package var digestAgeMin = 7200.0
  /// scrub_priority, requested_scrub_priority, client_op_priority.
  package var priority: UInt32 = 5
  package var requestedPriority: UInt32 = 120
  package var clientPriority: UInt32 = 63
  /// max_object_size.
  package var objectBytesMax: UInt64 = 128 << 20

  package init() {}
}

/// How much of an object is read at a time, and when its omap counts as large.
package struct ScrubScanSettings: Hashable, Sendable {
  /// deep_scrub_stride: bytes.
  package var stride: UInt64 = 524288
  /// deep_scrub_keys.
  package var keys = 1024
  /// deep_scrub_large_omap_object_key_threshold, deep_scrub_large_omap_object_value_sum_threshold.
  package var largeOmapKeys: UInt64 = 200_000
  package var largeOmapBytes: UInt64 = 1 << 30

  package init() {}
}
