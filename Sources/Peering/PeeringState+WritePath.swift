import RadosTypes

/// What writes change, between peerings; called by the driver, which puts the keys of new entries into
/// the write's own transaction. Nothing here asks for other writing unless it says so.
extension PeeringState {
  /// Takes an entry of a write into log and information, at the primary as at a replica. The caller
  /// writes it.
  package func append(_ entry: PGLogEntry) {
    if info.lastComplete == info.lastUpdate { info.lastComplete = entry.version }
    info.lastUpdate = entry.version
    if entry.userVersion > info.lastUserVersion { info.lastUserVersion = entry.userVersion }
    log.append(entry)
    if pool.kind == .replicated { log.forbidRollback() }
  }

  /// The same of entries that came with a MOSDRepOp.
  ///
  /// Not applied: objects that are missing here, or beyond the backfill, whose changes did not come. The
  /// first become missing in the new version. Source: `PeeringState::append_log`,
  /// `ReplicatedBackend::do_repop`.
  package func appendAsReplica(
    _ entries: [PGLogEntry], trimTo: EVersion, minLastCompleteOnDisk bound: EVersion
  ) {
    // That the interval has started must not be less durable than its writes.
    info.history.lastEpochStarted = info.lastEpochStarted
    info.history.lastIntervalStarted = info.lastIntervalStarted
    for entry in entries {
      if missing.contains(entry.object), !entry.isError { missing.addNext(entry) }
      append(entry)
    }
    trimLog(to: trimTo)
    markDirty()
    minLastCompleteOnDisk = bound
  }

  /// The same of entries that came by themselves (MOSDPGUpdateLogMissing): of writes that failed, which
  /// change nothing, or of objects given up, which are missing in the new version.
  ///
  /// Source: `PeeringState::append_log_entries_update_missing`.
  package func appendWithoutChange(_ entries: [PGLogEntry], trimTo: EVersion) {
    let complete = info.lastComplete
    for entry in entries {
      if entry.object <= info.lastBackfill, !entry.isError { missing.addNext(entry) }
      append(entry)
    }
    info.lastComplete = missing.isEmpty ? info.lastUpdate : complete
    // What is given up is still in the sums.
    if entries.contains(where: { !$0.isError }) { info.stats.statsInvalid = true }
    trimLog(to: trimTo)
    markDirty()
  }

  /// Whether a change of this object, or only its log entry, goes to a member.
  ///
  /// `backfillStarted`: up to where the backfill has compared objects. Source:
  /// `PrimaryLogPG::should_send_op`.
  package func shouldSend(
    _ object: HObject, to member: PGShard, backfillStarted: HObject
  ) -> Bool {
    guard member != primary, object.pool == id.pool else { return true }
    guard let theirs = peerInfo[member] else { return true }
    guard object <= backfillStarted || object <= theirs.lastBackfill else { return false }
    return !(asyncRecoveryTargets.contains(member) && peerMissing[member]?.contains(object) == true)
  }

  /// Primary, before a write goes out: what the members will have by it. Source: `pre_submit_op`.
  package func preSubmit(_ object: HObject, _ entries: [PGLogEntry], at version: EVersion) {
    for member in actingRecoveryBackfill where member != primary {
      if peerInfo[member]?.lastComplete == peerInfo[member]?.lastUpdate {
        peerInfo[member]?.lastComplete = version
      }
      peerInfo[member]?.lastUpdate = version
    }
    guard !asyncRecoveryTargets.isEmpty else { return }
    let lacking = asyncRecoveryTargets.filter {
      $0 != primary && peerMissing[$0]?.contains(object) == true
    }
    guard !lacking.isEmpty else { return }
    for entry in entries where !entry.isError {
      for member in lacking { peerMissing[member]?.addNext(entry) }
      relocate(entry)
    }
  }

