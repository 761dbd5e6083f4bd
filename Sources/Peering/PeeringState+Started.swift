import ClusterMaps
import RadosTypes

/// The states before and around peering: Initial, Reset, Started, Start, Primary, Peering.
extension PeeringState {
  func initial(_ event: InnerEvent) -> Bool {
    guard case .outer(.initialize) = event else { return false }
    lease.interval = readLeaseInterval
    if isNew {
      notePlacement()
      markDirty(big: true)
    } else if info.history.lastEpochStarted != 0 {
      // What leases there were, nobody here knows any more.
      lease.priorReadableUntilBound = now.monotonic + lease.interval
    }
    return transit(to: .reset)
  }

  func resetPeering() {
    setLastPeeringReset()
    checkLog()
  }

  func reset(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.advanceMap(_, let new)):
      checkFullTransition()
      if restartsPeering(new) { startInterval(new) }
      removeDownPeers()
      checkPastIntervals()
      return true
    case .outer(.activateMap):
      notifyPrimary()
      updateHeartbeatPeers()
      return transit(to: .started)
    case .outer(.intervalFlushed):
      endFlush()
      return true
    default: return false
    }
  }

  func started(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.advanceMap(_, let new)):
      checkFullTransition()
      if restartsPeering(new) { return restart(with: new) }
      removeDownPeers()
      return true
    case .outer(.intervalFlushed):
      endFlush()
      return true
    case .outer(.activateMap), .outer(.checkReadable), .outer(.setForceRecovery),
      .outer(.setForceBackfill):
      return true
    default: return false
    }
  }

  func start(_ event: InnerEvent) -> Bool {
    switch event {
    case .makePrimary: transit(to: .primary)
    case .makeStray: transit(to: .stray)
    default: false
    }
  }

  // MARK: Primary

  func enterPrimary() {
    guard info.history.lastEpochStarted == 0 else { return }
    state.insert(.creating)
    // What the monitor says of its making is the best there is.
    let made = info.history.lastScrubStamp
    info.stats.lastFresh = made
    info.stats.lastActive = made
    info.stats.lastChange = made
    info.stats.lastPeered = made
    info.stats.lastClean = made
    info.stats.lastUnstale = made
    info.stats.lastUndegraded = made
    info.stats.lastFullSized = made
    info.stats.lastScrubStamp = made
    info.stats.lastDeepScrubStamp = made
    info.stats.lastCleanScrubStamp = made
  }

  func exitPrimary() {
    wantActing = []
    actions.append(.clearPrimaryState)
    state.remove(.creating)
  }

  func primary(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.activateMap): publishStats()
    case .outer(.notify(let notify, let from)):
      learn(notify.info, of: from, sent: notify.epochSent)
    case .outer(.setForceRecovery(let on)): force(.forcedRecovery, on)
    case .outer(.setForceBackfill(let on)): force(.forcedBackfill, on)
    default: return false
    }
    return true
  }

  // MARK: Peering

  func enterPeering() {
    precondition(isPrimary && !isPeered, "\(id): peers while \(state)")
    stageState.isBoundByHistory = false
    state.insert(.peering)
  }

  func exitPeering() {
    state.remove(.peering)
    actions.append(.probeTargets([]))
  }

  func peering(_ event: InnerEvent) -> Bool {
    switch event {
    case .activate: return transit(to: .active)
    case .outer(.advanceMap(_, let new)):
      if stageState.prior?.isAffected(by: map) == true { return restart(with: new) }
      adjustNeedUpThrough()
      _ = checkPriorReadableDown()
      return false
    default: return false
    }
  }

  private func adjustNeedUpThrough() {
    if needUpThrough, map.upThrough(whoami.osd) >= info.history.sameIntervalSince {
      needUpThrough = false
    }
  }
}
