import ClusterMaps
import RadosTypes
import Scrubbing

/// When a PG is scrubbed, and how.
extension PG {
  /// As they are now, also for a scrub that is under way.
  var scrubSettings: ScrubSettings { shard.all.scrubs.settings }

  /// Tells the daemon when the next one is due. Ceph: `PgScrubber::reg_next_scrub`.
  func scheduleScrub() {
    let queue = shard.all.scrubs
    guard isPrimary, !isDeleting else { return queue.unschedule(id) }
    let settings = queue.settings
    if scrub.planned.isMust || scrub.planned.needsAuto
      || info.stats.statsInvalid && settings.scrubsInvalidStats
    {
      return queue.schedule(ScrubJob(forced: id))
    }
    queue.schedule(
      ScrubJob(
        id, last: info.history.lastScrubStamp,
        poolMin: pool.details.options.real(.scrubMinInterval) ?? 0,
        poolMax: pool.details.options.real(.scrubMaxInterval) ?? 0, dice: queue.throwDice(),
        settings))
  }

  /// Somebody asks for one: `ceph pg scrub`, `deep-scrub`, `repair`.
  func requestScrub(isDeep: Bool, isRepair: Bool) {
    guard isPrimary, !isDeleting else { return }
    scrub.planned.ask(isDeep: isDeep, isRepair: isRepair)
    scheduleScrub()
  }

  /// Puts the last scrub, or deep scrub, back in time, for tests: by so much, or by the longest interval
  /// there may be, and a bit; so that the next is made as by schedule. Returns its stamp. Ceph: `scrub`
  /// in `PrimaryLogPG::do_command`.
  func pushBackScrub(isDeep: Bool, by seconds: Double?) -> UTime {
    let ofPool =
      pool.details.options.real(isDeep ? .deepScrubInterval : .scrubMaxInterval) ?? 0
    let ofDaemon = isDeep ? scrubSettings.deepInterval : scrubSettings.maxInterval
    let back = (seconds ?? (ofPool > 0 ? ofPool : ofDaemon)) + 100
    let stamp = UTime(wallNanoseconds: UInt64(max(0, now.inSeconds - back) * 1e9))
    if isDeep {
      info.history.lastDeepScrubStamp = stamp
    } else {
      info.history.lastScrubStamp = stamp
    }
    hasNews = true
    scheduleScrub()
    return stamp
  }

  /// Its turn has come; false if it cannot be scrubbed now. Ceph: `PG::sched_scrub`.
  func tryScrub() -> Bool {
    guard scrub.machine.stage == .notActive, isPrimary, peering.isActive, peering.isClean,
      !isDeleting
    else { return false }
    let settings = shard.all.scrubs.settings
    guard
      let mode = scrub.planned.decide(
        conditions(settings), settings, whoami: self.settings.whoami, pg: id,
        say: { say($0.level, $0.text) }),
      shard.all.scrubs.takeLocal()
    else { return false }
    scrub.hasLocalPlace = true
    startScrub(mode, reserves: true)
    return true
  }

  private func conditions(_ settings: ScrubSettings) -> ScrubConditions {
    var conditions = ScrubConditions()
    conditions.allowsDeep =
      !map.flags.contains(.noDeepScrub) && !pool.flags.contains(.noDeepScrub)
    conditions.allowsShallow = !map.flags.contains(.noScrub) && !pool.flags.contains(.noScrub)
    conditions.hasDeepErrors = info.stats.sum.deepScrubErrors > 0
    let poolInterval = pool.details.options.real(.deepScrubInterval) ?? 0
    let interval = poolInterval > 0 ? poolInterval : settings.deepInterval
    conditions.isDeepDue =
      now.inSeconds >= info.history.lastDeepScrubStamp.inSeconds + interval
    conditions.isRecovering = shard.all.isRecovering
    conditions.coin = shard.all.scrubs.throwDice()
    return conditions
  }

  /// Flags of the map or of the pool that came since it began end one that nobody asked for. Ceph:
  /// `PgScrubber::should_abort`.
  var isScrubForbidden: Bool {
    guard !scrub.mode.isRequired else { return false }
    if scrub.isDeep, map.flags.contains(.noDeepScrub) || pool.flags.contains(.noDeepScrub) {
      return true
    }
    return map.flags.contains(.noScrub) || pool.flags.contains(.noScrub)
  }

  /// `PG::get_scrub_priority`, `osd_requested_scrub_priority`.
  func scrubPriority(of mode: ScrubRequest) -> UInt32 {
    if mode.isMust { return scrubSettings.requestedPriority }
    let poolPriority = pool.details.options.integer(.scrubPriority) ?? 0
    return poolPriority > 0 ? UInt32(clamping: poolPriority) : scrubSettings.priority
  }
}

/// What the daemon asks of its PGs; any thread.
extension OSDShards {
  /// Of those that are led here; nil: of all. Ceph: `PeeringState::RequestScrub`.
  package func requestScrub(_ ids: [ShardPGID]?, isDeep: Bool, isRepair: Bool) {
    for shard in shards {
      shard.reactor.post {
        for pg in ids?.compactMap({ shard.pgs[$0] }) ?? shard.pgsInOrder {
          pg.requestScrub(isDeep: isDeep, isRepair: isRepair)
        }
      }
    }
  }

  /// `ceph tell PGID scrub`: see `pushBackScrub`. nil if it is not led here.
  package func pushBackScrub(
    _ id: ShardPGID, isDeep: Bool, by seconds: Double?
  ) async -> UTime? {
    await collect { shard -> UTime? in
      guard let pg = shard.pgs[id], pg.isPrimary else { return nil }
      return pg.pushBackScrub(isDeep: isDeep, by: seconds)
    }.compactMap { $0 }.first
  }

  package enum ScrubAnswer: Sendable { case started, reserving, refused }

  /// Ceph: the loop in `OSD::sched_scrub`. `repairsOnly`: none but repairs that were asked for.
  package func tryScrub(_ id: ShardPGID, repairsOnly: Bool) async -> ScrubAnswer {
    await withUnsafeContinuation { continuation in
      guard let shard = place(of: id) else { return continuation.resume(returning: .refused) }
      shard.reactor.post {
        continuation.resume(returning: shard.tryScrub(id, repairsOnly: repairsOnly))
      }
    }
  }

  /// New options: when PGs are due is found out anew.
  package func setScrubSettings(_ settings: ScrubSettings) {
    scrubs.settings = settings
    for shard in shards {
      shard.reactor.post { for pg in shard.pgsInOrder { pg.scheduleScrub() } }
    }
  }
}

extension OSDShard {
  fileprivate func tryScrub(_ id: ShardPGID, repairsOnly: Bool) -> OSDShards.ScrubAnswer {
    guard let pg = pgs[id] else { return .refused }
    if pg.scrub.machine.isReserving { return .reserving }
    if repairsOnly, !pg.scrub.planned.isMustRepair { return .refused }
    return pg.tryScrub() ? .started : .refused
  }
}
