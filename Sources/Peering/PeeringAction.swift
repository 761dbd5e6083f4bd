import ClusterMaps
import Messages
import RadosTypes

/// What the PG's driver is to do, in this order, for one event.
///
/// Everything that touches the store goes into one transaction, which is queued before the messages
/// are sent; messages do not wait until it is durable (`flush` does that where it matters).
/// Ceph: `PeeringState::PeeringListener` and `PeeringCtx`.
package enum PeeringAction: Sendable {
  // MARK: Other daemons

  case send(PeeringMessage, to: Int32)
  /// Ask the monitor for this acting set (MOSDPGTemp); empty: as the map says.
  case wantPGTemp([Int32])
  /// A wish for another acting set is void.
  case clearWantPGTemp
  /// Ask the monitor to note that this OSD was alive in this epoch (MOSDAlive).
  case wantUpThrough(UInt32)
  /// Whom this PG needs heartbeats with; replaces what it said before.
  case heartbeatPeers(Set<Int32>)
  /// Whom peering waits to hear from; they too want heartbeats. Empty: nobody.
  case probeTargets(Set<PGShard>)
  /// The PG has been made: MOSDPGCreated to the monitor.
  case tellCreated
  /// Tell the OSD's merge bookkeeping (MOSDPGReadyToMerge).
  case mergeReadiness(MergeReadiness)

  // MARK: The store

  /// Write what has changed. At most once per event, after all else that changes the store.
  case persist(PeeringChanges)
  /// Remove the object: its divergent changes cannot be undone.
  case removeObject(HObject)
  /// Undo this entry's change (erasure code; its `modification` can).
  case rollBack(PGLogEntry)
  /// What was kept in order to undo this entry is not needed any more (erasure code).
  case rollForward(PGLogEntry)
  /// Like `rollForward`, of an entry that is being trimmed.
  case trimRollback(PGLogEntry)
  /// Feed this event once this event's transaction is durable.
  case whenCommitted(PGPeeringEvent)
  /// Feed `intervalFlushed` with this epoch once all that the PG queued so far is durable. Until
  /// then the machine keeps its messages back.
  case flush(PGPeeringEvent)

  // MARK: Time and reservations

  case schedule(PGPeeringEvent, after: TimeSpan)
  /// A place among the OSD's recoveries and backfills, as primary (`AsyncReserver`).
  case requestLocalReservation(priority: UInt32, grant: PGPeeringEvent, preempt: PGPeeringEvent)
  case updateLocalReservation(priority: UInt32)
  case cancelLocalReservation
  /// The same as a replica. With `space`, room for a backfill is set aside first; if there is none,
  /// `rejectTooFullRemoteReservation` is fed with the grant's epochs and nothing is reserved.
  case requestRemoteReservation(
    priority: UInt32, grant: PGPeeringEvent, preempt: PGPeeringEvent?, space: RecoverySpace?)
  case cancelRemoteReservation
  case releaseRecoverySpace
  /// A place among the removals; `grant` is `deleteReserved`, `preempt` is `deleteInterrupted`.
  case requestDeleteReservation(priority: UInt32, grant: PGPeeringEvent, preempt: PGPeeringEvent)
  case cancelDeleteReservation

  // MARK: The PG's ops

  /// A new interval: readers and writers in flight end; take ops back (Ceph: `on_change`).
  case change
  case newInterval
  /// Whether this OSD is primary, or which place it has, is another (Ceph: `on_role_change`).
  case roleChange
  case poolChange
  /// What a primary keeps is void (pulls, pushes, backfill position, scrubs).
  case clearPrimaryState
  /// These snapshots may be trimmed; backfill begins where its targets end (Ceph: `on_activate`).
  case activate(snapsToTrim: IntervalSet)
  /// All acting have activated: serve. Ops that wait for the PG go on, if it is readable.
  case activateComplete
  /// This replica's activation is durable: what waited for it goes on.
  case replicaActivated
  case activeExit
  /// All copies are whole and where they belong.
  case clean
  /// Ops that wait for a lease may be looked at again.
  case recheckReadable
  /// At the end of new maps, while active: recovery, scrubs, backfill may look at the map.
  case activeMapChanged
  /// Pulls from OSDs that this map has not up start over.
  case checkRecoverySources(OSDMap)
  /// What was missing is known now, or where it is: ops that wait for it may be looked at.
  case missingChanged

  // MARK: Recovery

  /// The reservations are made: begin to recover, or go on.
  case startRecovery
  case startBackfill
  case cancelBackfill
  /// Recovery is over or put off: nothing more is pulled or pushed.
  case stopRecovery

  // MARK: Removal

  /// Remove a slice of the copy's objects, then feed the event; without any left, `removed` is fed.
  case deleteSlice(PGPeeringEvent)

  // MARK: Reports

  case publishStats
  case clearPublishStats
  /// The history was changed: scrub schedules may be (Ceph: `on_info_history_change`).
  case historyChange
  case log(PeeringLogLevel, String)
  /// A peer relies on what this copy cannot be brought to (stock asserts): the daemon is to end.
  case fail(String)
}

