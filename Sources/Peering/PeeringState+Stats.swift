import RadosTypes

/// How many copies are missing, or not where they should be. Source: `update_calc_stats`.
extension PeeringState {
  /// Brings what follows from the state of the PG in `info.stats` up to date.
  package func updateCalculatedStats(snapTrimQueueLength: UInt32 = 0) {
    info.stats.version = info.lastUpdate
    info.stats.created = info.history.epochCreated
    info.stats.lastScrub = info.history.lastScrub
    info.stats.lastScrubStamp = info.history.lastScrubStamp
    info.stats.lastDeepScrub = info.history.lastDeepScrub
    info.stats.lastDeepScrubStamp = info.history.lastDeepScrubStamp
    info.stats.lastCleanScrubStamp = info.history.lastCleanScrubStamp
    info.stats.lastEpochClean = info.history.lastEpochClean
    info.stats.logSize = Int64(log.head.version) - Int64(log.tail.version)
    info.stats.onDiskLogSize = info.stats.logSize
    info.stats.logStart = log.tail
    info.stats.onDiskLogStart = log.tail
    info.stats.snapTrimQueueLength = snapTrimQueueLength
    info.stats.blockedBy = blockedBy.sorted()
    countCopies()
    if info.stats.sum.objectsDegraded > 0 {
      state.insert(.degraded)
    } else {
      state.remove(.degraded)
    }
    info.stats.state = state
  }

  private func countCopies() {
    let target = max(Int(pool.size), upSet.count)
    let copies = max(target, max(actingSet.count, upSet.count))
    info.stats.sum.objects = max(0, info.stats.sum.objects)
    info.stats.sum.objectCopies = Int64(copies) * info.stats.sum.objects
    info.stats.sum.objectsDegraded = 0
    info.stats.sum.objectsUnfound = 0
    info.stats.sum.objectsMisplaced = 0
    info.stats.availableNoMissing = []
    info.stats.objectLocationCounts = [:]
    guard !state.isDisjoint(with: [.remapped, .undersized]) || !isClean,
      isPeered || state.contains(.activating), !actingRecoveryBackfill.isEmpty
    else { return }
    countMissing()
    countLocations()
    let counts =
      state.contains(.recovering) ? recoveringCounts(target) : restingCounts(target)
    info.stats.sum.objectsDegraded = counts.degraded
    info.stats.sum.objectsMisplaced = counts.misplaced
    info.stats.sum.objectsUnfound = Int64(unfoundCount)
  }

  private typealias Counts = (degraded: Int64, misplaced: Int64)

  /// How many objects each member lacks.
  private func countMissing() {
    let objects = info.stats.sum.objects
    info.stats.sum.objectsMissingOnPrimary = Int64(missing.count)
    info.stats.sum.objectsMissing = Int64(missing.count)
    if missing.isEmpty { info.stats.availableNoMissing.append(whoami) }
    for member in peerInfo.keys.sorted() where member != whoami {
      let theirs = max(0, peerInfo[member]?.stats.sum.objects ?? 0)
      let lacks: Int64
      if let known = peerMissing[member], !backfillTargets.contains(member) {
        lacks = Int64(known.count)
      } else {
        lacks = max(0, objects - theirs)
      }
      peerInfo[member]?.stats.sum.objectsMissing = lacks
      if lacks == 0 { info.stats.availableNoMissing.append(member) }
    }
  }

  private func countLocations() {
    for places in missingLocation.locations.values {
      info.stats.objectLocationCounts[ShardSet(places), default: 0] += 1
    }
    let rest = info.stats.sum.objects - Int64(missingLocation.locations.count)
    if rest != 0 {
      info.stats.objectLocationCounts[ShardSet(actingSet)] = Int32(truncatingIfNeeded: rest)
    }
  }

  private func lackedBy(_ member: PGShard) -> Int64 {
    member == whoami
      ? info.stats.sum.objectsMissingOnPrimary : peerInfo[member]?.stats.sum.objectsMissing ?? 0
  }

  // MARK: While recovering: by where the missing objects are

  private func recoveringCounts(_ target: Int) -> Counts {
    var counts: Counts = (0, 0)
    for places in missingLocation.locations.values {
      for shard in shardsToCount where !pool.isErasure || upHas(shard) {
        let here = places.filter { !pool.isErasure || $0.shard == shard }
        let inUp = here.count { upSet.contains($0) }
        let wanted = pool.isErasure ? 1 : upSet.count
        let lacking = max(0, wanted - inUp)
        let elsewhere = min(lacking, here.count - inUp)
        counts.misplaced += Int64(elsewhere)
        counts.degraded += Int64(lacking - elsewhere)
      }
    }
    let objects = info.stats.sum.objects
    guard pool.isErasure else {
      counts.degraded += objects * Int64(target - upSet.count)
      return counts
    }
    for shard in shardsToCount where !upHas(shard) {
      guard let holder = actingSet.first(where: { $0.shard == shard }) else {
        counts.degraded += objects
        continue
      }
      counts.degraded += lackedBy(holder)
      counts.misplaced += max(0, objects - lackedBy(holder))
    }
    return counts
  }

  private var shardsToCount: [Int8] {
    pool.isErasure ? (0..<Int8(truncatingIfNeeded: pool.size)).map { $0 } : [ShardPGID.noShard]
  }

  private func upHas(_ shard: Int8) -> Bool { upSet.contains { $0.shard == shard } }

  // MARK: Else: by how many each place lacks, and who has them meanwhile

  private func restingCounts(_ target: Int) -> Counts {
    let objects = info.stats.sum.objects
    let known = Set(peerInfo.keys).union([whoami])
    var targets = known.filter { upSet.contains($0) }.map { (lacks: lackedBy($0), member: $0) }
    var sources = known.filter { !upSet.contains($0) && actingSet.contains($0) }
      .map { (lacks: lackedBy($0), member: $0) }
    if pool.isErasure {
      for shard in shardsToCount where !targets.contains(where: { $0.member.shard == shard }) {
        targets.append((objects, PGShard(osd: PGShard.noOSD, shard: shard)))
      }
    } else if target > targets.count {
      let places = Int64(target - targets.count)
      targets.append((objects * places, PGShard(osd: PGShard.noOSD)))
    }
    sources.sort { ($0.lacks, $0.member) < ($1.lacks, $1.member) }
    targets.sort { ($0.lacks, $0.member) > ($1.lacks, $1.member) }
    var counts: Counts = (0, 0)
    for place in targets {
      let source = sources.firstIndex {
        !pool.isErasure || $0.member.shard == place.member.shard
      }
      let extra = source.map { sources.remove(at: $0).lacks }
      if let extra, place.lacks >= extra {
        counts.misplaced += place.lacks - extra
        counts.degraded += extra
      } else {
        counts.degraded += place.lacks
      }
    }
    for source in sources { counts.misplaced += max(0, objects - source.lacks) }
    return counts
  }
}
