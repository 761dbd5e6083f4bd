import RadosTypes

/// GetMissing: what the members lack. WaitUpThru: until the monitor has noted that this interval may
/// write.
extension PeeringState {
  func enterGetMissing() {
    checkLog()
    stageState.missingRequested = []
    for member in actingRecoveryBackfill.sorted() where member != primary {
      requestMissing(of: member)
    }
    guard stageState.missingRequested.isEmpty else { return publishStats() }
    finishGetMissing()
  }

  /// Source: `PeeringState::GetMissing`.
  private func requestMissing(of member: PGShard) {
    guard let theirs = peerInfo[member] else {
      preconditionFailure("\(id): \(member) was chosen to act, but nothing is known of it")
    }
    peerMissing[member, default: MissingSet()].mayIncludeDeletes = true
    if theirs.isEmpty { return }
    let isWhole = theirs.lastUpdate == theirs.lastComplete && theirs.lastUpdate == info.lastUpdate
    if isWhole || !isContiguous(theirs) && !mayHold(theirs) {
      peerMissing[member] = MissingSet()
      return
    }
    // From where it started last, so that what is divergent shows.
    let since = EVersion(epoch: theirs.lastEpochStarted)
    if theirs.logTail <= since {
      sendQuery(.log, since: since, to: member)
    } else {
      sendQuery(.fullLog, to: member)
    }
    stageState.missingRequested.insert(member)
    blockedBy.insert(member.osd)
  }

  /// Who is not will be backfilled from the beginning.
  private func isContiguous(_ theirs: PGInfo) -> Bool {
    theirs.lastUpdate >= log.tail && !log.contradicts(tail: theirs.logTail)
      && !theirs.lastBackfill.isMin
  }

  /// Whether a member without which the log has gone on, so that it will be backfilled, may have something
  /// that is missing here.
  ///
  /// Stock does not ask: what only such a member has is unfound then.
  func mayHold(_ theirs: PGInfo) -> Bool {
    guard theirs.lastUpdate < log.tail else { return false }
    return missing.items.contains { object, item in
      !item.isDelete && item.need <= theirs.lastUpdate && object < theirs.lastBackfill
    }
  }

  private func finishGetMissing() {
    post(needUpThrough ? .needUpThrough : .activate(epoch: epoch))
  }

  func getMissing(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.log(let message, let from)):
      guard stageState.missingRequested.contains(from), isUsable(message, from: from) else {
        return true
      }
      stageState.missingRequested.remove(from)
      blockedBy.remove(from.osd)
      judge(message, from: from)
      if stageState.missingRequested.isEmpty { finishGetMissing() }
      return true
    case .needUpThrough: return transit(to: .waitUpThru)
    default: return false
    }
  }

  func waitUpThru(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.activateMap):
      if !needUpThrough { post(.activate(epoch: epoch)) }
      return false
    case .outer(.log(let message, let from)):
      peerMissing[from] = MissingSet(message.missing)
      peerInfo[from] = message.info
      return true
    default: return false
    }
  }
}
