import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes
import Scrubbing
import Wire

/// What scrubs find, and what comes of it.
extension PG {
  /// Ceph: `PgScrubber::scrub_compare_maps`.
  func compareMaps() {
    let own = scrub.maps[peering.whoami] ?? ScrubMap()
    for line in scrub.tally.addOmap(own, pg: id.pgID) { say(.warning, line) }
    var objects = own.objects
    if scrub.maps.count > 1 {
      let comparison = ScrubComparison(
        scrub.maps,
        ScrubComparison.Context(
          pgID: id, whoami: peering.whoami, isRepair: scrub.isRepair, now: now,
          settings: scrubSettings))
      for line in comparison.lines { say(.error, line) }
      scrub.tally.add(comparison)
      scrub.findings?.add(comparison.objectErrors)
      scrub.digests = comparison.digestUpdates
      // Where this copy is not the one that is right, that one is looked at.
      for (object, good) in comparison.authoritative {
        objects[object] = good.last.flatMap { scrub.maps[$0]?.objects[object] }
      }
    }
    scrub.maps = [:]
    checkSnapSets(objects)
    feedScrub(.compared(updates: scrub.digests.count))
  }

  private func checkSnapSets(_ objects: [HObject: ScrubMap.Object]) {
    scrub.groups.add(objects)
    let complete = scrub.groups.takeComplete(isLast: scrub.machine.isLastChunk)
    var check = SnapSetCheck(
      prefix: "\(scrubName) \(id)", allowsMissingClones: pool.flags.contains(.incompleteClones),
      missingObjects: scrub.tally.missing.count)
    check.run(complete)
    for line in check.lines { say(line.level, line.text) }
    scrub.tally.add(check)
    scrub.findings?.add(check.errors)
  }

  /// Ceph: `PgScrubber::scrub_finish`.
  func finishScrub() {
    scrub.planned = ScrubRequest()
    let found = scrub.tally.authoritative.count
    let isFew = found <= scrubSettings.autoRepairErrorsMax
    if scrub.isRepair, scrub.mode.repairsAutomatically, !isFew {
      peering.leave(.repair)
      scrub.isRepair = false
    }
    let deepens = scrub.mode.deepensOnError && found > 0 && isFew
    checkStatistics()
    let repairs = repairFound()
    sayResult()
    judgeRepair(repairs)
    record()
    // What is repaired is not what was found any more.
    if scrub.isRepair { scrub.findings = ScrubFindings() }
    endScrub(isRepairing: repairs)
    if deepens { scrub.planned.needsAuto = true }
    scheduleScrub()
    perform(peering.shareScrub(at: peeringTime))
    if repairs { feed(.doRecovery) }
  }

  /// Ceph: `PrimaryLogScrub::_scrub_finish`.
  private func checkStatistics() {
    if info.stats.statsInvalid { scrub.tally.correct(&info.stats) }
    guard let text = scrub.tally.mismatch(info.stats) else { return }
    say(.error, "\(id) \(scrubName) : \(text)")
    scrub.tally.shallowErrors += 1
    guard scrub.isRepair else { return }
    scrub.tally.fixed += 1
    scrub.tally.correct(&info.stats)
  }

  /// True if something is being repaired. Ceph: `scrub_process_inconsistent`, `PG::repair_object`.
  ///
  /// Clients have gone on since: an object is copied as it is now, in whatever version it was found, and one
  /// that was deleted is not. Stock asks for the version that was found, which nobody has any more.
  private func repairFound() -> Bool {
    let tally = scrub.tally
    guard !tally.authoritative.isEmpty else { return false }
    say(
      .error,
      "\(id) \(scrubName) \(tally.missing.count) missing, \(tally.inconsistent.count) "
        + "inconsistent objects")
    guard scrub.isRepair else { return false }
    peering.leave(.clean)
    peering.enter(.repair)
    for (object, good) in tally.authoritative.sorted(by: { $0.key < $1.key }) {
      guard let bytes = good.last?.found.attributes[ObjectState.infoAttribute],
        let info = try? ObjectInfo(wire: bytes)
      else { continue }
      let bad = (tally.missing[object] ?? []).union(tally.inconsistent[object] ?? [])
      scrub.tally.fixed +=
        (tally.missing[object]?.count ?? 0) + (tally.inconsistent[object]?.count ?? 0)
      let rewrite = scrub.rewrites[object]
      if rewrite?.isDelete == true { continue }
      peering.forceMissing(object, rewrite?.version ?? info.version, at: bad)
      startOver(at: object)
    }
    return true
  }