  /// Those who act have the new version, those who are being recovered do not.
  private func relocate(_ entry: PGLogEntry) {
    missingLocation.recovered(entry.object)
    missingLocation.addMissing(
      entry.object, need: entry.version, have: .zero, isDelete: entry.isDelete)
    for member in actingSet where !lacks(entry.object, member) {
      missingLocation.add(entry.object, at: member)
    }
  }

  package func lacks(_ object: HObject, _ member: PGShard) -> Bool {
    member == whoami
      ? missing.contains(object) : peerMissing[member]?.contains(object) ?? false
  }

  // MARK: What is durable

  /// A write is durable everywhere: `lastComplete` is this copy's, as it was with that write.
  package func completeWrite(_ version: EVersion, lastComplete: EVersion) {
    lastUpdateOnDisk = version
    lastCompleteOnDisk = lastComplete
    calculateMinLastCompleteOnDisk()
  }

  package func setLastCompleteOnDisk(_ version: EVersion, of member: PGShard) {
    peerLastCompleteOnDisk[member] = version
  }

  /// What was recovered up to here is durable. A replica that has everything tells the primary.
  ///
  /// Source: `PeeringState::recovery_committed_to`.
  package func recoveryCommitted(to version: EVersion) -> [PeeringAction] {
    lastCompleteOnDisk = version
    if version == info.lastUpdate {
      if isPrimary {
        calculateMinLastCompleteOnDisk()
      } else if primary.osd >= 0 {
        sendTrim(to: primary, version)
      }
    }
    return takeActions()
  }

  private func calculateMinLastCompleteOnDisk() {
    var least = lastCompleteOnDisk
    for member in actingRecoveryBackfill where member != primary {
      guard let theirs = peerLastCompleteOnDisk[member] else { return }
      least = min(least, theirs)
    }
    minLastCompleteOnDisk = least
  }

  /// MOSDPGTrim from a replica.
  func took(_ version: EVersion, at member: PGShard) {
    peerLastCompleteOnDisk[member] = version
    if isPrimary, !actingRecoveryBackfill.isEmpty { calculateMinLastCompleteOnDisk() }
  }

  // MARK: Trimming

  /// Sets `trimTo`, given how many entries are to be kept. Source: `calc_trim_to_aggressive`,
  /// `calc_trim_to`.
  package func calculateTrimTo(target: Int) {
    let limit = trimLimit
    let limits = settings.logLimits
    guard limit != .zero, limit != trimTo, log.count > target else { return }
    let excess = min(log.count - target, limits.trimMax)
    guard excess >= min(limits.trimMin, limits.trimMax), excess > 0 else { return }
    trimTo = min(log.entries[excess - 1].version, limit)
  }

  /// What is durable everywhere may go, also while objects are missing: what is missing is recorded by
  /// itself. Only without the map's flag, which every cluster has since Nautilus, the log is kept from the
  /// first entry that somebody lacks.
  private var trimLimit: EVersion {
    map.flags.contains(.pgLogHardLimit)
      ? min(log.head, log.canRollbackTo, lastUpdateOnDisk)
      : min(minLastCompleteOnDisk, log.canRollbackTo)
  }

  /// Trims the log, not beyond what cannot be undone any more; older keys can go then.
  package func trimLog(to version: EVersion) {
    let point = min(version, log.canRollbackTo)
    guard point > log.tail else { return }
    for entry in log.entries.lazy.prefix(while: { $0.version <= point })
    where entry.modification.canLocalRollback {
      actions.append(.trimRollback(entry))
    }
    log.trim(to: point, limits: settings.logLimits)
    info.logTail = log.tail
    changes.log.isTrimmed = true
    changes.info = true
  }

  /// Statistics of a write on top of what the members have. Source: `apply_op_stats`.
  package func applyStats(_ delta: ObjectStatSum, of object: HObject) {
    info.stats.sum += delta
    info.stats.sum.floor(0)
    for target in backfillTargets {
      guard let theirs = peerInfo[target], object <= theirs.lastBackfill else { continue }
      peerInfo[target]?.stats.sum += delta
    }
  }
}
