import Messages
import RadosTypes

/// Stray: not told yet what to do, or not needed. ReplicaActive: told by the primary.
extension PeeringState {
  func enterStray() {
    precondition(!isPeered && !isPeering && !isPrimary, "\(id): a stray while \(state)")
    if map.pool(id.pool) == nil { post(.deleteStart) }
  }

  func stray(_ event: InnerEvent) -> Bool {
    switch event {
    case .outer(.log(let message, let from)): return activate(by: message, from)
    case .outer(.info(let message, let from)): return activate(by: message, from)
    case .outer(.query(let query, let from)): answer(query, from)
    case .outer(.activateMap): notifyPrimary()
    case .outer(.recoveryDone): break
    case .outer(.deleteStart): return transit(to: .toDelete)
    default: return false
    }
    return true
  }

  /// A log from the primary: what is here is brought to it, or given up for a backfill.
  private func activate(by message: MOSDPGLog, _ from: PGShard) -> Bool {
    guard from == primary, isUsable(message, from: from) else { return true }
    if message.info.lastBackfill.isMin {
      restartBackfill(message)
    } else {
      guard log.overlaps(message.log) else {
        fail("log of \(from), \(message.log), does not meet (\(log.tail),\(log.head)]")
        return true
      }
      mergeLog(message)
    }
    if let lease = message.lease { take(lease) }
    post(.activate(epoch: message.info.lastEpochStarted))
    return transit(to: .replicaActive)
  }

  private func restartBackfill(_ message: MOSDPGLog) {
    let reported = (info.stats.reportedEpoch, info.stats.reportedSequence)
    info = message.info
    info.pgID = id
    info.stats.reportedEpoch = max(reported.0, info.stats.reportedEpoch)
    info.stats.reportedSequence = max(reported.1, info.stats.reportedSequence)
    for entry in log.entries where entry.modification.canLocalRollback {
      if entry.version > log.rollbackInfoTrimmedTo { actions.append(.trimRollback(entry)) }
    }
    log = PGLog(message.log)
    log.forbidRollback()
    missing.removeAll()
    changes.log.isReplaced = true
    markDirty(big: true)
    actions.append(.historyChange)
  }

  /// The primary says that nothing is missing in the log, but there may be too much.
  private func activate(by message: MOSDPGInfo2, _ from: PGShard) -> Bool {
    guard from.osd == primary.osd else { return true }
    let theirs = message.info
    if info.lastUpdate > theirs.lastUpdate {
      guard theirs.lastUpdate >= log.tail else {
        fail("is to give up entries down to \(theirs.lastUpdate), below its tail \(log.tail)")
        return true
      }
      var merge = PGLog.Merge(info: info, missing: missing)
      log.rewind(to: theirs.lastUpdate, &merge)
      apply(merge)
      info.stats = theirs.stats
      info.hitSets = theirs.hitSets
    }
    guard info.lastUpdate == theirs.lastUpdate else {
      fail("is to activate at \(theirs.lastUpdate), but has only \(info.lastUpdate)")
      return true
    }
    if let lease = message.lease { take(lease) }
    post(.activate(epoch: theirs.lastEpochStarted))
    return transit(to: .replicaActive)
  }

  /// Source: `PeeringState::fulfill_query`.
  private func answer(_ query: PGQuery, _ from: PGShard) {
    updateHistory(query.history)
    guard query.kind != .info else { return sendNotify(to: from, queryEpoch: query.epochSent) }
    var record = log.record
    if query.kind == .log {
      if query.since == .zero || query.since >= log.tail {
        record = log.record(after: query.since, settings.logLimits)
      } else {
        complain("is asked for its log from \(query.since), its tail is \(log.tail)")
      }
    }
    let message = MOSDPGLog(
      epoch: epoch, info: info, log: record, missing: missing.record,
      queryEpoch: query.epochSent, to: from.shard, from: whoami.shard)
    send(.log(message), to: from.osd)
  }

  // MARK: ReplicaActive

  func exitReplicaActive() {
    releaseRemoteReservation()
    minLastCompleteOnDisk = .zero
  }

  func releaseRemoteReservation() {
    actions += [.releaseRecoverySpace, .cancelRemoteReservation]
  }

  func replicaActive(_ event: InnerEvent) -> Bool {
    switch event {
    case .activate(let epoch): activate(epoch: epoch)
    case .outer(.activateCommitted(let activation)): replicaActivated(activation)
    case .outer(.lease(let lease, _)):
      take(lease)
      let ack = MOSDPGLeaseAck(epoch: epoch, pgID: pg(at: primary), ack: leaseAck)
      send(.leaseAck(ack), to: primary.osd)
    case .outer(.info(let message, _)): learnFromPrimary(message.info)
    case .outer(.log(let message, let from)):
      guard from == primary, isUsable(message, from: from), log.overlaps(message.log) else {
        return true
      }
      mergeLog(message)
      if let lease = message.lease { take(lease) }
    case .outer(.trim(let version, _)): trimLog(to: version)
    case .outer(.activateMap): notifyPrimary()
    case .outer(.query(let query, let from)): answer(query, from)
    case .outer(.deleteStart): return transit(to: .toDelete)
    case .outer(.recoveryDone), .outer(.deferRecovery), .outer(.deferBackfill),
      .outer(.unfoundRecovery), .outer(.unfoundBackfill), .outer(.remoteBackfillPreempted),
      .outer(.remoteRecoveryPreempted):
      break
    default: return false
    }
    return true
  }

  /// The primary is told what all members have started at, which they will say only when all have.
  private func replicaActivated(_ activation: UInt32) {
    var told = info
    told.history.lastEpochStarted = activation
    told.history.lastIntervalStarted = info.history.sameIntervalSince
    sendInfo(told, to: primary, ack: leaseAck)
    state.insert(isActingSetWriteable ? .active : .peered)
    actions.append(.replicaActivated)
  }

  /// Source: `PeeringState::proc_primary_info`.
  private func learnFromPrimary(_ theirs: PGInfo) {
    updateHistory(theirs.history)
    if !info.stats.statsInvalid, info.stats.sum.scrubErrors != 0 {
      info.stats.sum.scrubErrors = 0
      info.stats.sum.shallowScrubErrors = 0
      info.stats.sum.deepScrubErrors = 0
      markDirty()
    }
    if info.purgedSnaps != theirs.purgedSnaps {
      info.purgedSnaps = theirs.purgedSnaps
      markDirty(big: true)
    }
  }
}
