import ClusterMaps
import RadosTypes

/// Who shall act, given what everybody has.
///
/// Source: `PeeringState::find_best_info`, `select_replicated_primary`, `calc_replicated_acting`,
/// `calc_ec_acting`. Pure.
package struct ActingChoice {
  package let whoami: PGShard
  package let pool: Pool
  package let placement: PGPlacement
  package let upPrimary: PGShard
  /// Of this copy too.
  package let infos: [PGShard: PGInfo]
  package let settings: PeeringSettings
  /// Strays do not count.
  package var isRestrictedToUpActing = false

  package init(
    whoami: PGShard, pool: Pool, placement: PGPlacement, upPrimary: PGShard,
    infos: [PGShard: PGInfo], settings: PeeringSettings = PeeringSettings()
  ) {
    self.whoami = whoami
    self.pool = pool
    self.placement = placement
    self.upPrimary = upPrimary
    self.infos = infos
    self.settings = settings
  }

  /// Who acts, and who gets the writes besides, to be filled up.
  package struct Result: Equatable {
    package var want: [Int32] = []
    package var backfill: Set<PGShard> = []
    package var actingBackfill: Set<PGShard> = []

    package init() {}

    mutating func take(_ osd: Int32) {
      want.append(osd)
      actingBackfill.insert(PGShard(osd: osd))
    }
  }

  private var upSet: Set<PGShard> { pool.shards(of: placement.up) }
  private var actingSet: Set<PGShard> { pool.shards(of: placement.acting) }
  private var members: [PGShard] { infos.keys.sorted() }

  func info(_ member: PGShard) -> PGInfo {
    guard let info = infos[member] else {
      preconditionFailure("nothing is known of \(member), which is up or acting")
    }
    return info
  }

  // MARK: The best log

  /// Whose log is right; nil when nobody's is.
  ///
  /// Whoever the PG has started with since cannot be passed over: what was acknowledged since then is
  /// in the logs of all who were acting. So the newest start that anybody knows of decides who counts,
  /// and the oldest end among them is the least that is acceptable.
  package func bestInfo(isBoundByHistory: inout Bool) -> PGShard? {
    let started = newestStart(&isBoundByHistory)
    let acceptable = members.lazy.map(info).filter { $0.lastEpochStarted >= started }
      .map(\.lastUpdate).min()
    guard let acceptable else { return nil }
    let up = upSet
    let acting = actingSet
    var best: PGShard?
    for member in members {
      if isRestrictedToUpActing, !up.contains(member), !acting.contains(member) { continue }
      let theirs = info(member)
      guard theirs.lastUpdate >= acceptable, theirs.lastEpochStarted >= started,
        !theirs.isIncomplete
      else { continue }
      if best.map({ isBetter(member, than: $0) }) ?? true { best = member }
    }
    return best
  }

  private func newestStart(_ isBoundByHistory: inout Bool) -> UInt32 {
    var newest: UInt32 = 0
    for member in members {
      let theirs = info(member)
      if !settings.ignoreHistoryLastEpochStarted, newest < theirs.history.lastEpochStarted {
        isBoundByHistory = true
        newest = theirs.history.lastEpochStarted
      }
      if !theirs.isIncomplete, newest < theirs.lastEpochStarted {
        isBoundByHistory = false
        newest = theirs.lastEpochStarted
      }
    }
    return newest
  }

  /// The longer log, by its end (where changes can be undone, the shorter), then by its tail; then who
  /// lacks nothing; then oneself.
  private func isBetter(_ member: PGShard, than best: PGShard) -> Bool {
    let new = info(member)
    let old = info(best)
    if new.lastUpdate != old.lastUpdate {
      return (new.lastUpdate > old.lastUpdate) != pool.requiresRollback
    }
    if new.logTail != old.logTail { return new.logTail < old.logTail }
    if new.hasMissing != old.hasMissing { return old.hasMissing }
    return member == whoami
  }

  // MARK: Replicated

  /// Who shall be primary, and how far back its log, with the best one's, will go.
  package func selectPrimary(best: PGShard) -> (primary: PGShard, oldestLog: EVersion) {
    let auth = info(best)
    var primary = best
    if !placement.up.isEmpty, let theirs = infos[upPrimary], !theirs.isIncomplete,
      theirs.lastUpdate >= auth.logTail, theirs.logTail <= auth.lastUpdate,
      approximatelyMissing(theirs, auth) <= settings.forceAuthPrimaryMissingObjects
    {
      primary = upPrimary
    }
    return (primary, min(info(primary).logTail, auth.logTail))
  }

  func approximatelyMissing(_ theirs: PGInfo, _ auth: PGInfo) -> UInt64 {
    let distance =
      auth.lastUpdate.version > theirs.lastUpdate.version
      ? auth.lastUpdate.version - theirs.lastUpdate.version
      : theirs.lastUpdate.version - auth.lastUpdate.version
    return UInt64(max(0, theirs.stats.sum.objectsMissing)) + distance
  }

  /// Whether the log from `oldest` to `newest` brings a copy up to date. One whose own log begins after
  /// that has nothing in common with it: it was backfilled by those who gave up what they wrote then.
  private func isReached(_ member: PGShard, oldest: EVersion, newest: EVersion) -> Bool {
    let theirs = info(member)
    return !theirs.isIncomplete && theirs.lastUpdate >= oldest && theirs.logTail <= newest
      && theirs.logTail.version <= newest.version
  }

  package func replicated(best: PGShard) -> Result {
    let (primary, oldestLog) = selectPrimary(best: best)
    let newestLog = info(best).lastUpdate
    let isUsable = { (member: PGShard) in
      isReached(member, oldest: oldestLog, newest: newestLog)
    }
    var result = Result()
    result.take(primary.osd)
    for osd in placement.up where osd != primary.osd {
      let member = PGShard(osd: osd)
      if isUsable(member) {
        result.take(osd)
      } else {
        result.backfill.insert(member)
        result.actingBackfill.insert(member)
      }
    }
    let others = placement.acting.filter { $0 != primary.osd && !placement.up.contains($0) }
    fill(&result, from: others.map { PGShard(osd: $0) }.filter(isUsable))
    guard !isRestrictedToUpActing else { return result }
    let strays = members.filter {
      $0 != primary && !placement.up.contains($0.osd) && !placement.acting.contains($0.osd)
    }
    fill(&result, from: strays.filter(isUsable))
    return result
  }

  /// The newest first, until there are as many as the pool wants.
  private func fill(_ result: inout Result, from candidates: [PGShard]) {
    let byAge = candidates.enumerated().sorted {
      let (left, right) = (info($0.element).lastUpdate, info($1.element).lastUpdate)
      return left != right ? left > right : $0.offset < $1.offset
    }
    for (_, member) in byAge where result.want.count < Int(pool.size) { result.take(member.osd) }
  }

  // MARK: Erasure coded

  package func erasure(best: PGShard) -> Result {
    let auth = info(best)
    let isUsable = { (member: PGShard) in
      isReached(member, oldest: auth.logTail, newest: auth.lastUpdate)
    }
    var result = Result()
    result.want = Array(repeating: PGShard.noOSD, count: Int(pool.size))
    for place in result.want.indices {
      let up = member(at: place, of: placement.up)
      let acting = member(at: place, of: placement.acting)
      if let up, isUsable(up) {
        result.want[place] = up.osd
        continue
      }
      if let up { result.backfill.insert(up) }
      if let acting, isUsable(acting) {
        result.want[place] = acting.osd
      } else if !isRestrictedToUpActing {
        let strays = members.filter { Int($0.shard) == place && isUsable($0) }
        if let stray = strays.first { result.want[place] = stray.osd }
      }
    }
    result.actingBackfill = pool.shards(of: result.want).union(result.backfill)
    return result
  }

  private func member(at place: Int, of osds: [Int32]) -> PGShard? {
    guard place < osds.count, osds[place] != PGShard.noOSD else { return nil }
    return PGShard(osd: osds[place], shard: Int8(truncatingIfNeeded: place))
  }
}

extension Pool {
  /// Whether changes can be undone where they are (`pg_pool_t::require_rollback`).
  package var requiresRollback: Bool { isErasure }
}
