import RadosTypes

/// What one scrub of a PG has come to so far, and what it comes to in the end.
///
/// Ceph: of `PgScrubber` and `PrimaryLogScrub` the counts, `_scrub_finish` and `scrub_finish`.
package struct ScrubTally {
  package var shallowErrors = 0
  package var deepErrors = 0
  package var fixed = 0
  /// Of all objects that were gone through, as they are by now.
  package var sum = ObjectStatSum()
  package var largeOmapObjects: Int64 = 0
  package var omapBytes: Int64 = 0
  package var omapKeys: Int64 = 0
  package private(set) var missing: [HObject: Set<PGShard>] = [:]
  package private(set) var inconsistent: [HObject: Set<PGShard>] = [:]
  /// The copies to repair from, each with what was found of it; the best one last.
  package private(set) var authoritative: [HObject: [(shard: PGShard, found: ScrubMap.Object)]] =
    [:]

  package init() {}

  package var errors: Int { shallowErrors + deepErrors }

  package mutating func add(_ comparison: ScrubComparison) {
    shallowErrors += comparison.shallowErrors
    deepErrors += comparison.deepErrors
    missing.merge(comparison.missing) { $1 }
    inconsistent.merge(comparison.inconsistent) { $1 }
    for (object, shards) in comparison.authoritative {
      authoritative[object] = shards.compactMap { shard in
        comparison.maps[shard]?.objects[object].map { (shard, $0) }
      }
    }
  }

  package mutating func add(_ check: SnapSetCheck) {
    shallowErrors += check.shallowErrors
    sum += check.sum
  }

  /// Ceph: `PGBackend::be_omap_checks`; of this OSD's own map. Returns lines for the cluster's log, as
  /// warnings.
  package mutating func addOmap(_ map: ScrubMap, pg: PGID) -> [String] {
    var lines: [String] = []
    for (object, found) in map.objects.sorted(by: { $0.key < $1.key }) {
      omapBytes += Int64(clamping: found.omapBytes)
      omapKeys += Int64(clamping: found.omapKeys)
      guard found.largeOmapFound else { continue }
      largeOmapObjects += 1
      let raw = PGID(pool: object.pool, seed: object.hash)
      lines.append(
        "Large omap object found. Object: \(object) PG: \(raw) (\(pg)) Key count: "
          + "\(found.largeOmapKeys) Size (bytes): \(found.largeOmapBytes)")
    }
    return lines
  }

  // MARK: Statistics

  /// What is compared with the PG's own statistics, in the order and by the names of the line.
  private static let compared: [(KeyPath<ObjectStatSum, Int64> & Sendable, String)] = [
    (\.objects, "objects"), (\.objectClones, "clones"), (\.objectsDirty, "dirty"),
    (\.objectsOmap, "omap"), (\.objectsPinned, "pinned"),
    (\.objectsHitSetArchive, "hit_set_archive"), (\.whiteouts, "whiteouts"), (\.bytes, "bytes"),
    (\.objectsManifest, "manifest objects"), (\.bytesHitSetArchive, "hit_set_archive bytes"),
  ]

  /// nil: the statistics say what was found. Else the words for it, without who it is.
  package func mismatch(_ stats: PGStat) -> String? {
    var ignored: [KeyPath<ObjectStatSum, Int64>] = []
    if stats.dirtyStatsInvalid { ignored.append(\.objectsDirty) }
    if stats.omapStatsInvalid { ignored.append(\.objectsOmap) }
    if stats.pinStatsInvalid { ignored.append(\.objectsPinned) }
    if stats.hitSetStatsInvalid { ignored.append(\.objectsHitSetArchive) }
    if stats.hitSetBytesStatsInvalid { ignored.append(\.bytesHitSetArchive) }
    if stats.manifestStatsInvalid { ignored.append(\.objectsManifest) }
    let differs = Self.compared.contains { field, _ in
      !ignored.contains(field) && sum[keyPath: field] != stats.sum[keyPath: field]
    }
    guard differs else { return nil }
    let numbers = Self.compared.map { field, name in
      "\(sum[keyPath: field])/\(stats.sum[keyPath: field]) \(name)"
    }
    return "stat mismatch, got \(numbers.joined(separator: ", "))."
  }

  /// Puts what was counted into statistics, and leaves what only history knows.
  package func correct(_ stats: inout PGStat) {
    for (field, _) in Self.compared {
      guard let field = field as? WritableKeyPath<ObjectStatSum, Int64> else { continue }
      stats.sum[keyPath: field] = sum[keyPath: field]
    }
    stats.statsInvalid = false
    stats.dirtyStatsInvalid = false
    stats.omapStatsInvalid = false
    stats.hitSetStatsInvalid = false
    stats.hitSetBytesStatsInvalid = false
    stats.pinStatsInvalid = false
    stats.manifestStatsInvalid = false
  }

  /// Ceph: the last part of `scrub_finish`.
  package func record(_ info: inout PGInfo, isDeep: Bool, at now: UTime) {
    info.history.lastScrub = info.lastUpdate
    info.history.lastScrubStamp = now
    info.stats.sum.shallowScrubErrors = Int64(shallowErrors)
    if isDeep {
      info.history.lastDeepScrub = info.lastUpdate
      info.history.lastDeepScrubStamp = now
      if errors == 0 { info.history.lastCleanScrubStamp = now }
      info.stats.sum.deepScrubErrors = Int64(deepErrors)
      info.stats.sum.largeOmapObjects = largeOmapObjects
      info.stats.sum.omapBytes = omapBytes
      info.stats.sum.omapKeys = omapKeys
    } else if shallowErrors == 0 {
      info.history.lastCleanScrubStamp = now
    }
    info.stats.sum.scrubErrors =
      info.stats.sum.shallowScrubErrors + info.stats.sum.deepScrubErrors
  }
}
