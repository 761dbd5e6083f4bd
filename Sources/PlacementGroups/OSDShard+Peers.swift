import Base
import ClusterMaps
import Messages
import ObjectStores
import Peering
import RadosTypes

/// What other OSDs say to this shard's PGs, and PGs that begin with it.
///
/// Messages of one peer for one PG stay in order: none overtakes one that waits for a map, because a
/// sender's epochs do not fall; and while a PG is being made, all that is for it waits.
extension OSDShard {
  /// From another shard or from the network, whatever the thread.
  package func take(_ message: PeerMessage) {
    if reactor.isCurrent { return arrive(.message(message)) }
    reactor.post { self.arrive(.message(message)) }
  }

  func enqueue(_ message: PeerMessage) {
    guard let map, message.epoch <= map.epoch else {
      host?.wantMap(message.epoch)
      return peersAhead.append(message)
    }
    deliver(message, map)
  }

  /// After a map: those that waited for it, in order.
  func wakePeers() {
    for message in peersAhead.takeAll() { enqueue(message) }
  }

  private func deliver(_ message: PeerMessage, _ map: OSDMap) {
    // Another process has its number now, or none: what it said is void. So is what was said to the
    // process that had this one's number before (`OSD::require_self_aliveness`).
    guard map.isUp(message.osd), map.upFrom(message.osd) <= message.epoch,
      let bootEpoch, bootEpoch <= message.epoch
    else { return }
    if births[message.pgID] != nil { return births[message.pgID]!.append(message) }
    if let pg = pgs[message.pgID] { return pg.receive(message) }
    let owner = all.shard(for: message.pgID)
    guard owner === self else { return owner.take(message) }
    if let target = mergeBefore(message.pgID) { return births[target, default: []].append(message) }
    answerWithoutPG(message, map)
  }

  private func answerWithoutPG(_ message: PeerMessage, _ map: OSDMap) {
    // Erasure-coded PGs are not made (Docs/Compatibility.md), so nothing is said of them either.
    guard case .peering(let event, let origin) = message.body,
      let pool = map.pool(message.pgID.pool), !pool.isErasure,
      message.pgID.pgID.seed < pool.pgCount
    else { return }
    if case .query(let query, let from) = event.event {
      answer(query, from, message.pgID, map)
    } else if let origin {
      bear(message.pgID, origin, first: [message])
    }
  }

  /// Nothing is known of this PG here (`OSD::handle_pg_query_nopg`).
  private func answer(_ query: PGQuery, _ from: PGShard, _ pgID: ShardPGID, _ map: OSDMap) {
    let nothing = PGInfo(ShardPGID(pgID.pgID, shard: query.to))
    let reply: RawMessage
    switch query.kind {
    case .log, .fullLog:
      reply = RawMessage(
        encoding: MOSDPGLog(
          epoch: map.epoch, info: nothing, log: PGLogRecord(), missing: Missing(),
          queryEpoch: query.epochSent, to: query.from, from: query.to))
    case .info, .missing:
      let notify = PGNotify(
        queryEpoch: query.epochSent, epochSent: map.epoch, info: nothing, to: query.from,
        from: query.to)
      reply = RawMessage(
        encoding: MOSDPGNotify2(pgID: ShardPGID(pgID.pgID, shard: query.from), notify: notify))
    }
    host?.send(reply, to: from.osd, map.epoch)
  }
}

/// Making a PG: at the map in which it was asked for, and then through all maps since, so that it sees
/// each interval (`OSD::handle_pg_create_info`).
extension OSDShard {
  func bear(_ id: ShardPGID, _ origin: PGOrigin, first: [PeerMessage] = []) {
    guard all.claim(id, for: self) else { return }
    births[id] = first
    nonisolated(unsafe) let shard = self
    reactor.spawn {
      var maps = await shard.maps(from: origin.epoch)
      while maps.last?.epoch != shard.map?.epoch { maps = await shard.maps(from: origin.epoch) }
      shard.finishBirth(id, origin, maps)
    }
  }

  private func finishBirth(_ id: ShardPGID, _ origin: PGOrigin, _ maps: [OSDMap]) {
    let waiting = births.removeValue(forKey: id) ?? []
    let first = maps.first { $0.pool(id.pool) != nil }
    if hasSplitOff(id) {
      log.write(.osd, 5, nil, "pg \(id) has split off meanwhile")
    } else if let first, let pool = map?.pool(id.pool), !pool.isErasure {
      make(id, origin, first, maps.drop { $0.epoch <= first.epoch })
    } else {
      // Its pool is gone, or of a kind that is not offered (Docs/Compatibility.md).
      log.write(.osd, 1, nil, "pg \(id) is not made")
      all.forget(id)
    }
    redeliver(waiting)
    wakePGWaiters()
  }

  /// Its parent was made while it was, and split.
  private func hasSplitOff(_ id: ShardPGID) -> Bool {
    guard pgs[id] == nil else { return true }
    let place = all.place(of: id)
    return place != nil && place !== self
  }

  func redeliver(_ messages: [PeerMessage]) {
    guard let map else { return }
    for message in messages { deliver(message, map) }
  }

  private func make(
    _ id: ShardPGID, _ origin: PGOrigin, _ first: OSDMap, _ later: some Sequence<OSDMap>
  ) {
    guard let pool = first.pool(id.pool) else { return }
    var info = PGInfo(id)
    info.history = origin.history
    info.stats.takeStamps(origin.history.lastScrubStamp)
    let peering = PeeringState(
      id, whoami: PGShard(osd: settings.whoami, shard: id.shard), map: first, pool: pool,
      placement: first.placement(of: id.pgID), info: info, isNew: true,
      pastIntervals: origin.pastIntervals, settings: settings.peering)
    let pg = create(peering)
    pgs[id] = pg
    log.write(.osd, 5, pg, "created")
    let family = advance(pg, through: later)
    if isUp { for member in family { member.activateMap() } }
    flushUpThrough()
    if family.count > 1 { wakeOthers() }
  }

  /// Ops wait for a PG where its number says; one that has split off is beside its parent.
  func wakeOthers() {
    for shard in all.shards where shard !== self { shard.reactor.post { shard.wakePGWaiters() } }
  }

  /// A PG that the store does not have.
  func create(_ peering: PeeringState) -> PG {
    let pg = PG(peering, on: store.createHandle(.pg(peering.id)), shard: self)
    var transaction = Transaction()
    pg.create(in: &transaction)
    store.queue(transaction, on: pg.collection) {}
    pg.feed(.initialize)
    return pg
  }

  /// All maps from `epoch`, or the first that is left, up to the shard's own.
  func maps(from epoch: UInt32) async -> [OSDMap] {
    guard let map else { return [] }
    var maps: [OSDMap] = []
    var next = min(epoch, map.epoch)
    while next < self.map?.epoch ?? 0 {
      if let found = await host?.map(next) { maps.append(found) }
      next += 1
    }
    return maps + [self.map ?? map]
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
