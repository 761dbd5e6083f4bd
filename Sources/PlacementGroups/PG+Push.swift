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
    // It has been found to be lacking meanwhile.
    guard context.knowledge != .none else { return abandon(object) }
    let state = context.state
    guard state.exists, !context.isUnreadable else {
      shard.log.error(.osd, self, "\(object) is to be pushed, and is not here")
      return lost(object, recovery.work[object]?.version ?? state.info.version)
    }
    let pushes = replicas.reduce(into: [:]) { pushes, replica in
      pushes[replica] = newPush(of: object, state, to: replica)
    }
    recovery.work[object]?.pushes = ObjectPushes(pushes)
    for (replica, push) in pushes.sorted(by: { $0.key < $1.key }) { pushNext(push, to: replica) }
    finishIfIdle(object)
  }

  /// nil: it does not lack the object.
  private func newPush(
    of object: HObject, _ state: ObjectState, to replica: PGShard
  ) -> ObjectPush? {
    guard let item = peering.peerMissing[replica]?[object] else { return nil }
    peering.beginPeerRecover(replica, object)
    return ObjectPush(
      state.info, object: object, snapSet: object.isHead ? SnapSet() : state.snapSet,
      missing: item,
      subsets: object.isHead
        ? RecoverySubsets(
          head: state.info, object, state.snapSet, clean: item.cleanRegions, settings.recovery,
          has: { _ in false })
        : RecoverySubsets(bytes: state.info.size))
  }

  private func pushNext(_ push: ObjectPush, to replica: PGShard) {
    let object = push.recovery.object
    nonisolated(unsafe) let pg = self
    let interval = interval
    Task.immediate(executorPreference: reactor) {
      var push = push
      do throws(RecoveryError) {
        let part = try await push.next(from: pg.source)
        guard interval == pg.interval, pg.recovery.work[object]?.pushes.pushes[replica] != nil
        else { return }
        pg.recovery.work[object]?.pushes.made(push, for: replica)
        pg.countRecovered(part)
        pg.send([part], to: replica, minEpoch: pg.peering.lastPeeringReset)
      } catch {
        if interval == pg.interval { pg.couldNotPush(object, to: replica, error) }
      }
    }
  }

  /// In messages of bounded cost.
  private func send(_ pushes: [PushOp], to peer: PGShard, minEpoch: UInt32) {
    shard.perf.add(OpCounter.pushes, UInt64(pushes.count))
    shard.perf.add(OpCounter.pushOutBytes, UInt64(pushes.reduce(0) { $0 + $1.data.count }))
    for batch in settings.recovery.batches(of: pushes) {
      send(
        MOSDPGPush(
          pgID: ShardPGID(id.pgID, shard: peer.shard), epoch: map.epoch, pushes: batch.pushes,
          cost: batch.cost, from: peering.whoami, minEpoch: minEpoch,
          isRepair: state.contains(.repair)),
        to: peer.osd)
    }
  }

  /// This copy is not what it should be: another one has to be found, when all have answered.
  private func couldNotPush(_ object: HObject, to replica: PGShard, _ error: RecoveryError) {
    shard.log.error(.osd, self, "\(object) cannot be pushed: \(error)")
    guard recovery.work[object]?.pushes.pushes[replica] != nil else { return }
    recovery.work[object]?.pushes.failed(replica)
    finishIfIdle(object)
  }

  /// This copy has to be had from another one, as a whole.
  func lost(_ object: HObject, _ version: EVersion) {
    peering.forceMissing(object, version, at: [peering.whoami])
    var transaction = Transaction()
    commitRecovered(&transaction) {}
    abandon(object)
  }

  private func finishIfIdle(_ object: HObject) {
    guard let work = recovery.work[object], work.isIdle else { return }
    if work.pushes.hasFailed { lost(object, work.version) } else { finish(object) }
  }

  func receive(_ message: MOSDPGPushReply) {
    for object in message.replies.map(\.object) {
      switch recovery.work[object]?.pushes.answered(message.from) ?? .unknown {
      case .unknown: continue
      case .wants(let push): pushNext(push, to: message.from)
      case .has(let version): peering.onPeerRecover(message.from, object, version)
      case .failed: break
      }
      finishIfIdle(object)
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
        pushes, to: PGShard(osd: osd, shard: message.from.shard), minEpoch: message.minEpoch)
    }
  }
}
