import Wire

/// What a primary reports of a PG to the manager, and keeps with it.
///
/// Ceph: `pg_stat_t`. Encoded as version 26/22; the order is in the coder.
package struct PGStat: Hashable, Sendable {
  package var version = EVersion.zero
  /// The manager drops a report that is not newer than the last by (epoch, sequence).
  package var reportedSequence: UInt64 = 0
  package var reportedEpoch: UInt32 = 0
  package var state = PGState()
  package var logStart = EVersion.zero
  package var onDiskLogStart = EVersion.zero
  package var created: UInt32 = 0
  package var lastEpochClean: UInt32 = 0
  package var parent = PGID()
  package var parentSplitBits: UInt32 = 0
  package var lastScrub = EVersion.zero
  package var lastScrubStamp = UTime.zero
  package var sum = ObjectStatSum()
  package var logSize: Int64 = 0
  package var onDiskLogSize: Int64 = 0
  package var up: [Int32] = []
  package var acting: [Int32] = []
  /// When the PG was last known to be as the name says.
  package var lastFresh = UTime.zero
  package var lastChange = UTime.zero
  package var lastActive = UTime.zero
  package var lastClean = UTime.zero
  package var lastUnstale = UTime.zero
  package var mappingEpoch: UInt32 = 0
  package var lastDeepScrub = EVersion.zero
  package var lastDeepScrubStamp = UTime.zero
  package var statsInvalid = false
  package var lastCleanScrubStamp = UTime.zero
  package var lastBecameActive = UTime.zero
  package var dirtyStatsInvalid = false
  package var upPrimary: Int32 = -1
  package var actingPrimary: Int32 = -1
  package var omapStatsInvalid = false
  package var hitSetStatsInvalid = false
  /// OSDs that peering waits for.
  package var blockedBy: [Int32] = []
  package var lastUndegraded = UTime.zero
  package var lastFullSized = UTime.zero
  package var hitSetBytesStatsInvalid = false
  package var lastPeered = UTime.zero
  package var lastBecamePeered = UTime.zero
  package var pinStatsInvalid = false
  package var snapTrimQueueLength: UInt32 = 0
  package var purgedSnaps = IntervalSet()
  package var manifestStatsInvalid = false
  /// Holders that lack nothing, in the order of who says so.
  package var availableNoMissing: [PGShard] = []
  /// How many objects are on which set of shards; by the sorted set.
  package var objectLocationCounts: [ShardSet: Int32] = [:]

  package init() {}
}

/// A set of shards, sorted, as a key: sets compare member by member.
///
/// Ceph: `set<pg_shard_t>`.
package struct ShardSet: Hashable, Comparable, Sendable {
  package let shards: [PGShard]

  package init(_ shards: Set<PGShard>) { self.shards = shards.sorted() }

  package static func < (left: ShardSet, right: ShardSet) -> Bool {
    left.shards.lexicographicallyPrecedes(right.shards)
  }
}

extension ShardSet: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self.init(try reader.readSet())
  }

  package func encode(into writer: inout WireWriter) { writer.write(array: shards) }
}
