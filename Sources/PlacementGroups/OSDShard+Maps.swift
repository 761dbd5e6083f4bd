import Base
import ClusterMaps
import ObjectStores
import Peering
import RadosTypes
import Reactors

/// A PG that the monitor wants created. Ceph: an entry of `MOSDPGCreate2`.
package struct PGCreation: Sendable {
  package var pgID: ShardPGID
  /// The map to begin with: of the message, or, without a history, that in which the PG was made.
  package var epoch: UInt32
  /// As the monitor followed it.
  package var history: PGHistory
  package var pastIntervals: PastIntervals

  /// Of a PG that nothing has happened to.
  package init(pgID: ShardPGID, epoch: UInt32, stamp: UTime) {
    var history = PGHistory()
    history.epochCreated = epoch
    history.epochPoolCreated = epoch
    history.sameIntervalSince = epoch
    history.sameUpSince = epoch
    history.samePrimarySince = epoch
    history.lastScrubStamp = stamp
    history.lastDeepScrubStamp = stamp
    history.lastCleanScrubStamp = stamp
    self.init(pgID: pgID, epoch: epoch, history: history)
  }

  package init(
    pgID: ShardPGID, epoch: UInt32, history: PGHistory,
    pastIntervals: PastIntervals = PastIntervals()
  ) {
    self.pgID = pgID
    self.epoch = epoch
    self.history = history
    self.pastIntervals = pastIntervals
  }
}

extension OSDShard {
  /// The next map, after all earlier ones.
  func publish(_ next: OSDMap, bootEpoch: UInt32?) {
    self.bootEpoch = bootEpoch
    if let map, next.epoch <= map.epoch { return activatePGs() }
    map = next
    beginMerges(at: next.epoch)
    for pg in pgsInOrder { advance(pg, to: next) }
    requeueDisplaced()
    createPostponed()
    activatePGs()
    wakePeers()
    wakeMapWaiters()
    wakePGWaiters()
  }

  /// Returns it with those that split off it, or none if it leaves to be merged.
  @discardableResult
  private func advance(_ pg: PG, to next: OSDMap) -> [PG] {
    if let merge = all.merge(of: pg.id, at: next.epoch) {
      join(merge, pg)
      return []
    }
    let count = pg.pool.pgCount
    pg.advance(to: next)
    guard let pool = next.pool(pg.id.pool), pool.pgCount > count, !pg.hasLeft else { return [pg] }
    guard !pg.isGone else {
      forgetChildren(of: pg)
      return [pg]
    }
    return [pg] + split(pg, from: count, to: pool.pgCount)
  }

  /// Takes a PG through maps in order; those that split off it on the way follow. Returns all that came
  /// to the last one.
  func advance(_ pg: PG, through maps: some Sequence<OSDMap>) -> [PG] {
    maps.reduce([pg]) { family, map in family.flatMap { advance($0, to: map) } }
  }

  /// Until this process is up in a map, its PGs follow the maps but speak to nobody.
  private func activatePGs() {
    guard isUp else { return }
    for pg in pgsInOrder { pg.activateMap() }
    flushUpThrough()
  }

  var isUp: Bool {
    guard let bootEpoch, let map else { return false }
    return map.epoch >= bootEpoch
  }

  /// What the monitor asked for before this daemon had the map, or while a merge was under way.
  func createPostponed() {
    let creations = postponedCreations
    postponedCreations = []
    if !creations.isEmpty { create(creations) }
  }

  /// A child may be here before its parent: each is made when it is first heard of, in the map in which
  /// that was said.
  private func isHere(_ child: ShardPGID) -> Bool {
    if pgs[child] != nil { return true }
    guard let place = all.place(of: child), place !== self else { return false }
    return store.open(.pg(child)) != nil
  }

  private func split(_ parent: PG, from old: UInt32, to new: UInt32) -> [PG] {
    let born = parent.id.pgID.children(from: old, to: new)
    guard !born.isEmpty else { return [] }
    let children = born.map { ShardPGID($0, shard: parent.id.shard) }.filter { !isHere($0) }
    for child in children { all.place(child, on: self) }
    let made = parent.split(into: children)
    for pg in made {
      pgs[pg.id] = pg
      pg.feed(.initialize)
      if parent.isDeleting { pg.delete() }
    }
    log.write(.osd, 5, parent, "split into \(children)")
    return made
  }

  /// Makes PGs; for those that are there and serve the monitor is told again.
  func create(_ creations: [PGCreation]) {
    for creation in creations {
      guard let map, map.epoch >= creation.epoch else {
        postponedCreations.append(creation)
        continue
      }
      let id = creation.pgID
      if let pg = pgs[id] {
        if pg.isDeleting { pg.lateCreations.append(creation) }
        if pg.peering.isActive { host?.pgCreated(id.pgID) }
      } else if births[id] == nil, let pool = map.pool(id.pool), id.pgID.seed < pool.pgCount {
        begin(creation)
      }
    }
  }

  /// Where it belongs now: since it was asked for, a map may have placed it beside its parent, or the
  /// parent be gone.
  private func begin(_ creation: PGCreation) {
    let owner = all.shard(for: creation.pgID)
    guard owner === self else { return owner.reactor.post { owner.create([creation]) } }
    if mergeBefore(creation.pgID) != nil { return postponedCreations.append(creation) }
    bear(
      creation.pgID,
      PGOrigin(
        epoch: creation.epoch, history: creation.history, pastIntervals: creation.pastIntervals))
  }

  /// Reads a PG that the store has; one whose pool is gone is deleted.
  func load(_ id: ShardPGID, _ collection: StoreCollection) async throws(StoredPG.Failure) {
    let stored = try await StoredPG(from: collection, of: store, id)
    let maps = await maps(from: stored.epoch)
    guard let first = maps.first(where: { $0.pool(id.pool) != nil }) ?? maps.last else { return }
    let peering = PeeringState(
      id, whoami: PGShard(osd: settings.whoami, shard: id.shard), map: first,
      pool: first.pool(id.pool) ?? Pool(), placement: first.placement(of: id.pgID),
      info: stored.info, isNew: false, pastIntervals: stored.pastIntervals, log: stored.log,
      missing: MissingSet(stored.missing), persistedEpoch: stored.epoch,
      settings: settings.peering)
    let pg = PG(peering, on: collection, shard: self)
    pgs[id] = pg
    guard first.pool(id.pool) != nil else { return pg.delete() }
    await pg.removeLeftovers()
    pg.feed(.initialize)
  }

  /// Takes the PGs that were read through the maps since.
  func catchUp() async {
    for merge in all.mergesToBegin(on: self) { beginMerges(at: merge) }
    for id in pgs.keys.sorted() {
      guard let pg = pgs[id] else { continue }
      if all.isLeftover(id) {
        // It was merged: what splits later are other PGs.
        pg.delete()
        pg.hasLeft = true
      }
      let maps = await maps(from: pg.map.epoch)
      _ = advance(pg, through: maps.drop { $0.epoch <= pg.map.epoch })
    }
  }

  /// Collected, since all PGs of a map want the same.
  func wantUpThrough(_ epoch: UInt32) { upThroughWanted = max(upThroughWanted, epoch) }

  func flushUpThrough() {
    guard upThroughWanted > 0 else { return }
    host?.wantUpThrough(upThroughWanted)
    upThroughWanted = 0
  }
}
