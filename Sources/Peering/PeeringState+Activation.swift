import ClusterMaps
import Messages
import RadosTypes

/// From peering to serving. Source: `PeeringState::activate`.
extension PeeringState {
  /// Primary and replicas alike: this interval's members agree from here on.
  func activate(epoch activation: UInt32) {
    precondition(!isPeered, "\(id): activates while \(state)")
    state.remove(.down)
    sendsNotify = false
    raiseLastEpochStarted(activation)
    minLastCompleteOnDisk = .zero
    if isPrimary { lastUpdateOnDisk = info.lastUpdate }
    needUpThrough = false
    markDirty(big: true)
    actions.append(.whenCommitted(event(.activateCommitted(activationEpoch: activation))))
    resetLastComplete()
    checkLog()
    if isPrimary { activatePeers() }
    if isActingSetWriteable { rollForward(to: log.head) }
  }

  /// A primary that will not serve must not say that it has started: nothing is written.
  private func raiseLastEpochStarted(_ activation: UInt32) {
    if isPrimary {
      guard isActingSetWriteable else { return }
    } else {
      guard isActing(whoami), info.lastEpochStarted < activation else { return }
    }
    info.lastEpochStarted = activation
    info.lastIntervalStarted = info.history.sameIntervalSince
  }

  /// Where nothing is missing up to.
  func resetLastComplete() {
    info.stats.sum.objectsMissing = Int64(missing.count)
    info.lastComplete =
      missing.isEmpty ? info.lastUpdate : log.newest(below: missing.oldestNeed) ?? .zero
  }

  func rollForward(to version: EVersion) {
    for entry in log.rollForward(to: version) where entry.modification.canLocalRollback {
      actions.append(.rollForward(entry))
    }
  }

  private func activatePeers() {
    let toTrim = snapsToTrim()
    renewLease()
    info.history.refreshPriorReadable(now: now.monotonic, until: lease.priorReadableUntilBound)
    precondition(!actingRecoveryBackfill.isEmpty, "\(id): activates without having chosen who acts")
    let holders = holdersToBackfill()
    for member in actingRecoveryBackfill.sorted() where member != whoami { activate(member) }
    locateMissing(holders)
    if Int(pool.size) > actingSet.count { state.insert(.undersized) }
    state.insert(.activating)
    actions.append(.activate(snapsToTrim: toTrim))
  }

  /// What was removed and not purged here; of what was purged only that is kept which is still queued.
  private func snapsToTrim() -> IntervalSet {
    var toTrim = map.contents.removedSnapsQueue[id.pool] ?? IntervalSet()
    let purged = toTrim.intersection(info.purgedSnaps)
    toTrim.subtract(purged)
    info.purgedSnaps = purged
    return toTrim
  }

  // MARK: A member

  /// Tells a member where it stands: nothing is missing in its log, or what is, or to begin anew.
  private func activate(_ member: PGShard) {
    guard var theirs = peerInfo[member], var lacks = peerMissing[member] else {
      preconditionFailure("\(id): \(member) acts, but what it has is not known")
    }
    let isUnborn = theirs.isUnborn
    var message: MOSDPGLog?
    if theirs.lastUpdate == info.lastUpdate {
      if theirs.isEmpty {
        message = logMessage(info, to: member)
      } else {
        sendInfo(info, to: member, lease: newLease)
      }
    } else if mustBackfill(member, theirs) {
      message = beginBackfill(of: member, &theirs)
      lacks = MissingSet()
    } else {
      message = logMessage(info, to: member)
      message?.log = log.record(after: theirs.lastUpdate, settings.logLimits)
    }
    if var message {
      if isUnborn { message.pastIntervals = pastIntervals }
      note(message.log.entries, in: &lacks, upTo: theirs.lastBackfill)
      message.lease = newLease
      send(.log(message), to: member.osd)
    }
    theirs.lastUpdate = info.lastUpdate
    if lacks.isEmpty { theirs.lastComplete = theirs.lastUpdate }
    lacks.didPersist()
    peerInfo[member] = theirs
    peerMissing[member] = lacks
  }

