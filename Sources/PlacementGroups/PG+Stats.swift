import Base
import ClusterMaps
import RadosTypes

/// What a PG reports of itself. Ceph: `PeeringState::prepare_stats_for_publish`.
extension PG {
  /// The state has changed: stamps follow.
  func publishState() {
    hasNews = true
    peering.updateInconsistency()
    let old = info.stats.state
    guard old != state else { return }
    let now = now
    info.stats.lastChange = now
    let serves: PGState = [.active, .peered]
    if old.contains(.active) && !state.contains(.active) { info.stats.lastActive = now }
    if !old.contains(.active) && state.contains(.active) { info.stats.lastBecameActive = now }
    if old.isDisjoint(with: serves) && !state.isDisjoint(with: serves) {
      info.stats.lastBecamePeered = now
    }
    info.stats.state = state
  }

  /// Adds what an op did to the statistics, and to a count under way if it is past the object.
  func count(_ delta: ObjectStatSum, for object: HObject) {
    peering.applyStats(delta, of: object)
    recovery.plan?.follow(delta, object)
    recount?.follow(delta, object)
    // The stage alone first: a method of the machine is called on a copy of it.
    if scrub.machine.stage != .notActive, scrub.machine.isPast(object) { scrub.tally.sum += delta }
    hasNews = true
  }

  /// Whether there is something to report: news, or nothing for so long that it is news.
  func isDue(at now: UTime) -> Bool {
    hasNews || now.inSeconds - info.stats.lastFresh.inSeconds >= settings.reportInterval.inSeconds
  }

  /// The report, with its own sequence number.
  func report() -> PGStat {
    hasNews = false
    setReportedStats()
    setStamps()
    info.stats.reportedEpoch = map.epoch
    info.stats.reportedSequence += 1
    return info.stats
  }

  /// What follows from the log, the placement, and what is missing where.
  func setReportedStats() { peering.updateCalculatedStats() }

  private func setStamps() {
    let now = now
    info.stats.lastFresh = now
    info.stats.lastUnstale = now
    if state.contains(.clean) { info.stats.lastClean = now }
    if state.contains(.active) { info.stats.lastActive = now }
    if !state.isDisjoint(with: [.active, .peered]) { info.stats.lastPeered = now }
    if !state.contains(.degraded) { info.stats.lastUndegraded = now }
    if !state.contains(.undersized) { info.stats.lastFullSized = now }
  }
}
