import ClusterMaps
import RadosTypes

/// How the copies of a PG come to agree on what was written, one copy's view: events in, actions out.
///
/// No I/O, no clock, no randomness: two machines that are told the same do the same. States and events
/// have Ceph's names (`PeeringState.h`); `Stage` draws them. The driver feeds one event at a time and
/// carries out the actions in their order. Confined to the PG's thread.
package final class PeeringState {
  // MARK: Who and where

  package let id: ShardPGID
  /// This copy.
  package let whoami: PGShard
  package let predicates: PGPredicates
  package var settings: PeeringSettings
  package internal(set) var map: OSDMap
  /// As in the latest map that had it.
  package internal(set) var pool: Pool
  package internal(set) var placement = PGPlacement()
  package internal(set) var primary = PGShard.undefined
  package internal(set) var upPrimary = PGShard.undefined
  package internal(set) var upSet: Set<PGShard> = []
  package internal(set) var actingSet: Set<PGShard> = []
  /// Acting, recovered asynchronously, or backfilled: whoever gets the writes.
  package internal(set) var actingRecoveryBackfill: Set<PGShard> = []
  package internal(set) var backfillTargets: Set<PGShard> = []
  package internal(set) var asyncRecoveryTargets: Set<PGShard> = []

  // MARK: What this copy has

  package var info: PGInfo
  package internal(set) var pastIntervals: PastIntervals
  package var log: PGLog
  /// What this copy lacks.
  package var missing: MissingSet
  package internal(set) var changes = PeeringChanges()

  // MARK: What the primary knows of the others

  package internal(set) var peerInfo: [PGShard: PGInfo] = [:]
  package internal(set) var peerMissing: [PGShard: MissingSet] = [:]
  /// Who has data of this PG and should not.
  package internal(set) var straySet: Set<PGShard> = []
  package internal(set) var missingLocation = MissingLocation()
  /// Who may have what nobody else has.
  package internal(set) var mightHaveUnfound: Set<PGShard> = []
  /// OSDs that peering waits for, for people.
  package internal(set) var blockedBy: Set<Int32> = []
  /// Not empty while another acting set is wished for.
  package internal(set) var wantActing: [Int32] = []

  // MARK: Where the machine is

  package internal(set) var state = PGState()
  /// From the outermost to the innermost.
  package internal(set) var stages: [EnteredStage] = []
  package internal(set) var lastPeeringReset: UInt32 = 0
  var actions: [PeeringAction] = []
  var now = PeeringTime()

  package init(
    _ id: ShardPGID, whoami: PGShard, map: OSDMap, pool: Pool, info: PGInfo? = nil,
    pastIntervals: PastIntervals = PastIntervals(), log: PGLog = PGLog(),
    missing: MissingSet = MissingSet(), predicates: PGPredicates = .replicated,
    settings: PeeringSettings = PeeringSettings()
  ) {
    self.id = id
    self.whoami = whoami
    self.map = map
    self.pool = pool
    self.info = info ?? PGInfo(id)
    self.pastIntervals = pastIntervals
    self.log = log
    self.missing = missing
    self.predicates = predicates
    self.settings = settings
  }

  /// Takes an event and says what to do about it.
  package func handle(_ event: PGPeeringEvent, at now: PeeringTime) -> [PeeringAction] {
    preconditionFailure("\(id): peering does not handle \(event.event.name) yet")
  }
}

extension PeeringState {
  package var isPrimary: Bool { primary == whoami }
  /// Acting, but not primary.
  package var isReplica: Bool { !isPrimary && actingSet.contains(whoami) }
  package var isActive: Bool { state.contains(.active) }
  package var isPeered: Bool { state.contains(.peered) }
  package var isClean: Bool { state.contains(.clean) }
  package var isPeering: Bool { stages.contains { $0.stage == .peering } }
}

/// A state of the machine, and since when it is in it.
package struct EnteredStage: Hashable, Sendable {
  package var stage: PeeringStage
  package var since: UTime
}