  private func sayResult() {
    let tally = scrub.tally
    var text = "\(id.pgID) \(scrubName) " + (tally.errors > 0 ? "\(tally.errors) errors" : "ok")
    let deepErrors = info.stats.sum.deepScrubErrors
    if !scrub.isDeep, deepErrors > 0 {
      text += " ( \(deepErrors) remaining deep scrub error details lost)"
    }
    if scrub.isRepair { text += ", \(tally.fixed) fixed" }
    say(tally.errors > 0 ? .error : .debug, text)
  }

  /// Errors are gone when all were repaired; else a deep scrub after the repair tells how many are.
  private func judgeRepair(_ repairs: Bool) {
    guard scrub.isRepair else { return }
    if scrub.tally.fixed == scrub.tally.errors {
      scrub.tally.shallowErrors = 0
      scrub.tally.deepErrors = 0
    } else if repairs {
      scrub.followsRecovery = true
      scrub.planned.isRequested = scrub.mode.isRequired
    } else if scrub.tally.errors > 0 {
      peering.enter(.failedRepair)
    }
  }

  private func record() {
    scrub.tally.record(&info, isDeep: scrub.isDeep, at: now)
    if scrub.mode.checksRepair, info.stats.sum.scrubErrors > 0 { peering.enter(.failedRepair) }
    hasNews = true
  }

  /// What is under way ends; places are given back.
  func endScrub(isRepairing: Bool = false) {
    scrub.turn += 1
    scrub.maps = [:]
    scrub.digests = [:]
    peering.leave([.scrubbing, .deepScrub])
    if !isRepairing { peering.leave(.repair) }
    scrub.mode = ScrubRequest()
    scrub.isRepair = false
    if scrub.hasLocalPlace { shard.all.scrubs.giveBackLocal() }
    scrub.hasLocalPlace = false
    publishState()
    letWritersGo()
  }

  /// All copies have what a repair was to bring them. Ceph: `PG::_finish_recovery`.
  func scrubRepaired() {
    guard isPrimary, peering.isClean, !isDeleting else { return }
    if !scrub.machine.isActive { peering.leave(.repair) }
    publishState()
    for op in scrub.waitingForClean.takeAll() { enter(op) }
    wakeMissing()
    guard scrub.followsRecovery else { return }
    scrub.followsRecovery = false
    scrub.planned.askAfterRepair()
    guard scrub.machine.stage == .notActive else { return scheduleScrub() }
    startScrub(scrub.planned, reserves: false)
  }

  /// The interval ends: nothing of what it knew of scrubs counts any more. Those who have places for it
  /// give them back themselves.
  func dropScrub() {
    if scrub.machine.stage != .notActive { peering.leave(.repair) }
    peering.leave([.scrubbing, .deepScrub])
    if scrub.hasLocalPlace { shard.all.scrubs.giveBackLocal() }
    giveBackRemotePlace()
    var next = Scrub()
    next.planned = scrub.planned
    next.turn = scrub.turn + 1
    next.partNumber = scrub.partNumber
    next.writes = scrub.writes
    next.pushesUnderWay = scrub.pushesUnderWay
    scrub = next
  }

  /// SCRUBLS: the errno, negative, or 0. Ceph: `PrimaryLogPG::do_scrub_ls`.
  func listScrubbed(_ step: inout OSDOp) -> Int32 {
    guard let request = try? ScrubListRequest(wire: step.indata.contiguous()) else {
      return -Errno.EINVAL
    }
    let since = info.history.sameIntervalSince
    guard request.interval == 0 || request.interval == since else { return -Errno.EAGAIN }
    guard let findings = scrub.findings else { return -Errno.ENOENT }
    var writer = WireWriter(pool: reactor.pool)
    writer.write(findings.list(request, interval: since))
    step.outdata = writer.finishList()
    return 0
  }
}
