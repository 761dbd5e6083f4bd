import Buffers
import Messages
import ObjectStores
import Peering
import RadosTypes
import Wire

/// A write's way to the other copies, on both sides. Ceph: `ReplicatedBackend::issue_op`, `do_repop`.
extension PG {
  /// 9. Sends a change and its log entry to all who get writes; encoded once.
  func replicate(_ change: Transaction, _ entry: PGLogEntry, _ op: ClientOp, _ number: UInt64) {
    var writer = WireWriter(pool: reactor.pool)
    writer.write(array: [entry])
    let entries = writer.finish()
    let whole = Self.encoded(change, in: reactor.pool)
    peering.preSubmit(entry.object, [entry], at: entry.version)
    // A stock replica that lacks the object would take a failed write for a newer version of it.
    let object = entry.isError ? HObject.min : entry.object
    for replica in replicas {
      let isApplied = peering.shouldSend(
        entry.object, to: replica, backfillStarted: backfillStarted)
      var order = MOSDRepOp(
        epoch: map.epoch, minEpoch: peering.lastPeeringReset, reqID: op.reqID,
        pgID: ShardPGID(id.pgID, shard: replica.shard), object: object,
        version: entry.version, log: entries, stats: stats(for: replica), from: peering.whoami,
        transaction: isApplied ? whole : Self.encoded(Transaction(), in: reactor.pool))
      order.acksWanted = 5
      order.tid = number
      order.trimTo = peering.trimTo
      order.minLastCompleteOnDisk = peering.minLastCompleteOnDisk
      let message = RawMessage(
        encoding: order, tid: number, priority: UInt16(clamping: op.priority), pool: reactor.pool)
      shard.host?.send(message, to: replica.osd, map.epoch)
    }
    op.copies = replicas
    op.note(.waitingForCopies, at: reactor.clock.now)
  }

  /// What a copy that is being backfilled amounts to is told by its own statistics.
  private func stats(for replica: PGShard) -> PGStat {
    if let known = peering.peerInfo[replica], known.isIncomplete { return known.stats }
    return info.stats
  }

  private static func encoded(_ transaction: Transaction, in pool: SlabPool) -> BufferList {
    var writer = WireWriter(pool: pool)
    transaction.encode(into: &writer)
    return writer.finishList()
  }

  /// 11, as the primary: a replica has it.
  func replicated(_ reply: MOSDRepOpReply) {
    guard reply.minEpoch >= peering.lastPeeringReset,
      let place = replicas.firstIndex(of: reply.from)
    else { return }
    peering.setLastCompleteOnDisk(reply.lastCompleteOnDisk, of: reply.from)
    committed(reply.tid, at: place + 1)
  }

  /// 10, as a replica: does what the primary did.
  func carryOut(_ order: MOSDRepOp, from osd: Int32, received times: MessageTimes) {
    let op = shard.track(order, from: osd, times)
    let change: Transaction
    let entries: [PGLogEntry]
    do throws(DecodeError) {
      var reader = WireReader(order.transaction.contiguous())
      change = try Transaction(from: &reader)
      entries = try order.entries
      try check(change)
      try check(entries)
    } catch {
      shard.finish(op)
      return fail("order of osd.\(osd) cannot be carried out: \(error)")
    }
    shard.log.write(
      .osd, 20, self,
      "order of osd.\(osd): \(entries.map(\.version)) \(order.object) \(change.isEmpty ? "log only" : "")"
    )
    preemptPart(for: order.object)
    for entry in entries { forgetContext(of: entry.object) }
    var transaction = Transaction()
    let wasInvalid = info.stats.statsInvalid
    info.stats = order.stats
    append(
      entries, trimTo: order.trimTo, minLastComplete: order.minLastCompleteOnDisk,
      into: &transaction)
    // An entry's record keeps the sums, but not whether they are to be believed.
    if info.stats.statsInvalid != wasInvalid { write(into: &transaction) }
    transaction.append(change)
    let lastComplete = info.lastComplete
    nonisolated(unsafe) let pg = self
    let interval = interval
    op.note(.started, at: reactor.clock.now)
    store.queue(transaction, on: collection) {
      guard interval == pg.interval else { return pg.shard.finish(op) }
      defer { pg.shard.finish(op, bytes: order.transaction.count) }
      let reply = MOSDRepOpReply(
        to: order, epoch: pg.map.epoch, lastCompleteOnDisk: lastComplete, from: pg.peering.whoami)
      pg.shard.host?.send(
        RawMessage(encoding: reply, tid: order.tid, pool: pg.reactor.pool), to: osd, pg.map.epoch)
    }
    op.enter(.commit, on: reactor)
    beginPart()
  }

