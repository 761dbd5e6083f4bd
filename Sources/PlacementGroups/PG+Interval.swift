import Base
import ClusterMaps
import Peering
import RadosTypes

/// Maps, and what an interval's end and beginning mean for ops.
extension PG {
  /// The next map; `activateMap` follows when all PGs of the shard have seen it. One that is being
  /// deleted follows the maps too, since it splits like any other.
  func advance(to next: OSDMap) {
    guard !isGone, next.epoch > map.epoch else { return }
    let wasFull = pool.flags.contains(.full)
    guard let newPool = next.pool(id.pool) else { return delete() }
    feed(PGPeeringEvent(at: next.epoch, .advanceMap(next, next.placement(of: id.pgID))))
    if newPool.flags.contains(.full) && !wasFull {
      info.history.lastEpochMarkedFull = next.epoch
      persist()
    }
  }

  /// All maps that there are have been seen: on with peering.
  ///
  /// What split off in a map peers from the next one on, as everywhere in a cluster: a stock OSD makes
  /// it in that map but activates none before the next (`OSD::_finish_splits`), and aborts at whatever
  /// it is told until then. Each split asks for that next map itself: its interval wants an up_thru.
  func activateMap() {
    guard map.epoch > splitEpoch else { return }
    feed(.activateMap)
  }

  /// Ops of the interval that ends start over, in the order in which they came. Those that are in the
  /// log by then are answered from it.
  func endInterval() {
    interval += 1
    clearRecovery()
    scheduleScrub()
    recount = nil
    replicas = []
    abandonPushes()
    let ops = takeOps()
    dropScrub()
    shard.log.write(
      .osd, 10, self, "interval \(map.epoch): up \(placement.up), acting \(placement.acting)")
    guard isPrimary else {
      for op in ops { shard.finish(op) }
      return
    }
    shard.requeue(ops.sorted { $0.age < $1.age })
  }

  /// All ops, wherever they wait.
  func takeOps() -> [ClientOp] {
    var ops = waitingForActive.takeAll() + waitingForReadable.takeAll() + listings
    ops += scrub.waiting.takeAll() + scrub.waitingForClean.takeAll()
    listings = []
    ops += waitingForObject.values.flatMap { $0 }
    waitingForObject = [:]
    for gather in gathers.takeAll() {
      ops += gather.op?.startOver() ?? []
      gather.then?(false)
    }
    for context in contexts.all { ops += context.reset() }
    contexts.removeAll()
    return ops
  }

  func beginInterval() { publishState() }

  /// All know the log; copies may be missing objects. Ceph: `on_activate`.
  func activate() {
    replicas = peering.actingRecoveryBackfill.filter { $0 != peering.whoami }.sorted()
    scheduleScrub()
  }

  /// Ceph: `on_activate_complete`.
  func activateComplete() {
    committed = log.head
    publishState()
    shard.log.write(.osd, 5, self, "active")
    recountIfNeeded()
    for op in waitingForActive.takeAll() { enter(op) }
  }
}

extension ClientOp {
  /// Their order of arrival.
  var age: UInt64 { queued.nanoseconds }

  /// Itself and those whose replies waited for it, as they came.
  func startOver() -> [ClientOp] {
    let all = [self] + followers
    followers = []
    reply = nil
    return all
  }
}
