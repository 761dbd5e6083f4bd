import Base

/// How much is copied at once. Defaults are those of Ceph 16.2's options named at each.
package struct RecoverySettings: Sendable {
  /// osd_recovery_max_chunk: bytes of data and omap in one push.
  package var chunkBytesMax: UInt64 = 8 << 20
  /// osd_recovery_max_omap_entries_per_chunk; 0: any number.
  package var chunkOmapEntriesMax = 8096
  /// osd_recover_clone_overlap: whether data is taken from clones that the target has.
  package var usesCloneOverlap = true
  /// osd_recover_clone_overlap_limit: more runs than this are not worth taking.
  package var cloneOverlapRunsMax = 10
  /// osd_max_push_cost, in bytes, and osd_max_push_objects: a message ends when it has reached one.
  package var messageCostMax: UInt64 = 8 << 20
  package var messageObjectsMax = 10
  /// osd_push_per_object_cost, in bytes.
  package var objectCost: UInt64 = 1000
  /// osd_backfill_scan_min, osd_backfill_scan_max: objects in one interval.
  package var scanMin = 64
  package var scanMax = 512

  package init() {}
}

extension Limits {
  /// The most data in one push, whatever the option says: it travels in one slab.
  package static let pushBytesMax: UInt64 = 1 << 30
}
