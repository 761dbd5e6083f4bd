import RadosTypes

/// What is learnt from another holder. Source: `pg_history_t` in src/osd/osd_types.h.
extension PGHistory {
  /// Takes over what is newer, of what the maps do not tell; whether anything was.
  package mutating func merge(_ other: PGHistory) -> Bool {
    let before = self
    epochCreated = max(epochCreated, other.epochCreated)
    epochPoolCreated = max(epochPoolCreated, other.epochPoolCreated)
    lastEpochStarted = max(lastEpochStarted, other.lastEpochStarted)
    mergeReadable(other)
    lastEpochClean = max(lastEpochClean, other.lastEpochClean)
    lastIntervalClean = max(lastIntervalClean, other.lastIntervalClean)
    lastEpochSplit = max(lastEpochSplit, other.lastEpochSplit)
    lastEpochMarkedFull = max(lastEpochMarkedFull, other.lastEpochMarkedFull)
    lastScrub = max(lastScrub, other.lastScrub)
    lastScrubStamp = max(lastScrubStamp, other.lastScrubStamp)
    lastDeepScrub = max(lastDeepScrub, other.lastDeepScrub)
    lastDeepScrubStamp = max(lastDeepScrubStamp, other.lastDeepScrubStamp)
    lastCleanScrubStamp = max(lastCleanScrubStamp, other.lastCleanScrubStamp)
    return self != before
  }

  /// Of a newer interval its bound counts, of the same one the tighter bound.
  ///
  /// None is no bound that is tighter: those who do not act (backfill targets, strays) get no leases and
  /// do not know. Ceph takes it for one; what it could lift too early is waited for here.
  private mutating func mergeReadable(_ other: PGHistory) {
    let bound = other.priorReadableUntilBound
    if lastIntervalStarted < other.lastIntervalStarted {
      lastIntervalStarted = other.lastIntervalStarted
      priorReadableUntilBound = bound
    } else if lastIntervalStarted == other.lastIntervalStarted, !bound.isZero {
      let mine = priorReadableUntilBound
      priorReadableUntilBound = mine.isZero ? bound : min(mine, bound)
    }
  }

  /// Sets the bound, which travels as a span from now; returns it as a time, zero when it is past.
  @discardableResult
  package mutating func refreshPriorReadable(now: TimeSpan, until bound: TimeSpan) -> TimeSpan {
    guard now < bound else {
      priorReadableUntilBound = .zero
      return .zero
    }
    priorReadableUntilBound = bound - now
    return bound
  }

  /// The bound as a time; zero: none.
  package func priorReadable(now: TimeSpan) -> TimeSpan {
    priorReadableUntilBound.isZero ? .zero : now + priorReadableUntilBound
  }
}

extension TimeSpan {
  package static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &+ right.nanoseconds)
  }

  package static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &- right.nanoseconds)
  }
}
