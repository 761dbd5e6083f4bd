import ClusterMaps
import RadosTypes

/// New maps.
extension PeeringState {
  func begin(_ next: OSDMap) {
    precondition(next.epoch > epoch, "\(id): map \(next.epoch) after \(epoch)")
    mapBefore = map
    map = next
    if let known = next.pool(id.pool) { pool = known }
    lease.interval = readLeaseInterval
  }

  func endMap() {
    if pool.lastChange == epoch { actions.append(.poolChange) }
    mapBefore = nil
  }

  /// So that a restart needs no map that the monitors have forgotten.
  func markStale() {
    if epoch &- persistedEpoch > settings.epochPersistedMaxStale { markDirty() }
  }

  var before: OSDMap {
    guard let mapBefore else { preconditionFailure("\(id): a map is being taken in, from nowhere") }
    return mapBefore
  }

  /// Whether peering must begin anew with this map.
  func restartsPeering(_ new: PGPlacement) -> Bool {
    map.startsInterval(of: id.pgID, after: before, from: placement, to: new)
      || (before.isDown(whoami.osd) && map.isUp(whoami.osd))
  }

  /// An event that a state takes part in, and then those around it.
  func restart(with new: PGPlacement) -> Bool {
    post(.advanceMap(map, new))
    return transit(to: .reset)
  }

  func checkFullTransition() {
    guard let now = map.pool(id.pool), now.flags.contains(.full),
      before.pool(id.pool)?.flags.contains(.full) != true
    else { return }
    info.history.lastEpochMarkedFull = epoch
    markDirty()
  }

  /// What has been told by those who are down now is void; those who were told to remove their copies
  /// may come back with them.
  func removeDownPeers() {
    let down = peerInfo.keys.filter { map.isDown($0.osd) }
    for member in down {
      peerInfo[member] = nil
      peerMissing[member] = nil
    }
    peerPurged = peerPurged.filter { map.isUp($0.osd) }
    if !down.isEmpty { updateHeartbeatPeers() }
    checkRecoverySources()
  }

  private func checkRecoverySources() {
    missingLocation.checkSources(map)
    actions.append(.checkRecoverySources(map))
    peerLogRequested = peerLogRequested.filter { map.isUp($0.osd) }
    peerMissingRequested = peerMissingRequested.filter { map.isUp($0.osd) }
  }

  func updateHeartbeatPeers() {
    guard isPrimary else { return }
    var peers = Set(acting + up)
    peers.remove(PGShard.noOSD)
    peers.formUnion(peerInfo.keys.map(\.osd))
    actions.append(.heartbeatPeers(peers))
  }

  /// All that was queued for this PG becomes durable before anybody is told of it.
  func setLastPeeringReset() {
    guard lastPeeringReset != epoch else { return }
    lastPeeringReset = epoch
    heldBack = []
    actions.append(.flush(event(.intervalFlushed)))
  }

  func endFlush() {
    actions += heldBack ?? []
    heldBack = nil
  }
}

/// The beginning of an interval. Source: `PeeringState::start_peering_interval`, `on_new_interval`.
extension PeeringState {
  func startInterval(_ new: PGPlacement) {
    setLastPeeringReset()
    let old = placement
    let oldPrimary = primary
    let wasPrimary = isPrimary
    let oldRole = old.role(of: whoami)
    if wasPrimary { actions.append(.mergeReadiness(.none)) }
    take(new)
    notePlacement()
    actions.append(.clearPublishStats)
    noteInterval(from: old)
    if old.upPrimary != new.upPrimary || old.up != new.up { info.history.sameUpSince = epoch }
    if oldPrimary != primary { info.history.samePrimarySince = epoch }
    beginLeases()
    actions += [.newInterval, .historyChange]
    deactivate()
    sendsNotify = !isPrimary
    if oldRole != new.role(of: whoami) || wasPrimary != isPrimary {
      if wasPrimary != isPrimary { state.remove(.clean) }
      actions.append(.roleChange)
    } else if isPrimary, oldPrimary == primary {
      state.remove(.clean)
    }
    if acting.isEmpty, !up.isEmpty, upPrimary == whoami { actions.append(.wantPGTemp([])) }
  }

  func notePlacement() {
    if info.stats.up != up || info.stats.acting != acting
      || info.stats.upPrimary != placement.upPrimary
      || info.stats.actingPrimary != placement.actingPrimary
    {
      info.stats.up = up
      info.stats.upPrimary = placement.upPrimary
      info.stats.acting = acting
      info.stats.actingPrimary = placement.actingPrimary
      info.stats.mappingEpoch = epoch
    }
    if up != acting { state.insert(.remapped) } else { state.remove(.remapped) }
  }

  /// The interval that ends here becomes a past one.
  private func noteInterval(from old: PGPlacement) {
    let change = IntervalChange(
      pg: id.pgID, before: before, after: map, old: old, new: placement,
      sameIntervalSince: info.history.sameIntervalSince,
      lastEpochClean: info.history.lastEpochClean)
    guard pastIntervals.note(change, isRecoverable: predicates.isRecoverable) else { return }
    // Maps were trimmed: others were clean after everything that is known here.
    if epoch == oldestMap, info.history.lastEpochClean < epoch { pastIntervals.clear() }
    info.history.sameIntervalSince = epoch
    if let oldPool = before.pool(id.pool), let newPool = map.pool(id.pool),
      id.pgID.isSplit(from: oldPool.pgCount, to: newPool.pgCount)
    {
      info.history.lastEpochSplit = epoch
    }
    markDirty(big: true)
  }

  private func deactivate() {
    state.subtract([
      .active, .peered, .premerge, .down, .recoveryWait, .recoveryTooFull, .recovering,
    ])
    peerPurged = []
    actingRecoveryBackfill = []
    actions.append(.clearWantPGTemp)
    clearPrimaryState()
    actions.append(.change)
  }

  func clearPrimaryState() {
    straySet = []
    peerLogRequested = []
    peerMissingRequested = []
    peerInfo = [:]
    peerBytes = [:]
    peerMissing = [:]
    peerLastCompleteOnDisk = [:]
    peerActivated = []
    minLastCompleteOnDisk = .zero
    trimTo = .zero
    lastUpdateOnDisk = .zero
    mightHaveUnfound = []
    needUpThrough = false
    missingLocation.removeAll()
    clearRecoveryState()
    actions.append(.clearPrimaryState)
  }

  func clearRecoveryState() {
    asyncRecoveryTargets = []
    backfillTargets = []
  }
}
