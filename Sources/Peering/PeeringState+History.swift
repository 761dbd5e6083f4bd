import RadosTypes

/// What is known of the PG's past, and what the other holders tell of themselves.
extension PeeringState {
  func updateHistory(_ other: PGHistory) {
    info.history.refreshPriorReadable(now: now.monotonic, until: lease.priorReadableUntilBound)
    if info.history.merge(other) {
      markDirty()
      if info.history.lastEpochClean >= info.history.sameIntervalSince {
        pastIntervals.clear()
        markDirty(big: true)
      }
      lease.priorReadableUntilBound = info.history.priorReadable(now: now.monotonic)
    }
    actions.append(.historyChange)
  }

  /// Primary: takes in what a holder says it has; whether it is news.
  ///
  /// Source: `PeeringState::proc_replica_info`.
  @discardableResult
  func learn(_ theirs: PGInfo, of member: PGShard, sent epochSent: UInt32) -> Bool {
    let known = peerInfo[member]
    if let known, known.lastUpdate == theirs.lastUpdate { return false }
    // Sent in an earlier life.
    guard map.hasBeenUp(member.osd, since: epochSent) else { return false }
    peerInfo[member] = theirs
    mightHaveUnfound.insert(member)
    updateHistory(theirs.history)
    if !isUp(member), !isActing(member) {
      straySet.insert(member)
      if isClean { purgeStrays() }
    }
    if known == nil { updateHeartbeatPeers() }
    return true
  }

  /// Those who have the PG and should not are told to remove it.
  func purgeStrays() {
    guard !state.contains(.premerge), !straySet.isEmpty else { return }
    for member in straySet.sorted() {
      precondition(
        !actingRecoveryBackfill.contains(member), "\(id): \(member) is a stray and gets writes")
      if map.isUp(member.osd) { sendRemove(to: member) }
      peerMissing[member] = nil
      peerInfo[member] = nil
      missingLocation.removeSource(member)
      peerPurged.insert(member)
    }
    updateHeartbeatPeers()
    straySet = []
    peerLogRequested = []
    peerMissingRequested = []
  }

  /// The epochs that past intervals must cover, first to before last.
  private var requiredPastIntervals: (first: UInt32, end: UInt32) {
    let history = info.history
    let start = history.lastEpochClean != 0 ? history.lastEpochClean : history.epochPoolCreated
    return (max(start, oldestMap), max(history.sameIntervalSince, history.epochPoolCreated))
  }

  /// Says so when intervals are missing that somebody could have written in; Ceph's stops there.
  func checkPastIntervals() {
    let required = requiredPastIntervals
    if required.first >= required.end {
      guard !pastIntervals.isEmpty, required.first > oldestMap else { return }
      complain("required past intervals are empty, but there are \(pastIntervals)")
    } else if pastIntervals.isEmpty {
      complain("past intervals are required from \(required.first), but there are none")
    } else if pastIntervals.first > required.first || pastIntervals.last + 1 != required.end {
      complain("past intervals are required from \(required.first), there are \(pastIntervals)")
    }
  }

  func checkLog() {
    if log.tail != info.logTail { complain("log tail \(log.tail) is not \(info.logTail)") }
    if log.head != info.lastUpdate { complain("log head \(log.head) is not \(info.lastUpdate)") }
    if let first = log.entries.first, first.version <= log.tail {
      complain("log begins at \(first.version), its tail is \(log.tail)")
    }
  }

  func fail(_ text: String) { actions.append(.fail(text)) }

  func complain(_ text: String) {
    actions.append(.log(.clusterError, "\(id) \(text)"))
  }
}
