import Base
import Peering
import RadosTypes

/// `ceph pg <id> query`. Names and order: `PrimaryLogPG::do_command`, `dump_peering_state`.
extension PG {
  func query() -> String {
    setReportedStats()
    var json = JSONWriter()
    json.object { json in
      json.string("snap_trimq", "[]")
      json.integer("snap_trimq_len", 0)
      json.string("state", state.description)
      json.integer("epoch", map.epoch)
      json.array("up") { json in for osd in placement.up { json.integer(nil, osd) } }
      json.array("acting") { json in for osd in placement.acting { json.integer(nil, osd) } }
      if !peering.actingRecoveryBackfill.isEmpty {
        json.array("acting_recovery_backfill") { json in
          for member in peering.actingRecoveryBackfill.sorted() { json.string(nil, "\(member)") }
        }
      }
      json.object("info") { json in info.dump(into: &json) }
      json.array("peer_info") { json in dumpPeers(into: &json) }
      json.array("recovery_state") { json in
        dumpRecoveryState(into: &json)
        dumpScrubState(into: &json)
      }
      if isPrimary, peering.isActive { dumpScrubber(into: &json) }
      json.object("agent_state") { _ in }
    }
    return json.finish()
  }

  private func dumpPeers(into json: inout JSONWriter) {
    for (peer, known) in peering.peerInfo.sorted(by: { $0.key < $1.key }) {
      json.object { json in
        json.string("peer", "\(peer)")
        known.dump(into: &json)
      }
    }
  }

  private func dumpRecoveryState(into json: inout JSONWriter) {
    for stage in peering.recoveryState {
      json.object { json in
        json.string("name", stage.name)
        json.string("enter_time", stage.enterTime.description)
        for (name, value) in stage.details { value.dump(name, into: &json) }
      }
    }
  }
}

extension QueryValue {
  fileprivate func dump(_ name: String?, into json: inout JSONWriter) {
    switch self {
    case .text(let text): json.string(name, text)
    case .number(let number): json.integer(name, number)
    case .list(let values, _):
      json.array(name) { json in for value in values { value.dump(nil, into: &json) } }
    case .object(let members):
      json.object(name) { json in for (name, value) in members { value.dump(name, into: &json) } }
    case .info(let info): json.object(name) { json in info.dump(into: &json) }
    case .missing(let missing): json.integer(name, missing.items.count)
    case .pastIntervals(let past): past.dump(into: &json)
    }
  }
}

extension PastIntervals {
  /// Ceph: `pi_compact_rep::dump`.
  fileprivate func dump(into json: inout JSONWriter) {
    json.object { json in
      json.integer("first", first)
      json.integer("last", last)
      json.array("all_participants") { json in
        for member in allParticipants.sorted() { member.dump(into: &json) }
      }
      json.array("intervals") { json in
        for interval in intervals {
          json.object { json in
            json.integer("first", interval.first)
            json.integer("last", interval.last)
            let acting = interval.acting.sorted().map { "\($0)" }.joined(separator: ",")
            json.string("acting", acting)
          }
        }
      }
    }
  }
}

extension PGShard {
  fileprivate func dump(into json: inout JSONWriter) {
    json.object { json in
      json.integer("osd", osd)
      if shard != ShardPGID.noShard { json.integer("shard", shard) }
    }
  }
}

extension PGInfo {
  fileprivate func dump(into json: inout JSONWriter) {
    json.string("pgid", pgID.description)
    json.string("last_update", lastUpdate.description)
    json.string("last_complete", lastComplete.description)
    json.string("log_tail", logTail.description)
    json.integer("last_user_version", lastUserVersion)
    json.string("last_backfill", lastBackfill.description)
    json.array("purged_snaps") { json in purgedSnaps.dump(into: &json) }
    json.object("history") { json in history.dump(into: &json) }
    json.object("stats") { json in stats.dump(into: &json) }
    json.integer("empty", isEmpty ? 1 : 0)
    json.integer("dne", isUnborn ? 1 : 0)
    json.integer("incomplete", isIncomplete ? 1 : 0)
    json.integer("last_epoch_started", lastEpochStarted)
    json.object("hit_set_history") { json in
      json.string("current_last_update", EVersion.zero.description)
      json.array("history") { _ in }
    }
  }
}

extension IntervalSet {
  fileprivate func dump(into json: inout JSONWriter) {
    for run in intervals {
      json.object { json in
        json.string("start", String(run.start))
        json.string("length", String(run.length))
      }
    }
  }
}

extension PGHistory {
  fileprivate func dump(into json: inout JSONWriter) {
    json.integer("epoch_created", epochCreated)
    json.integer("epoch_pool_created", epochPoolCreated)
    json.integer("last_epoch_started", lastEpochStarted)
    json.integer("last_interval_started", lastIntervalStarted)
    json.integer("last_epoch_clean", lastEpochClean)
    json.integer("last_interval_clean", lastIntervalClean)
    json.integer("last_epoch_split", lastEpochSplit)
    json.integer("last_epoch_marked_full", lastEpochMarkedFull)
    json.integer("same_up_since", sameUpSince)
    json.integer("same_interval_since", sameIntervalSince)
    json.integer("same_primary_since", samePrimarySince)
    json.string("last_scrub", lastScrub.description)
    json.string("last_scrub_stamp", lastScrubStamp.description)
    json.string("last_deep_scrub", lastDeepScrub.description)
    json.string("last_deep_scrub_stamp", lastDeepScrubStamp.description)
    json.string("last_clean_scrub_stamp", lastCleanScrubStamp.description)
    json.real("prior_readable_until_ub", 0)
  }
}

