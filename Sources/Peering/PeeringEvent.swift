import ClusterMaps
import Messages
import RadosTypes

/// Something that happens to a PG, with the epochs that say whether it still counts.
///
/// What is older than the PG's last peering reset is dropped (`PeeringState.handle`). Messages carry
/// their epochs; events that the machine asks to get back later come with the epochs they are due
/// with. Ceph: `PGPeeringEvent`.
package struct PGPeeringEvent: Sendable {
  /// The sender's map when it was sent.
  package var epochSent: UInt32
  /// The map at which what is answered by it was asked for.
  package var epochRequested: UInt32
  package var event: PeeringEvent

  package init(epochSent: UInt32, epochRequested: UInt32, _ event: PeeringEvent) {
    self.epochSent = epochSent
    self.epochRequested = epochRequested
    self.event = event
  }

  package init(at epoch: UInt32, _ event: PeeringEvent) {
    self.init(epochSent: epoch, epochRequested: epoch, event)
  }
}

/// What can happen to a PG. Names are Ceph's (`PeeringState.h`, `PGPeeringEvent.h`).
package enum PeeringEvent: Sendable {
  // MARK: Life and maps

  /// The PG was made or loaded: begin. Once.
  case initialize
  /// The next map, exactly one epoch or more ahead. Several may come before `activateMap`.
  case advanceMap(OSDMap, PGPlacement)
  /// All maps known so far have been given: act on them. Not for a loaded PG before the daemon has all
  /// maps up to that in which it is up again: on a map of old it could find itself alone, and serve.
  case activateMap
  /// What the PG had queued before this interval is durable: answers `PeeringAction.flush`.
  case intervalFlushed

  // MARK: From other OSDs

  case notify(PGNotify, from: PGShard)
  case info(MOSDPGInfo2, from: PGShard)
  case log(MOSDPGLog, from: PGShard)
  case query(PGQuery, from: PGShard)
  /// From a replica: it has everything up to here; from the primary: the log can go up to here.
  case trim(to: EVersion, from: PGShard)
  case lease(PGLease, from: Int32)
  case leaseAck(PGLeaseAck, from: Int32)

  // MARK: Activation

  /// The transaction that activated this copy is durable.
  case activateCommitted(activationEpoch: UInt32)
  /// The transaction that says that the PG is clean is durable.
  case cleanCommitted
  case renewLease
  /// A lease, or an earlier interval's, may have ended.
  case checkReadable

  // MARK: Recovery, at the primary

  /// Something is missing (again): recover.
  case doRecovery
  case localRecoveryReserved
  case remoteRecoveryReserved(from: PGShard?)
  /// No more missing, here and at the replicas.
  case allReplicasRecovered
  /// No more missing, but there is somebody to backfill.
  case requestBackfill
  case localBackfillReserved
  case remoteBackfillReserved(from: PGShard?)
  case backfilled
  /// Try again after this long: no room in the queue, a flag in the map, a preempted reservation.
  case deferRecovery(delay: TimeSpan)
  case deferBackfill(delay: TimeSpan)
  /// What is left cannot be found.
  case unfoundRecovery
  case unfoundBackfill
  case recoveryTooFull
  case remoteReservationRejectedTooFull
  case remoteReservationRevokedTooFull(from: PGShard)
  case remoteReservationRevoked
  case setForceRecovery(Bool)
  case setForceBackfill(Bool)

  // MARK: Recovery, at a replica

  case requestRecoveryPriority(UInt32)
  case requestBackfillPriority(UInt32, primaryBytes: Int64, localBytes: Int64)
  /// The primary gives its reservation back.
  case remoteReservationCanceled
  case recoveryDone
  /// The reserver has no room for what `requestRemoteReservation` asked.
  case rejectTooFullRemoteReservation
  case remoteRecoveryPreempted
  case remoteBackfillPreempted
  /// There is no room for what is being backfilled.
  case backfillTooFull

  // MARK: Removal

  /// This copy is not needed any more, or its pool is gone.
  case deleteStart
  case deleteReserved
  case deleteInterrupted
  /// A slice of the objects is gone: on with the next.
  case deleteSome
}

