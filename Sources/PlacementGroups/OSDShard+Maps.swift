import Base
import ClusterMaps
import ObjectStores
import Peering
import RadosTypes
import Reactors

/// A PG that the monitor wants created. Ceph: an entry of `MOSDPGCreate2`.
package struct PGCreation: Sendable {
  package var pgID: ShardPGID
  /// When the pool, or the split, made it.
  package var epoch: UInt32
  package var stamp: UTime
  /// As the monitor followed it.
  package var history: PGHistory

  package init(pgID: ShardPGID, epoch: UInt32, stamp: UTime, history: PGHistory? = nil) {
    self.pgID = pgID
    self.epoch = epoch
    self.stamp = stamp
    self.history = history ?? Self.firstHistory(epoch, stamp)
  }

  /// Of a PG that nothing has happened to.
  private static func firstHistory(_ epoch: UInt32, _ stamp: UTime) -> PGHistory {
    var history = PGHistory()
    history.epochCreated = epoch
    history.epochPoolCreated = epoch
    history.sameIntervalSince = epoch
    history.sameUpSince = epoch
    history.samePrimarySince = epoch
    history.lastScrubStamp = stamp
    history.lastDeepScrubStamp = stamp
    history.lastCleanScrubStamp = stamp
    return history
  }
}

extension OSDShard {
  /// The next map, after all earlier ones.
  func publish(_ next: OSDMap, bootEpoch: UInt32?) {
    self.bootEpoch = bootEpoch
    if let map, next.epoch <= map.epoch { return activatePGs() }
    map = next
    for pg in Array(pgs.values) {
      let count = pg.pool.pgCount
      pg.advance(to: next)
      if let pool = next.pool(pg.id.pool), pool.pgCount > count {
        split(pg, from: count, to: pool.pgCount)
      }
    }
    createPostponed()
    activatePGs()
    wakeMapWaiters()
    wakePGWaiters()
  }

  private func activatePGs() {
    for pg in pgs.values { pg.activateIfPossible() }
    flushUpThrough()
  }

  /// What the monitor asked for before this daemon had the map.
  private func createPostponed() {
    let creations = postponedCreations
    postponedCreations = []
    if !creations.isEmpty { create(creations) }
  }

  private func split(_ parent: PG, from old: UInt32, to new: UInt32) {
    let children = parent.id.pgID.children(from: old, to: new).map {
      ShardPGID($0, shard: parent.id.shard)
    }.filter { pgs[$0] == nil }
    guard !children.isEmpty else { return }
    for child in children { all.place(child, on: self) }
    for pg in parent.split(into: children) { pgs[pg.id] = pg }
    log.write(.osd, 5, parent, "split into \(children)")
  }

  /// Makes PGs; those that are there tell the monitor again.
  func create(_ creations: [PGCreation]) {
    for creation in creations {
      guard let map, map.epoch >= creation.epoch else {
        postponedCreations.append(creation)
        continue
      }
      if let pg = pgs[creation.pgID] {
        if pg.phase == .active {
          host?.pgCreated(creation.pgID.pgID)
        } else {
          pg.tellsMonitor = true
        }
      } else if let pool = map.pool(creation.pgID.pool), creation.pgID.pgID.seed < pool.pgCount {
        create(creation, map, pool)
      }
    }
    flushUpThrough()
    wakePGWaiters()
  }

  private func create(_ creation: PGCreation, _ map: OSDMap, _ pool: Pool) {
    let placement = map.placement(of: creation.pgID.pgID)
    guard placement.actingPrimary == settings.whoami else { return }
    var info = PGInfo(creation.pgID)
    info.history = creation.history
    info.stats.takeStamps(creation.stamp)
    let collection = store.createHandle(.pg(creation.pgID))
    let pg = PG(info, log: PGLog(), on: collection, shard: self, map: map, pool: pool)
    pg.placement = placement
    pg.takePlacement(placement)
    pg.tellsMonitor = true
    pg.phase = .peering
    pg.state = [.creating, .peering]
    pg.publishState()
    pgs[creation.pgID] = pg
    all.place(creation.pgID, on: self)
    var transaction = Transaction()
    pg.create(in: &transaction)
    store.queue(transaction, on: collection) {}
    log.write(.osd, 5, pg, "created")
    pg.activateIfPossible()
  }

  /// Reads a PG that the store has; one whose pool is gone is deleted.
  func load(
    _ id: ShardPGID, _ collection: StoreCollection, _ map: OSDMap
  )
    async
    throws(StoredPG.Failure)
  {
    let stored = try await StoredPG(from: collection, of: store, id)
    let pg = PG(
      stored.info, log: stored.log, on: collection, shard: self, map: map,
      pool: map.pool(id.pool) ?? Pool())
    pg.persistedEpoch = stored.epoch
    pgs[id] = pg
    guard map.pool(id.pool) != nil else { return pg.delete() }
    let placement = map.placement(of: id.pgID)
    if placement != pg.placement {
      pg.startInterval(placement, isSplit: false)
    } else {
      pg.phase = pg.isPrimary ? .peering : .stray
      pg.state = pg.isPrimary ? .peering : []
      if pg.info.history.lastEpochStarted == 0 { pg.state.insert(.creating) }
      pg.publishState()
    }
  }

  func didDelete(_ pg: PG) {
    pgs[pg.id] = nil
    all.forget(pg.id)
    log.write(.osd, 5, pg, "deleted")
    host?.pgDeleted(pg.id)
  }

  /// Collected, since all PGs of a map want the same.
  func wantUpThrough(_ epoch: UInt32) { upThroughWanted = max(upThroughWanted, epoch) }

  private func flushUpThrough() {
    guard upThroughWanted > 0 else { return }
    host?.wantUpThrough(upThroughWanted)
    upThroughWanted = 0
  }
}

extension PGStat {
  /// A new PG counts as seen well when it was asked for (`PeeringState::Primary`).
  fileprivate mutating func takeStamps(_ stamp: UTime) {
    lastFresh = stamp
    lastActive = stamp
    lastChange = stamp
    lastPeered = stamp
    lastClean = stamp
    lastUnstale = stamp
    lastUndegraded = stamp
    lastFullSized = stamp
    lastScrubStamp = stamp
    lastDeepScrubStamp = stamp
    lastCleanScrubStamp = stamp
  }
}
