import ClusterMaps
import RadosTypes

/// GetInfo: who has what, of all who may have taken part. Down: too many of them are down.
extension PeeringState {
  func enterGetInfo() {
    checkPastIntervals()
    checkLog()
    stageState.infoRequested = []
    let prior = buildPrior()
    // Even if none is down: until all have answered, one of them may go down and still serve.
    lease.priorReadableDown = prior.down
    requestInfos(prior)
    if prior.isDown {
      post(.isDown)
    } else if stageState.infoRequested.isEmpty {
      post(.gotInfo)
    }
  }

  /// Whom to ask; and whether this interval is one that may write before the monitor knows of it.
  private func buildPrior() -> PriorSet {
    let prior = PriorSet(
      past: pastIntervals, placement: placement, map: map, pool: pool,
      backTo: info.history.lastEpochStarted, isRecoverable: predicates.isRecoverable)
    if prior.isDown { state.insert(.down) }
    needUpThrough = map.upThrough(whoami.osd) < info.history.sameIntervalSince
    if needUpThrough, askedUpThrough < info.history.sameIntervalSince {
      // The OSD asks at the newest epoch it knows.
      askedUpThrough = epoch
      actions.append(.wantUpThrough(epoch))
    }
    actions.append(.probeTargets(prior.probe))
    stageState.prior = prior
    return prior
  }

  private func requestInfos(_ prior: PriorSet) {
    blockedBy = []
    for member in prior.probe.sorted() where member != whoami && peerInfo[member] == nil {
      if stageState.infoRequested.contains(member) {
        blockedBy.insert(member.osd)
      } else if map.isUp(member.osd) {
        sendQuery(.info, to: member)
        stageState.infoRequested.insert(member)
        blockedBy.insert(member.osd)
      }
    }
    _ = checkPriorReadableDown()
    publishStats()
  }

  func getInfo(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.notify(let notify, let from)):
      if stageState.infoRequested.remove(from) != nil { blockedBy.remove(from.osd) }
      let oldStart = info.history.lastEpochStarted
      guard learn(notify.info, of: from, sent: notify.epochSent) else { return true }
      if oldStart < info.history.lastEpochStarted { narrowPrior() }
      if stageState.infoRequested.isEmpty, stageState.prior?.isDown == false { post(.gotInfo) }
      return true
    case .gotInfo: return transit(to: .getLog)
    case .isDown: return transit(to: .down)
    default: return false
    }
  }

  /// The PG started later than was thought: fewer need to be asked.
  private func narrowPrior() {
    let prior = buildPrior()
    lease.priorReadableDown = prior.down
    stageState.infoRequested.formIntersection(prior.probe)
    requestInfos(prior)
  }

  // MARK: Down

  func enterDown() {
    state.remove(.peering)
    state.insert(.down)
    blockedBy = stageState.prior?.down ?? []
    publishStats()
  }

  func down(_ event: InnerEvent) -> Bool {
    guard case .outer(.notify(let notify, let from)) = event else { return false }
    let oldStart = info.history.lastEpochStarted
    if peerInfo[from] == nil, map.hasBeenUp(from.osd, since: notify.epochSent) {
      updateHistory(notify.info.history)
    }
    guard info.history.lastEpochStarted > oldStart else { return true }
    state.remove(.down)
    state.insert(.peering)
    return transit(to: .getInfo)
  }
}
