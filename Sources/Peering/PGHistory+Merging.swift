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

  /// The later bound counts, whoever has it.
  ///
  /// Ceph takes the bound of whoever knows of the newer interval, and of the same one the tighter bound.
  /// But backfill targets and strays know of intervals whose leases they never got, so that theirs may
  /// lift the wait too early. A bound that is too late costs the rest of one lease, and nothing when
  /// those who could read are known to be dead or have answered.
  private mutating func mergeReadable(_ other: PGHistory) {
    lastIntervalStarted = max(lastIntervalStarted, other.lastIntervalStarted)
    priorReadableUntilBound = max(priorReadableUntilBound, other.priorReadableUntilBound)
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
