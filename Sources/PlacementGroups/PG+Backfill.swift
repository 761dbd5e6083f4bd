import Buffers
import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes
import Replication
import Wire

/// Backfill as the primary: all objects in their order, compared with what the targets have. Ceph:
/// `PrimaryLogPG::recover_backfill`.
extension PG {
  /// Up to here the targets get writes of objects; of those beyond, only log entries.
  var backfillStarted: HObject { recovery.plan?.lastBackfillStarted ?? peering.earliestBackfill }

  func backfill() {
    recovery.isRunning = true
    // It ended while it was put off.
    if recovery.plan == nil, !peering.needsBackfill {
      recovery.stop()
      return feed(.backfilled)
    }
    if recovery.plan == nil {
      let positions = peering.backfillTargets.map {
        ($0, peering.peerInfo[$0]?.lastBackfill ?? .min)
      }
      recovery.plan = BackfillPlan(Dictionary(uniqueKeysWithValues: positions))
    }
    recoverSoon()
  }

  private var isBackfillHeld: Bool {
    map.flags.contains(.noBackfill)
      || map.flags.contains(.noRebalance) && !state.contains(.degraded)
  }

  func backfillMore() {
    // Who waited for an object's writer may come when the backfill has ended.
    guard recovery.isRunning, state.contains(.backfilling), recovery.plan != nil, !isBackfillHeld
    else { return }
    while recovery.allowance > 0, let step = nextStep() {
      carryOut(step)
      reportProgress()
    }
    countPassed()
    reportProgress()
  }

  /// nil: nothing can be done now.
  private func nextStep() -> BackfillStep? {
    guard let step = recovery.plan?.next(log) else { return nil }
    switch step {
    case .wait, .end: return nil
    case .push(let object, let lacking) where !lacking.isEmpty && !holdStill(object.object):
      return nil
    case .scanLocal, .scanPeers, .remove, .push:
      recovery.plan?.take(step)
      return step
    }
  }

  /// Whether nobody writes the object, and nobody can now; else it is looked at again when that is so.
  private func holdStill(_ object: HObject) -> Bool {
    let context = context(of: object)
    if context.isUnreadable || context.beginCopy() { return true }
    nonisolated(unsafe) let (pg, copied) = (self, context)
    let interval = interval
    context.copy {
      guard interval == pg.interval else { return }
      // The turn in which it was come to is over; it could not begin then.
      pg.recovery.allowance = 1
      pg.backfillMore()
      pg.recovery.allowance = 0
      pg.recoverSoon()
      // Whoever wrote it may have removed it.
      if pg.recovery.work[object] == nil, copied.endCopy() { pg.wake(copied) }
    }
    return false
  }

  private func carryOut(_ step: BackfillStep) {
    switch step {
    case .scanLocal(let begin): scan(from: begin)
    case .scanPeers(let positions):
      for (target, position) in positions.sorted(by: { $0.key < $1.key }) {
        askForScan(target, from: position)
      }
    case .push(let object, let lacking) where !lacking.isEmpty:
      peering.prepareBackfill(of: object.object, object.version, at: lacking.keys.sorted())
      recovery.allowance -= 1
      recovery.work[object.object] = Recovery.Work(version: object.version)
      shard.perf.add(OpCounter.recoveryOps)
      countRecoveries()
      push(object.object)
    case .push, .remove, .wait, .end: break
    }
  }

  private func scan(from begin: HObject) {
    nonisolated(unsafe) let pg = self
    let interval = interval
    let version = log.head
    Task.immediate(executorPreference: reactor) {
      let found: BackfillInterval?
      do throws(RecoveryError) {
        found = try await BackfillInterval.scan(
          pg.collection, of: pg.store, from: begin, version: version, pg.settings.recovery)
      } catch {
        pg.shard.log.error(.osd, pg, "scan for backfill: \(error)")
        found = nil
      }
      guard interval == pg.interval else { return }
      pg.recovery.plan?.scanned(found)
      pg.recoverSoon()
    }
  }

  private func askForScan(_ target: PGShard, from position: HObject) {
    send(
      MOSDPGScan(
        op: MOSDPGScan.asks, epoch: map.epoch, queryEpoch: peering.lastPeeringReset,
        pgID: ShardPGID(id.pgID, shard: target.shard), begin: position, end: .min,
        from: peering.whoami),
      to: target.osd)
  }

  /// What objects that were gone through add to the targets' statistics.
  private func countPassed() {
    for object in recovery.plan?.uncounted ?? [] {
      guard !recovery.counting.contains(object) else { continue }
      recovery.counting.insert(object)
      count(passed: object)
    }
  }