/// For whom a line is.
package enum PeeringLogLevel: Sendable {
  /// The daemon's log, at this level of `debug_osd`.
  case debug(Int)
  /// The cluster's log.
  case clusterInfo
  case clusterWarning
  case clusterError
}

/// Messages between OSDs that peering sends.
package enum PeeringMessage: Sendable {
  case notify(MOSDPGNotify2)
  case query(MOSDPGQuery2)
  case info(MOSDPGInfo2)
  case log(MOSDPGLog)
  case lease(MOSDPGLease)
  case leaseAck(MOSDPGLeaseAck)
  case trim(MOSDPGTrim)
  case remove(MOSDPGRemove)
  case recoveryReserve(MRecoveryReserve)
  case backfillReserve(MBackfillReserve)
}

/// Room that a backfill will need here; bytes.
package struct RecoverySpace: Hashable, Sendable {
  /// What the primary has of the PG.
  package var primaryBytes: Int64
  /// What is here already.
  package var localBytes: Int64

  package init(primaryBytes: Int64, localBytes: Int64) {
    self.primaryBytes = primaryBytes
    self.localBytes = localBytes
  }
}

/// Whether a PG that is to be merged is at rest. Ceph: `set_ready_to_merge_source` and its kin.
package enum MergeReadiness: Hashable, Sendable {
  case none
  case sourceReady(EVersion)
  case sourceNotReady
  case targetReady(EVersion, lastEpochStarted: UInt32, lastEpochClean: UInt32)
  case targetNotReady(source: PGID)
}

/// What of a PG differs from what the store has; the values are the machine's (`info`, `log`, ...).
package struct PeeringChanges: Sendable {
  /// `PeeringState.info`.
  package var info = false
  /// `PeeringState.pastIntervals`, and what else is big in the information.
  package var bigInfo = false
  package var log = PGLogChanges()

  package init() {}

  package var isEmpty: Bool { !info && !bigInfo && log.isEmpty }
}

/// Which keys of a log are to be written anew: first what is to go is removed, then what the log has
/// is written.
package struct PGLogChanges: Hashable, Sendable {
  /// Entries from here on are not in the store as they are in memory; `EVersion.max`: none.
  package var entriesFrom = EVersion.max
  /// The same for entries up to here, beginning at the tail.
  package var entriesThrough = EVersion.zero
  /// All dups are to be written, and no others kept.
  package var dups = false
  /// These entries were there and are not any more (divergent).
  package var removed: Set<EVersion> = []
  /// The tail has moved up: what is older than the log and its dups can go.
  package var isTrimmed = false
  /// Nothing of what the store has is to be kept: remove all entries and dups, write all.
  package var isReplaced = false
  /// Objects whose missing item came, went or changed.
  package var missing: Set<HObject> = []

  package init() {}

  package var isEmpty: Bool {
    entriesFrom == .max && entriesThrough == .zero && !dups && removed.isEmpty && !isTrimmed
      && !isReplaced && missing.isEmpty
  }
}
