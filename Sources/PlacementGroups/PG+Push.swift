import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes
import Replication

/// Objects that leave here: pushed by the primary, or pulled from a replica.
extension PG {
  /// Copies the object to all who lack it; it is not written meanwhile.
  func push(_ object: HObject) {
    guard replicas.contains(where: { peering.lacks(object, $0) }) else { return finish(object) }
    let context = context(of: object)
    nonisolated(unsafe) let (pg, copied) = (self, context)
    let interval = interval
    context.copy {
      guard interval == pg.interval else { return }
      pg.pushCopies(of: copied)
    }
  }

  private func pushCopies(of context: ObjectContext) {
    let object = context.object
    let state = context.state
    guard state.exists, !context.isUnreadable else {
      shard.log.error(.osd, self, "\(object) is to be pushed, and is not here")
      return lost(object, recovery.work[object]?.version ?? state.info.version)
    }
    for replica in replicas {
      guard let item = peering.peerMissing[replica]?[object] else { continue }
      peering.beginPeerRecover(replica, object)
      recovery.work[object]?.pushes[replica] = ObjectPush(
        state.info, object: object, snapSet: object.isHead ? SnapSet() : state.snapSet,
        missing: item,
        subsets: object.isHead
          ? RecoverySubsets(
            head: state.info, object, state.snapSet, clean: item.cleanRegions, settings.recovery,
            has: { _ in false })
          : RecoverySubsets(bytes: state.info.size))
    }
    for replica in recovery.work[object]?.pushes.keys.sorted() ?? [] {
      pushNext(object, to: replica)
    }
    if recovery.work[object]?.isIdle == true { finish(object) }
  }

  private func pushNext(_ object: HObject, to replica: PGShard) {
    nonisolated(unsafe) let pg = self
    let interval = interval
    Task.immediate(executorPreference: reactor) {
      guard var push = pg.recovery.work[object]?.pushes[replica] else { return }
      do throws(RecoveryError) {
        let part = try await push.next(from: pg.source)
        guard interval == pg.interval else { return }
        pg.recovery.work[object]?.pushes[replica] = push
        pg.send(
          MOSDPGPush(
            pgID: ShardPGID(pg.id.pgID, shard: replica.shard), epoch: pg.map.epoch,
            pushes: [part], cost: pg.settings.recovery.objectCost + UInt64(part.data.count),
            from: pg.peering.whoami, minEpoch: pg.peering.lastPeeringReset,
            isRepair: pg.state.contains(.repair)),
          to: replica.osd)
      } catch {
        guard interval == pg.interval else { return }
        pg.couldNotPush(object, error)
      }
    }
  }

  /// This copy is not what it should be: another one has to be found.
  private func couldNotPush(_ object: HObject, _ error: RecoveryError) {
    shard.log.error(.osd, self, "\(object) cannot be pushed: \(error)")
    if let version = recovery.work[object]?.version { lost(object, version) }
  }

  private func lost(_ object: HObject, _ version: EVersion) {
    peering.forceMissing(object, version, at: [peering.whoami])
    var transaction = Transaction()
    commitRecovered(&transaction) {}
    abandon(object)
  }

  func receive(_ message: MOSDPGPushReply) {
    for reply in message.replies {
      let object = reply.object
      guard let push = recovery.work[object]?.pushes[message.from] else { continue }
      guard push.isDone else {
        pushNext(object, to: message.from)
        continue
      }
      recovery.work[object]?.pushes[message.from] = nil
      recovery.work[object]?.recovered += push.recovered
      peering.onPeerRecover(message.from, object, push.recovery.version)
      if recovery.work[object]?.isIdle == true { finish(object) }
    }
  }

  var source: ObjectSource {
    ObjectSource(store: store, collection: collection, settings: settings.recovery)
  }

  /// As the one who has the objects: gives what is asked for.
  func receive(_ message: MOSDPGPull, from osd: Int32) {
    nonisolated(unsafe) let pg = self
    let interval = interval
    Task.immediate(executorPreference: reactor) {
      var pushes: [PushOp] = []
      for pull in message.pulls {
        let answer = await pg.source.answer(pull)
        guard interval == pg.interval else { return }
        if let error = answer.error {
          pg.shard.log.error(.osd, pg, "pull of osd.\(osd): \(error)")
        }
        pushes.append(answer.push)
      }
      pg.send(
        MOSDPGPush(
          pgID: ShardPGID(pg.id.pgID, shard: message.from.shard), epoch: pg.map.epoch,
          pushes: pushes, cost: pushes.reduce(0) { $0 + UInt64($1.data.count) },
          from: pg.peering.whoami, minEpoch: message.minEpoch),
        to: osd)
    }
  }
}
