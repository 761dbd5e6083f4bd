import ClusterMaps
import Messages
import RadosTypes

/// GetLog: whose log is right, who shall act; the right log is fetched. Incomplete: nobody's will do.
/// WaitActingChange: others shall act.
extension PeeringState {
  func enterGetLog() {
    stageState.masterLog = nil
    checkLog()
    var bound = stageState.isBoundByHistory
    guard let best = chooseActing(isBoundByHistory: &bound) else {
      stageState.isBoundByHistory = bound
      return post(wantActing.isEmpty ? .isIncomplete : .needActingChange)
    }
    stageState.isBoundByHistory = bound
    stageState.authLogShard = best
    guard best != whoami else { return post(.gotLog) }
    guard let theirs = peerInfo[best], info.lastUpdate >= theirs.logTail else {
      return post(.isIncomplete)
    }
    sendQuery(.log, since: logWanted(from: theirs), to: best)
    blockedBy = [best.osd]
    publishStats()
  }

  /// From where the log is needed: from our own end, or from the end of a member that can be brought
  /// up to date by the right log, but not by ours.
  private func logWanted(from best: PGInfo) -> EVersion {
    let ends = actingRecoveryBackfill.compactMap { peerInfo[$0]?.lastUpdate }
    return ends.filter { $0 < info.logTail && $0 >= best.logTail }.min()
      .map { min($0, info.lastUpdate) } ?? info.lastUpdate
  }

  func getLog(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.advanceMap(_, let new)):
      // The source may not be among those whom Peering watches.
      if map.isDown(stageState.authLogShard.osd) { return restart(with: new) }
      return false
    case .outer(.log(let message, let from)):
      guard from == stageState.authLogShard, isUsable(message, from: from) else { return true }
      guard log.overlaps(message.log) else {
        fail("log of \(from), \(message.log), does not meet (\(log.tail),\(log.head)]")
        return true
      }
      stageState.masterLog = message
      post(.gotLog)
      return true
    case .gotLog:
      if let message = stageState.masterLog { takeMasterLog(message) }
      return transit(to: .getMissing)
    case .needActingChange: return transit(to: .waitActingChange)
    case .isIncomplete: return transit(to: .incomplete)
    default: return false
    }
  }

  /// A peer that sends something else is broken, and waits for what cannot be done.
  func isUsable(_ message: MOSDPGLog, from member: PGShard) -> Bool {
    if message.log.isWellFormed { return true }
    fail("log from \(member) is out of order")
    return false
  }

  /// Source: `PeeringState::proc_master_log`.
  private func takeMasterLog(_ message: MOSDPGLog) {
    let from = stageState.authLogShard
    mergeLog(message)
    peerInfo[from] = message.info
    mightHaveUnfound.insert(from)
    if message.info.lastEpochStarted > info.lastEpochStarted {
      info.lastEpochStarted = message.info.lastEpochStarted
      markDirty()
    }
    if message.info.lastIntervalStarted > info.lastIntervalStarted {
      info.lastIntervalStarted = message.info.lastIntervalStarted
      markDirty()
    }
    updateHistory(message.info.history)
    peerMissing[from] = MissingSet(message.missing)
  }

  func mergeLog(_ message: MOSDPGLog) {
    var merge = PGLog.Merge(info: info, missing: missing)
    log.merge(message.log, of: message.info, into: &merge)
    apply(merge)
  }

  // MARK: WaitActingChange

  func waitActingChange(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.advanceMap(_, let new)):
      // Asked in vain.
      if wantActing.contains(where: { $0 != PGShard.noOSD && map.isDown($0) }) {
        return restart(with: new)
      }
      return false
    case .outer(.log), .outer(.info), .outer(.notify): return true
    default: return false
    }
  }

  // MARK: Incomplete

  func enterIncomplete() {
    state.remove(.peering)
    state.insert(.incomplete)
    blockedBy = stageState.prior?.down ?? []
    publishStats()
  }

  func incomplete(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.advanceMap(_, let new)):
      guard let old = before.pool(id.pool), let now = map.pool(id.pool),
        old.minSize <= now.minSize
      else { return restart(with: new) }
      return false
    case .outer(.notify(let notify, let from)):
      guard learn(notify.info, of: from, sent: notify.epochSent) else { return true }
      return transit(to: .getLog)
    default: return false
    }
  }
}
