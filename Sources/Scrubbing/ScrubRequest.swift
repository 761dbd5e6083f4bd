import RadosTypes

/// What kind of scrub a PG is to have next, and why.
///
/// Ceph: `requested_scrub_t`.
package struct ScrubRequest: Hashable, Sendable {
  /// Somebody asked for it: flags and intervals do not matter.
  package var isMust = false
  package var isMustDeep = false
  package var isMustRepair = false
  /// A scrub found a few errors: a deep one is to repair them.
  package var needsAuto = false
  package var isRequested = false
  package var isTimeForDeep = false
  package var repairsAutomatically = false
  package var deepensOnError = false
  /// It is to see whether a repair was one.
  package var checksRepair = false

  package init() {}

  /// Ceph: `PgScrubber::scrub_requested`.
  package mutating func ask(isDeep: Bool, isRepair: Bool) {
    isMust = true
    isMustDeep = isDeep || isRepair
    isMustRepair = isRepair
    needsAuto = false
    isRequested = true
  }

  /// Ceph: `PG::queue_scrub_after_repair`.
  package mutating func askAfterRepair() {
    isMustDeep = true
    checksRepair = true
    isMust = true
  }

  package var isDeep: Bool { isMustDeep || needsAuto || isTimeForDeep }
  package var isRequired: Bool { isRequested || isMust }
}

/// What decides what a periodic scrub may be.
package struct ScrubConditions: Sendable {
  /// No flag of the map or of the pool forbids it.
  package var allowsDeep = true
  package var allowsShallow = true
  package var hasDeepErrors = false
  package var isDeepDue = false
  /// Recovery is under way on this OSD.
  package var isRecovering = false
  /// In 0..<1, thrown for this decision.
  package var coin = 0.0

  package init() {}
}

/// For the cluster's log.
package struct ScrubLine: Hashable, Sendable {
  package var level: LogEntry.Level
  package var text: String

  package init(_ level: LogEntry.Level, _ text: String) {
    self.level = level
    self.text = text
  }
}

extension ScrubRequest {
  /// The scrub to be made now; nil: none. Ceph: `PG::verify_scrub_mode`.
  package func decide(
    _ conditions: ScrubConditions, _ settings: ScrubSettings, whoami: Int32, pg: ShardPGID,
    say: (ScrubLine) -> Void
  ) -> ScrubRequest? {
    var next = self
    next.isTimeForDeep = false
    next.deepensOnError = false
    next.repairsAutomatically = false
    let who = "osd.\(whoami) pg \(pg)"
    if isMust {
      if !isMustDeep, conditions.hasDeepErrors {
        say(ScrubLine(.error, "\(who) Regular scrub request, deep-scrub details will be lost"))
      }
    } else if !next.decidePeriodic(conditions, settings, who, say) {
      return nil
    }
    let mayRepair = settings.repairDuringRecovery && isMustRepair
    if conditions.isRecovering, !settings.duringRecovery, !mayRepair { return nil }
    next.needsAuto = false
    return next
  }

  /// Ceph: `PG::verify_periodic_scrub_mode`, `is_time_for_deep`.
  private mutating func decidePeriodic(
    _ conditions: ScrubConditions, _ settings: ScrubSettings, _ who: String,
    _ say: (ScrubLine) -> Void
  ) -> Bool {
    guard conditions.allowsDeep else {
      guard conditions.hasDeepErrors else { return conditions.allowsShallow }
      say(
        ScrubLine(
          .error,
          "\(who) Regular scrub skipped due to deep-scrub errors and nodeep-scrub set"))
      return false
    }
    isTimeForDeep = needsAuto || conditions.isDeepDue
    if !isTimeForDeep, conditions.hasDeepErrors {
      say(ScrubLine(.info, "\(who) Deep scrub errors, upgrading scrub to deep-scrub"))
      isTimeForDeep = true
    }
    if !isTimeForDeep, conditions.allowsShallow {
      isTimeForDeep = conditions.coin < settings.deepRandomizeRatio
    }
    if settings.autoRepair {
      repairsAutomatically = isTimeForDeep
      deepensOnError = !isTimeForDeep && conditions.allowsShallow
    }
    return conditions.allowsShallow || isTimeForDeep
  }
}