extension PGStat {
  fileprivate func dump(into json: inout JSONWriter) {
    json.string("version", version.description)
    json.integer("reported_seq", reportedSequence)
    json.integer("reported_epoch", reportedEpoch)
    json.string("state", state.description)
    dumpStamps(into: &json)
    json.integer("mapping_epoch", mappingEpoch)
    json.string("log_start", logStart.description)
    json.string("ondisk_log_start", onDiskLogStart.description)
    json.integer("created", created)
    json.integer("last_epoch_clean", lastEpochClean)
    json.string("parent", parent.description)
    json.integer("parent_split_bits", parentSplitBits)
    json.string("last_scrub", lastScrub.description)
    json.string("last_scrub_stamp", lastScrubStamp.description)
    json.string("last_deep_scrub", lastDeepScrub.description)
    json.string("last_deep_scrub_stamp", lastDeepScrubStamp.description)
    json.string("last_clean_scrub_stamp", lastCleanScrubStamp.description)
    json.integer("log_size", logSize)
    json.integer("ondisk_log_size", onDiskLogSize)
    dumpValidity(into: &json)
    json.integer("snaptrimq_len", snapTrimQueueLength)
    json.object("stat_sum") { json in sum.dump(into: &json) }
    json.array("up") { json in for osd in up { json.integer(nil, osd) } }
    json.array("acting") { json in for osd in acting { json.integer(nil, osd) } }
    json.array("avail_no_missing") { _ in }
    json.array("object_location_counts") { _ in }
    json.array("blocked_by") { json in for osd in blockedBy { json.integer(nil, osd) } }
    json.integer("up_primary", upPrimary)
    json.integer("acting_primary", actingPrimary)
    json.array("purged_snaps") { json in purgedSnaps.dump(into: &json) }
  }

  private func dumpStamps(into json: inout JSONWriter) {
    let stamps = [
      ("last_fresh", lastFresh), ("last_change", lastChange), ("last_active", lastActive),
      ("last_peered", lastPeered), ("last_clean", lastClean),
      ("last_became_active", lastBecameActive), ("last_became_peered", lastBecamePeered),
      ("last_unstale", lastUnstale), ("last_undegraded", lastUndegraded),
      ("last_fullsized", lastFullSized),
    ]
    for (name, stamp) in stamps { json.string(name, stamp.description) }
  }

  private func dumpValidity(into json: inout JSONWriter) {
    let marks = [
      ("stats_invalid", statsInvalid), ("dirty_stats_invalid", dirtyStatsInvalid),
      ("omap_stats_invalid", omapStatsInvalid), ("hitset_stats_invalid", hitSetStatsInvalid),
      ("hitset_bytes_stats_invalid", hitSetBytesStatsInvalid),
      ("pin_stats_invalid", pinStatsInvalid), ("manifest_stats_invalid", manifestStatsInvalid),
    ]
    for (name, mark) in marks { json.bool(name, mark) }
  }
}

extension ObjectStatSum {
  fileprivate func dump(into json: inout JSONWriter) {
    let numbers: [(String, Int64)] = [
      ("num_bytes", bytes), ("num_objects", objects), ("num_object_clones", objectClones),
      ("num_object_copies", objectCopies),
      ("num_objects_missing_on_primary", objectsMissingOnPrimary),
      ("num_objects_missing", objectsMissing), ("num_objects_degraded", objectsDegraded),
      ("num_objects_misplaced", objectsMisplaced), ("num_objects_unfound", objectsUnfound),
      ("num_objects_dirty", objectsDirty), ("num_whiteouts", whiteouts), ("num_read", reads),
      ("num_read_kb", readKB), ("num_write", writes), ("num_write_kb", writeKB),
      ("num_scrub_errors", scrubErrors), ("num_shallow_scrub_errors", shallowScrubErrors),
      ("num_deep_scrub_errors", deepScrubErrors), ("num_objects_recovered", objectsRecovered),
      ("num_bytes_recovered", bytesRecovered), ("num_keys_recovered", keysRecovered),
      ("num_objects_omap", objectsOmap), ("num_objects_hit_set_archive", objectsHitSetArchive),
      ("num_bytes_hit_set_archive", bytesHitSetArchive), ("num_flush", flushes),
      ("num_flush_kb", flushKB), ("num_evict", evicts), ("num_evict_kb", evictKB),
      ("num_promote", promotes), ("num_flush_mode_high", Int64(flushModeHigh)),
      ("num_flush_mode_low", Int64(flushModeLow)), ("num_evict_mode_some", Int64(evictModeSome)),
      ("num_evict_mode_full", Int64(evictModeFull)), ("num_objects_pinned", objectsPinned),
      ("num_legacy_snapsets", legacySnapSets), ("num_large_omap_objects", largeOmapObjects),
      ("num_objects_manifest", objectsManifest), ("num_omap_bytes", omapBytes),
      ("num_omap_keys", omapKeys), ("num_objects_repaired", objectsRepaired),
    ]
    for (name, number) in numbers { json.integer(name, number) }
  }
}