  private func mustBackfill(_ member: PGShard, _ theirs: PGInfo) -> Bool {
    log.tail > theirs.lastUpdate || log.contradicts(tail: theirs.logTail)
      || theirs.lastBackfill.isMin
      || (backfillTargets.contains(member) && theirs.lastBackfill.isMax)
  }

  private func logMessage(_ info: PGInfo, to member: PGShard) -> MOSDPGLog {
    var log = PGLogRecord()
    log.head = .zero
    return MOSDPGLog(
      epoch: epoch, info: info, log: log, missing: Missing(), queryEpoch: lastPeeringReset,
      to: member.shard, from: whoami.shard)
  }

  /// What it has is not used; it gets a log so that it knows repeated requests.
  private func beginBackfill(of member: PGShard, _ theirs: inout PGInfo) -> MOSDPGLog {
    actions.append(.log(.debug(1), "starting backfill to osd.\(member) from \(theirs.lastUpdate)"))
    theirs.lastUpdate = info.lastUpdate
    theirs.lastComplete = info.lastUpdate
    theirs.lastBackfill = .min
    theirs.lastEpochStarted = info.lastEpochStarted
    theirs.lastIntervalStarted = info.lastIntervalStarted
    theirs.history = info.history
    theirs.hitSets = info.hitSets
    let bytes = max(0, theirs.stats.sum.bytes)
    peerBytes[member] = bytes
    theirs.stats.sum = ObjectStatSum()
    theirs.stats.sum.bytes = bytes
    theirs.purgedSnaps = info.purgedSnaps
    let record = log.record(last: settings.logLimits.entriesMax, settings.logLimits)
    theirs.logTail = record.tail
    var message = logMessage(theirs, to: member)
    message.log = record
    return message
  }

  /// What a member lacks once it has these entries.
  func note(_ entries: [PGLogEntry], in lacks: inout MissingSet, upTo lastBackfill: HObject) {
    guard !lastBackfill.isMin else { return }
    for entry in entries where entry.object <= lastBackfill && !entry.isError {
      lacks.addNext(entry)
    }
  }

  // MARK: What is missing where

  /// Those who will be backfilled although they have what is missing here. It stays there until it is compared,
  /// which is after recovery.
  private func holdersToBackfill() -> [(PGShard, PGInfo, MissingSet)] {
    guard !missing.isEmpty else { return [] }
    return actingRecoveryBackfill.compactMap { member in
      guard let theirs = peerInfo[member], let lacks = peerMissing[member], mayHold(theirs)
      else { return nil }
      return (member, theirs, lacks)
    }
  }

  private func locateMissing(_ holders: [(PGShard, PGInfo, MissingSet)]) {
    var complete: Set<PGShard> = []
    for member in actingRecoveryBackfill {
      let lacks = member == primary ? missing : peerMissing[member] ?? MissingSet()
      missingLocation.addActive(lacks)
      let isWhole = member == primary || peerInfo[member]?.lastBackfill.isMax == true
      if lacks.isEmpty, isWhole { complete.insert(member) }
    }
    mightHaveUnfound = []
    guard needsRecovery else { return }
    if complete.count + 1 == actingRecoveryBackfill.count {
      // One lacks something, so all others have it.
      missingLocation.addSources(complete)
    } else {
      missingLocation.addSource(whoami, info, missing)
      for member in actingRecoveryBackfill where member != whoami {
        guard let theirs = peerInfo[member], let lacks = peerMissing[member] else { continue }
        missingLocation.addSource(member, theirs, lacks)
      }
    }
    for (member, theirs, lacks) in holders { missingLocation.addSource(member, theirs, lacks) }
    for member in peerMissing.keys.sorted() where !actingRecoveryBackfill.contains(member) {
      searchForMissing(at: member)
    }
    buildMightHaveUnfound()
    discoverAllMissing()
  }

  /// All who get the writes learn what the primary has.
  func shareInfo() {
    info.history.refreshPriorReadable(now: now.monotonic, until: lease.priorReadableUntilBound)
    for member in actingRecoveryBackfill.sorted() where member != whoami {
      peerInfo[member]?.lastEpochStarted = info.lastEpochStarted
      peerInfo[member]?.lastIntervalStarted = info.lastIntervalStarted
      _ = peerInfo[member]?.history.merge(info.history)
      sendInfo(info, to: member, lease: newLease)
    }
  }
}
