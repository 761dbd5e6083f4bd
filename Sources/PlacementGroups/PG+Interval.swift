import Base
import Buffers
import ClusterMaps
import ObjectStores
import Peering
import RadosTypes

/// Maps and what they do to a PG: intervals, activation. Ceph: `PeeringState::start_peering_interval`,
/// `activate`, `try_mark_clean`.
extension PG {
  /// The next map. `activateIfPossible` follows when all PGs of the shard have seen it.
  func advance(to next: OSDMap) {
    guard phase != .deleting else { return }
    let before = map
    map = next
    guard let newPool = next.pool(id.pool) else { return delete() }
    let oldPool = pool
    pool = newPool
    if newPool.flags.contains(.full) && !oldPool.flags.contains(.full) {
      info.history.lastEpochMarkedFull = next.epoch
      persist()
    }
    let newPlacement = next.placement(of: id.pgID)
    if next.startsInterval(of: id.pgID, after: before, from: placement, to: newPlacement) {
      startInterval(
        newPlacement, isSplit: id.pgID.isSplit(from: oldPool.pgCount, to: newPool.pgCount))
    }
    // So that a restart needs no map that the monitors have forgotten
    // (osd_pg_epoch_persisted_max_stale).
    if next.epoch &- persistedEpoch > 40 { persist() }
  }

  func startInterval(_ new: PGPlacement, isSplit: Bool) {
    let old = placement
    let wasPrimary = isPrimary
    interval += 1
    placement = new
    info.history.sameIntervalSince = map.epoch
    if isSplit { info.history.lastEpochSplit = map.epoch }
    if old.up != new.up || old.upPrimary != new.upPrimary { info.history.sameUpSince = map.epoch }
    if old.actingPrimary != new.actingPrimary { info.history.samePrimarySince = map.epoch }
    if old != new { takePlacement(new) }
    state = new.up == new.acting ? [] : .remapped
    shard.log.write(
      .osd, 10, self,
      "interval \(map.epoch): up \(old.up) -> \(new.up), acting \(old.acting) -> \(new.acting)")
    phase = isPrimary ? .peering : .stray
    if isPrimary {
      state.insert(.peering)
      if info.history.lastEpochStarted == 0 { state.insert(.creating) }
    }
    persist()
    publishState()
    requeue(wasPrimary: wasPrimary)
  }

  func takePlacement(_ new: PGPlacement) {
    info.stats.up = new.up
    info.stats.upPrimary = new.upPrimary
    info.stats.acting = new.acting
    info.stats.actingPrimary = new.actingPrimary
    info.stats.mappingEpoch = map.epoch
  }

  /// Ops of the old interval start over, in the order in which they came. Writes that the store has go
  /// on: here is their only copy.
  private func requeue(wasPrimary: Bool) {
    var ops = waitingForActive.takeAll() + listings
    listings = []
    for context in contexts.all { ops += context.holders + context.takeWaiting() }
    contexts.removeAll()
    guard wasPrimary || isPrimary else {
      for op in ops { shard.finish(op) }
      return
    }
    shard.requeue(ops.sorted { $0.age < $1.age })
  }

  /// Leaves peering if nothing is missing for it.
  func activateIfPossible() {
    guard phase == .peering || phase == .peered, isPrimary else { return }
    guard let bootEpoch = shard.bootEpoch, map.epoch >= bootEpoch else { return }
    // Other copies would have to be asked first.
    guard placement.acting == [settings.whoami] else { return }
    guard placement.actingCount >= Int(pool.minSize) else { return becomePeered() }
    // Should this OSD die, the map must show that the interval may have written.
    guard map.upThrough(settings.whoami) >= info.history.sameIntervalSince else {
      return shard.wantUpThrough(map.epoch)
    }
    activate()
  }

  /// Too few copies to serve.
  private func becomePeered() {
    guard phase != .peered else { return }
    phase = .peered
    state = [.peered, .undersized]
    publishState()
  }

  private func activate() {
    phase = .activating
    state.subtract([.peering, .peered])
    state.insert(.activating)
    publishState()
    info.lastEpochStarted = map.epoch
    info.lastIntervalStarted = info.history.sameIntervalSince
    info.history.lastEpochStarted = map.epoch
    info.history.lastIntervalStarted = info.history.sameIntervalSince
    if placement.actingCount == Int(pool.size) {
      info.history.lastEpochClean = map.epoch
      info.history.lastIntervalClean = info.history.sameIntervalSince
    }
    let interval = interval
    nonisolated(unsafe) let pg = self
    persist {
      guard interval == pg.interval, pg.phase == .activating else { return }
      pg.didActivate()
    }
  }

  private func didActivate() {
    phase = .active
    state.subtract([.activating, .creating])
    state.insert(.active)
    if placement.actingCount == Int(pool.size) {
      state.insert(.clean)
    } else {
      state.insert(.undersized)
    }
    publishState()
    shard.log.write(.osd, 5, self, "active")
    if tellsMonitor { shard.host?.pgCreated(id.pgID) }
    tellsMonitor = false
    if info.stats.statsInvalid { startRecount() }
    for op in waitingForActive.takeAll() { enter(op) }
  }
}

extension ClientOp {
  var age: UInt64 { reached(.initiated)?.nanoseconds ?? 0 }
}