extension PeeringEvent {
  /// What Ceph calls it in its logs.
  package var name: String {
    let text = "\(self)"
    return String(text.prefix { $0 != "(" })
  }
}

/// Messages, as events. Which epochs count is each message's `get_event` in src/messages.
extension PGPeeringEvent {
  package init(_ message: MOSDPGNotify2, from osd: Int32) {
    let notify = message.notify
    self.init(
      epochSent: notify.epochSent, epochRequested: notify.queryEpoch,
      .notify(notify, from: PGShard(osd: osd, shard: notify.from)))
  }

  package init(_ message: MOSDPGQuery2, from osd: Int32) {
    let query = message.query
    self.init(at: query.epochSent, .query(query, from: PGShard(osd: osd, shard: query.from)))
  }

  package init(_ message: MOSDPGInfo2, from osd: Int32) {
    self.init(
      epochSent: message.epochSent, epochRequested: message.minEpoch,
      .info(message, from: PGShard(osd: osd, shard: message.info.pgID.shard)))
  }

  package init(_ message: MOSDPGLog, from osd: Int32) {
    self.init(
      epochSent: message.epoch, epochRequested: message.queryEpoch,
      .log(message, from: PGShard(osd: osd, shard: message.from)))
  }

  package init(_ message: MOSDPGTrim, from osd: Int32, shard: Int8 = ShardPGID.noShard) {
    self.init(
      at: message.epoch, .trim(to: message.trimTo, from: PGShard(osd: osd, shard: shard)))
  }

  package init(_ message: MOSDPGLease, from osd: Int32) {
    self.init(at: message.epoch, .lease(message.lease, from: osd))
  }

  package init(_ message: MOSDPGLeaseAck, from osd: Int32) {
    self.init(at: message.epoch, .leaseAck(message.ack, from: osd))
  }

  /// Nil for a kind that 16.2 does not know.
  package init?(_ message: MRecoveryReserve, from osd: Int32) {
    let event: PeeringEvent
    switch RecoveryReserveKind(rawValue: message.kind) {
    case .request: event = .requestRecoveryPriority(message.reservePriority)
    case .grant: event = .remoteRecoveryReserved(from: PGShard(osd: osd))
    case .release: event = .recoveryDone
    case .revoke: event = .deferRecovery(delay: .zero)
    case nil: return nil
    }
    self.init(at: message.queryEpoch, event)
  }

  /// Nil for a kind that 16.2 does not know.
  package init?(_ message: MBackfillReserve, from osd: Int32) {
    let event: PeeringEvent
    switch BackfillReserveKind(rawValue: message.kind) {
    case .request:
      event = .requestBackfillPriority(
        message.reservePriority, primaryBytes: message.primaryBytes,
        localBytes: message.shardBytes)
    case .grant: event = .remoteBackfillReserved(from: PGShard(osd: osd))
    case .rejectTooFull: event = .remoteReservationRejectedTooFull
    case .release: event = .remoteReservationCanceled
    case .revokeTooFull: event = .remoteReservationRevokedTooFull(from: PGShard(osd: osd))
    case .revoke: event = .remoteReservationRevoked
    case nil: return nil
    }
    self.init(at: message.queryEpoch, event)
  }
}

/// Numbers of MRecoveryReserve.
package enum RecoveryReserveKind: UInt32, Sendable {
  case request = 0
  case grant = 1
  case release = 2
  case revoke = 3
}

/// Numbers of MBackfillReserve.
package enum BackfillReserveKind: UInt32, Sendable {
  case request = 0
  case grant = 1
  case rejectTooFull = 2
  case release = 3
  case revokeTooFull = 4
  case revoke = 5
}
