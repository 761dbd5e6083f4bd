import ClusterMaps
import Messages
import RadosTypes

/// Until when this copy may serve reads. Times are of this OSD's monotonic clock unless said otherwise;
/// zero: never.
///
/// Source: doc/dev/osd_internals/stale_read.rst, `PeeringState`.
package struct LeaseState: Hashable, Sendable {
  /// How long a lease is.
  package var interval = TimeSpan.zero
  package var readableUntil = TimeSpan.zero
  /// No acting OSD serves reads of this interval beyond this.
  package var readableUntilBound = TimeSpan.zero
  /// No OSD serves reads of an earlier interval beyond this.
  package var priorReadableUntilBound = TimeSpan.zero
  /// OSDs of earlier intervals that are down but perhaps not dead.
  package var priorReadableDown: Set<Int32> = []
  /// Primary: the newest bound that was sent.
  package var boundSent = TimeSpan.zero
  /// Primary: what the others of the acting set have acknowledged.
  package var boundsAcknowledged: [Int32: TimeSpan] = [:]
  /// Replica: the newest bound that came, by the primary's clock.
  package var boundFromPrimary = TimeSpan.zero
}

/// Another OSD's clock less this one's is between these.
package struct ClockDelta: Hashable, Sendable {
  package var lowerBound: TimeSpan?
  package var upperBound: TimeSpan?

  package init(lowerBound: TimeSpan? = nil, upperBound: TimeSpan? = nil) {
    self.lowerBound = lowerBound
    self.upperBound = upperBound
  }
}

extension PeeringState {
  /// The pool's own, else the default.
  var readLeaseInterval: TimeSpan {
    guard let seconds = pool.details.options.real(.readLeaseInterval) else {
      return settings.readLeaseInterval
    }
    return TimeSpan(nanoseconds: Int64(seconds * 1e9))
  }

  /// A new interval: its leases begin, those of the one before become prior ones.
  func beginLeases() {
    let bound = max(lease.priorReadableUntilBound, lease.readableUntilBound)
    lease = LeaseState(interval: readLeaseInterval)
    lease.priorReadableUntilBound =
      info.history.refreshPriorReadable(now: now.monotonic, until: bound)
  }

  func clearPriorReadable() {
    lease.priorReadableUntilBound = .zero
    lease.priorReadableDown = []
  }

  /// Whether all that may have served an earlier interval are known to be dead now, and the others have
  /// answered.
  func checkPriorReadableDown() -> Bool {
    let alive = lease.priorReadableDown.filter { !map.isDead($0) }
    guard alive.count < lease.priorReadableDown.count else { return false }
    lease.priorReadableDown = alive
    guard alive.isEmpty, stages.contains(where: { $0.stage == .active }) else { return false }
    clearPriorReadable()
    return true
  }

  var newLease: PGLease {
    PGLease(
      readableUntil: lease.readableUntil, readableUntilBound: lease.boundSent,
      interval: lease.interval)
  }

  var leaseAck: PGLeaseAck { PGLeaseAck(readableUntilBound: lease.boundFromPrimary) }

  func renewLease() {
    let wasLeast = lease.readableUntilBound == lease.readableUntil
    lease.boundSent = now.monotonic + lease.interval
    if wasLeast { recalculateReadable() }
  }

  func sendLease() {
    for member in actingSet.sorted() where member != whoami {
      let message = MOSDPGLease(epoch: epoch, pgID: pg(at: member), lease: newLease)
      send(.lease(message), to: member.osd)
    }
  }

  func scheduleRenewLease() {
    actions.append(
      .schedule(
        PGPeeringEvent(at: lastPeeringReset, .renewLease),
        after: TimeSpan(nanoseconds: lease.interval.nanoseconds / 2)))
  }

  /// The least that all have acknowledged.
  private func recalculateReadable() {
    let others = acting.filter { $0 != whoami.osd && $0 != PGShard.noOSD }
    let acknowledged = others.map { lease.boundsAcknowledged[$0] ?? .zero }
    lease.readableUntil = acknowledged.reduce(lease.boundSent) { min($0, $1) }
    lease.readableUntilBound = lease.readableUntil
  }

  /// Primary: a replica has noted a lease.
  func take(_ ack: PGLeaseAck, from osd: Int32) {
    guard isPrimary, acting.contains(osd) else { return }
    let known = lease.boundsAcknowledged[osd] ?? .zero
    guard ack.readableUntilBound > known else { return }
    lease.boundsAcknowledged[osd] = ack.readableUntilBound
    guard known == lease.readableUntil else { return }
    let old = lease.readableUntil
    recalculateReadable()
    if old < now.monotonic { recheckReadable() }
  }

  /// Replica: a lease of the primary's, whose clock is not ours.
  func take(_ new: PGLease) {
    guard isReplica else { return }
    let clock = peerClocks[primary.osd] ?? ClockDelta()
    lease.boundFromPrimary = max(lease.boundFromPrimary, new.readableUntilBound)
    if !new.readableUntil.isZero, let upper = clock.upperBound {
      lease.readableUntil = max(lease.readableUntil, new.readableUntil - upper)
    }
    let bound = clock.lowerBound.map { new.readableUntilBound - $0 }
    lease.readableUntilBound = max(
      lease.readableUntilBound, bound ?? now.monotonic + new.interval)
  }
}

/// Whether ops may be served, as the driver asks. Source: `PrimaryLogPG::check_laggy`,
/// `PG::recheck_readable`.
extension PeeringState {
  /// At the primary, before an op; when it says no, the op waits for `recheckReadable`.
  package func mayServe(at now: TimeSpan) -> Bool {
    if state.contains(.wait) || state.contains(.laggy) { return false }
    if now <= lease.readableUntil { return true }
    state.insert(.laggy)
    return false
  }

  /// At a replica, before a read.
  package func mayServeReplicaRead(at now: TimeSpan) -> Bool { now <= lease.readableUntil }

  /// At a replica: no write of the object is left that not all copies are known to have.
  package func isStable(_ head: HObject) -> Bool {
    !log.hasWrite(of: head, after: minLastCompleteOnDisk)
  }

  func recheckReadable() {
    let old = state
    if state.contains(.wait), now.monotonic >= lease.priorReadableUntilBound {
      state.remove(.wait)
      clearPriorReadable()
    }
    // Somebody may have told of a later bound meanwhile.
    if state.contains(.wait) { scheduleCheckReadable() }
    if state.contains(.laggy), now.monotonic < lease.readableUntil { state.remove(.laggy) }
    if state != old { publishStats() }
    if stage == .recovered { goCleanIfPossible() }
    if state.isDisjoint(with: [.wait, .laggy]) { actions.append(.recheckReadable) }
  }
}
