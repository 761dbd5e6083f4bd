/// What a store can be told at start; sizes in bytes.
package struct BlockStoreOptions: Sendable {
  /// Logs to deal the partitions to; 0: one for each reactor, nil: as many as there are.
  package var logCount: Int? = 0
  /// Onodes in memory, all partitions together. Ceph: part of `osd_memory_target`.
  package var onodeCacheBytes = 24 << 20
  /// Data in memory, all reactors together.
  package var dataCacheBytes = 48 << 20
  /// Changes that wait for the index, all partitions together; above this a checkpoint begins.
  package var overlayBytes = 32 << 20
  /// A checkpoint begins when this much of a log is used, in percent.
  package var checkpointAtPercent = 50
  /// Transactions stop when this much of a log is used; the rest is for marks and the checkpoint.
  package var stopAtPercent = 90
  /// While a flush is under way, the next record waits for it unless so many transactions wait.
  package var overlapTransactionsMin = 8
  package var overlapBytesMin = 256 << 10
  /// Data of at most this go with a record that is alone on its way; 0: never.
  package var deferredBytesMax = 16 << 10
  /// So many units that only the log has are brought to their places, at the latest.
  package var deferredUnitsMax = 256
  /// Patches in a partition above which blocks are rewritten.
  package var patchesMax = 1024
  /// A write of at most this leaves its blocks in the data cache.
  package var cachedWriteBytesMax = 64 << 10
  package var mutants: StoreMutants = []

  package init() {}
}

/// Ways to break the store on purpose, so that the crash suite can prove that it would notice.
package struct StoreMutants: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Acknowledges what has been written but not flushed.
  package static let noFlush = StoreMutants(rawValue: 1)
  /// The arrival mark counts writes that are completed, not those that are flushed.
  package static let markCountsCompleted = StoreMutants(rawValue: 2)
  /// A freed unit may be written again at once.
  package static let reuseAtOnce = StoreMutants(rawValue: 4)
  /// Replay takes records of any incarnation.
  package static let anyIncarnation = StoreMutants(rawValue: 8)
  /// The log's tail moves before the index is flushed.
  package static let tailBeforeFlush = StoreMutants(rawValue: 16)
  /// Objects' keys do not name their partition.
  package static let homelessKeys = StoreMutants(rawValue: 32)
  /// A checkpoint does not wait for data that only the log has.
  package static let dataLeftBehind = StoreMutants(rawValue: 64)
}
