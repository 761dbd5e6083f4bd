import Base
import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes
import Wire

/// What becomes of objects that are given up.
package enum LostMode: Sendable {
  /// They become what they were, where anything older is left.
  case revert
  case delete
}

/// What a PG says to a command: -errno or 0, and words for people.
package struct PGAnswer: Sendable {
  package var code: Int32
  package var text: String
}

/// `ceph pg PGID mark_unfound_lost revert|delete`: entries in all logs, by which the objects are missing in
/// a version that recovery can make. Ceph: `PrimaryLogPG::mark_all_unfound_lost`.
extension PG {
  func markUnfoundLost(_ mode: LostMode, then: @escaping (PGAnswer) -> Void) {
    let unfound = peering.unfoundObjects
    if let refusal = refusalToMark(unfound.count) { return then(refusal) }
    let entries = unfound.enumerated().map { place, lost in
      entry(giving: lost.object, lost.item, mode, number: UInt64(place))
    }
    shard.log.write(.osd, 0, self, "gives up \(entries.map { "\($0.object) by \($0.version)" })")
    for entry in entries { startOver(at: entry.object) }
    submit(entries) { [self] isDone in
      guard isDone else {
        return then(PGAnswer(code: -Errno.EAGAIN, text: "the pg has a new interval: try again"))
      }
      recoverLost()
      then(
        PGAnswer(
          code: 0,
          text: "pg has \(entries.count) objects unfound and apparently lost marking"))
    }
  }

  private func refusalToMark(_ count: Int) -> PGAnswer? {
    guard isPrimary, peering.isActive else {
      return PGAnswer(code: -Errno.EROFS, text: "not primary")
    }
    if count == 0 { return PGAnswer(code: 0, text: "pg has no unfound objects") }
    guard peering.areAllUnfoundQueriedOrLost else {
      return PGAnswer(
        code: -Errno.EINVAL,
        text: "pg has \(count) unfound objects but we haven't probed all sources, not marking lost")
    }
    return nil
  }

  private func entry(
    giving object: HObject, _ item: MissingItem, _ mode: LostMode, number: UInt64
  ) -> PGLogEntry {
    let available = mode == .revert ? peering.newestAvailable(object) : .zero
    var version = nextVersion
    version.version += number
    var entry = PGLogEntry(
      available > .zero ? .lostRevert : .lostDelete, object, version: version,
      priorVersion: item.need, mtime: now)
    entry.revertingTo = available
    entry.modification = .unrollbackable
    return entry
  }

  /// Entries without a change, to all who get the writes. Ceph: `submit_log_entries`.
  private func submit(_ entries: [PGLogEntry], then: @escaping (Bool) -> Void) {
    peering.appendLost(entries)
    recount = nil
    let number = gathers.append(RepGather(info.lastUpdate, replicas: replicas.count, then: then))
    for replica in replicas {
      send(
        MOSDPGUpdateLogMissing(
          epoch: map.epoch, pgID: ShardPGID(id.pgID, shard: replica.shard),
          fromShard: peering.whoami.shard, tid: number, entries: entries,
          minEpoch: peering.lastPeeringReset, trimTo: peering.trimTo,
          rollForwardTo: peering.minLastCompleteOnDisk),
        to: replica.osd)
    }
    var transaction = Transaction()
    record(entries, into: &transaction)
    write(into: &transaction)
    nonisolated(unsafe) let pg = self
    let interval = interval
    store.queue(transaction, on: collection) {
      if interval == pg.interval { pg.committed(number, at: 0) }
    }
  }

  /// 11, as the primary: a replica has taken entries.
  func taken(_ reply: MOSDPGUpdateLogMissingReply, by osd: Int32) {
    let member = PGShard(osd: osd, shard: reply.fromShard)
    guard reply.minEpoch >= peering.lastPeeringReset, let place = replicas.firstIndex(of: member)
    else { return }
    peering.setLastCompleteOnDisk(reply.lastCompleteOnDisk, of: member)
    committed(reply.tid, at: place + 1)
  }

  private func recoverLost() {
    if state.contains(.recoveryUnfound) {
      feed(.doRecovery)
    } else if state.contains(.backfillUnfound) {
      feed(.requestBackfill)
    } else {
      recoverSoon()
    }
  }
}

/// Recovery of an object that becomes what it was.
extension PG {
  /// From who has been through it, from what is here, or from who has the object as it was.
  func revert(_ object: HObject, _ item: MissingItem, by entry: PGLogEntry) {
    guard peering.missingLocation.isUnfound(object, peering.predicates) else {
      return pull(object, item)
    }
    if item.have == entry.revertingTo { return revertHere(object, by: entry) }
    pull(
      object, item, version: entry.revertingTo,
      from: peering.holders(of: object, at: entry.revertingTo))
  }

  /// What is here is the object as it is to be, but for its version.
  func revertHere(_ object: HObject, by entry: PGLogEntry) {
    nonisolated(unsafe) let pg = self
    let interval = interval
    Task.immediate(executorPreference: reactor) {
      let state = await pg.load(object)
      guard interval == pg.interval, pg.recovery.work[object] != nil else { return }
      guard var state, state.exists else {
        return pg.fail(
          "\(object) is to become what it was at \(entry.revertingTo), and is not here")
      }
      state.info.version = entry.version
      pg.recovered(state.info, object)
    }
  }

  private func recovered(_ info: ObjectInfo, _ object: HObject) {
    var writer = WireWriter(capacity: 512)
    writer.write(info)
    var transaction = Transaction()
    transaction.setAttribute(
      stored(object), in: collection.id, ObjectState.infoAttribute, writer.finish())
    startOver(at: object)
    peering.recoverGot(object, info.version)
    commitRecovered(&transaction) {}
    push(object)
  }
}
