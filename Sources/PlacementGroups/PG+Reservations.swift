import Peering
import RadosTypes

/// Places among the daemon's recoveries, backfills and removals.
extension PG {
  func reserve(_ action: PeeringAction) {
    let local = shard.all.localReservations
    let remote = shard.all.remoteReservations
    switch action {
    case .requestLocalReservation(let priority, let grant, let preempt):
      local.request(id, priority: priority, grant: later(grant), preempt: later(preempt))
    case .updateLocalReservation(let priority): local.update(id, priority: priority)
    case .cancelLocalReservation: local.cancel(id)
    case .requestRemoteReservation(let priority, let grant, let preempt, let space):
      if let space, shard.faults.rejectsBackfill(&shard.random) || !hasRoom(for: space) {
        return feed(
          PGPeeringEvent(
            epochSent: grant.epochSent, epochRequested: grant.epochRequested,
            .rejectTooFullRemoteReservation))
      }
      remote.request(id, priority: priority, grant: later(grant), preempt: preempt.map(later))
    case .cancelRemoteReservation: remote.cancel(id)
    // Only space that is there is granted, and nothing is set aside.
    case .releaseRecoverySpace: break
    // Removals go in small steps, with no need to wait for each other.
    case .requestDeleteReservation(_, let grant, _): feed(grant)
    case .cancelDeleteReservation: break
    default: preconditionFailure("\(id): \(action) is no reservation")
    }
  }

  /// Whether a copy of this size may come here (`OSDService::tentative_backfill_full`).
  func hasRoom(for space: RecoverySpace) -> Bool {
    let usage = store.statfs()
    let coming = max(0, space.primaryBytes - space.localBytes)
    let left = Double(usage.available) - Double(coming)
    return left >= Double(usage.total) * (1 - Double(map.backfillFullRatio))
  }

  private func later(_ event: PGPeeringEvent) -> @Sendable () -> Void {
    nonisolated(unsafe) let pg = self
    let reactor = reactor
    return { reactor.post { pg.feed(event) } }
  }
}