  /// A peer may change this PG alone.
  private func check(_ change: Transaction) throws(DecodeError) {
    guard change.collections.allSatisfy({ $0 == collection.id }) else {
      throw .invalid("a change of \(change.collections), not of \(collection.id)")
    }
  }

  /// What is in the log already, or goes back, comes of no correct primary.
  private func check(_ entries: [PGLogEntry]) throws(DecodeError) {
    var last = info.lastUpdate
    for entry in entries {
      guard entry.version > last else {
        throw .invalid("an entry \(entry.version) on a log that ends at \(last)")
      }
      last = entry.version
    }
  }

  /// The information itself is written only when more has changed than an entry's record tells.
  private func append(
    _ entries: [PGLogEntry], trimTo: EVersion, minLastComplete: EVersion,
    into transaction: inout Transaction
  ) {
    let before = info.history
    peering.appendAsReplica(entries, trimTo: trimTo, minLastCompleteOnDisk: minLastComplete)
    record(entries, into: &transaction)
    if info.history != before { write(into: &transaction) }
  }

  /// Writes entries that the log has taken, and what taking them changed. Where the log begins stands
  /// with the entries; without any, in the information.
  func record(_ entries: [PGLogEntry], into transaction: inout Transaction) {
    let changes = peering.takeChanges()
    if changes.log.isTrimmed {
      removeOldKeys(in: &transaction)
      if entries.isEmpty { write(into: &transaction) }
    }
    writeMissing(changes.log.missing, into: &transaction)
    let progress = progress
    transaction.omapSet(
      meta, in: collection.id,
      entries.map {
        NamedValue(PGLogFormat.entryKey($0.version), PGLogFormat.value($0, progress))
      })
  }
}

/// Entries that come without a change. Ceph: `PrimaryLogPG::do_update_log_missing`.
extension PG {
  /// 10, as a replica: the log takes what the primary's has taken, such as that a write failed.
  func carryOut(_ update: MOSDPGUpdateLogMissing, from osd: Int32) {
    do throws(DecodeError) {
      try check(update.entries)
    } catch {
      return fail("entries of osd.\(osd) cannot be taken: \(error)")
    }
    for entry in update.entries { forgetContext(of: entry.object) }
    var transaction = Transaction()
    let wasInvalid = info.stats.statsInvalid
    peering.appendWithoutChange(update.entries, trimTo: update.trimTo)
    record(update.entries, into: &transaction)
    if info.stats.statsInvalid != wasInvalid { write(into: &transaction) }
    let reply = MOSDPGUpdateLogMissingReply(
      epoch: update.epoch, pgID: ShardPGID(id.pgID, shard: peering.primary.shard),
      fromShard: peering.whoami.shard, tid: update.tid, minEpoch: update.minEpoch,
      lastCompleteOnDisk: info.lastComplete)
    nonisolated(unsafe) let pg = self
    let interval = interval
    store.queue(transaction, on: collection) {
      guard interval == pg.interval else { return }
      pg.shard.host?.send(
        RawMessage(encoding: reply, tid: update.tid, pool: pg.reactor.pool), to: osd, pg.map.epoch)
    }
  }
}