  private func count(passed object: HObject) {
    nonisolated(unsafe) let pg = self
    let interval = interval
    Task.immediate(executorPreference: reactor) {
      let loaded = await pg.load(object)
      guard interval == pg.interval else { return }
      let context = pg.contexts.find(object)
      let state = context?.isLoaded == true ? context?.state : loaded
      pg.recovery.counting.remove(object)
      pg.recovery.plan?.count(object, state?.statSum ?? ObjectStatSum())
      pg.recoverSoon()
    }
  }

  private func reportProgress() {
    guard let progress = recovery.plan?.advance(log) else { return }
    for (target, objects) in progress.removals.sorted(by: { $0.key < $1.key }) {
      send(
        MOSDPGBackfillRemove(
          pgID: ShardPGID(id.pgID, shard: target.shard), epoch: map.epoch, objects: objects),
        to: target.osd)
    }
    for done in progress.completed {
      for target in peering.backfillTargets {
        peering.addBackfillStats(done.sum, of: done.object, at: target)
      }
    }
    for (target, position) in progress.moved.sorted(by: { $0.key < $1.key }) {
      peering.updatePeerLastBackfill(target, position)
      if position.isMax { recovery.finishing.insert(target) }
      tell(target, position)
    }
    hasNews = true
  }

  private func tell(_ target: PGShard, _ position: HObject) {
    send(
      MOSDPGBackfill(
        to: position, stats: peering.peerInfo[target]?.stats ?? info.stats,
        pgID: ShardPGID(id.pgID, shard: target.shard), epoch: map.epoch,
        intervalEpoch: peering.lastPeeringReset),
      to: target.osd)
  }

  /// A target knows that it has everything.
  private func finished(_ target: PGShard) {
    guard recovery.finishing.remove(target) != nil, recovery.finishing.isEmpty,
      recovery.plan?.isFinished == true
    else { return }
    recovery.plan = nil
    recovery.stop()
    feed(.backfilled)
  }
}

/// Backfill as a target.
extension PG {
  func receive(_ scan: MOSDPGScan, from osd: Int32) {
    guard scan.op == MOSDPGScan.asks else { return take(digest: scan) }
    // Who asked is told by the reservation's end, not by an answer.
    guard hasRoom(for: RecoverySpace(primaryBytes: 0, localBytes: 0)) else {
      return feed(.backfillTooFull)
    }
    nonisolated(unsafe) let pg = self
    let interval = interval
    let version = log.head
    Task.immediate(executorPreference: reactor) {
      do throws(RecoveryError) {
        let found = try await BackfillInterval.scan(
          pg.collection, of: pg.store, from: scan.begin, version: version, pg.settings.recovery)
        guard interval == pg.interval else { return }
        pg.send(
          scan.answer(
            found, from: pg.peering.whoami, primaryShard: scan.from.shard, epoch: pg.map.epoch),
          to: osd)
      } catch {
        if interval == pg.interval { pg.fail("scan for osd.\(osd): \(error)") }
      }
    }
  }

  private func take(digest: MOSDPGScan) {
    do throws(DecodeError) {
      let interval = try BackfillInterval(
        begin: digest.begin, end: digest.end, wireObjects: digest.data)
      try recovery.plan?.scanned(interval, by: digest.from)
    } catch {
      return fail("scan of osd.\(digest.from.osd) is of no use: \(error)")
    }
    endIfScanned()
    recoverSoon()
  }

  func receive(_ message: MOSDPGBackfill, from osd: Int32) {
    switch message.op {
    case MOSDPGBackfill.progress, MOSDPGBackfill.finish: take(progress: message, from: osd)
    case MOSDPGBackfill.finishAck: finished(PGShard(osd: osd, shard: message.pgID.shard))
    default: shard.log.error(.osd, self, "MOSDPGBackfill of kind \(message.op) from osd.\(osd)")
    }
  }

  private func take(progress message: MOSDPGBackfill, from osd: Int32) {
    let isOver = message.op == MOSDPGBackfill.finish
    peering.updateBackfillProgress(
      message.lastBackfill, message.stats, preservingLocalBytes: !isOver)
    var transaction = Transaction()
    nonisolated(unsafe) let pg = self
    commitRecovered(&transaction) {
      guard isOver else { return }
      pg.send(
        MOSDPGBackfill(
          op: MOSDPGBackfill.finishAck, epoch: pg.map.epoch,
          queryEpoch: message.queryEpoch, pgID: pg.id, lastBackfill: .max,
          stats: message.stats),
        to: osd)
    }
    if isOver { feed(.recoveryDone) }
  }
}

extension ObjectState {
  fileprivate var statSum: ObjectStatSum { exists ? info.statSum : ObjectStatSum() }
}
