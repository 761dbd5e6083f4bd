import Base
import ClusterMaps
import Messages
import RadosTypes

/// How the copies of a PG come to agree on what was written, one copy's view: events in, actions out.
///
/// No I/O, no clock, no randomness: two machines that are told the same do the same. States and events
/// have Ceph's names (`PeeringState.h`); `PeeringStage` draws them. The driver feeds one event at a time
/// and carries out the actions in their order. Confined to the PG's thread. All peers are taken to be of
/// Octopus or newer.
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
  package var missingLocation = MissingLocation()
  /// Who may have what nobody else has.
  package internal(set) var mightHaveUnfound: Set<PGShard> = []
  /// OSDs that peering waits for, for people.
  package internal(set) var blockedBy: Set<Int32> = []
  /// Not empty while another acting set is wished for.
  package internal(set) var wantActing: [Int32] = []
  var peerBytes: [PGShard: Int64] = [:]
  var peerPurged: Set<PGShard> = []
  var peerActivated: Set<PGShard> = []
  var peerLogRequested: Set<PGShard> = []
  var peerMissingRequested: Set<PGShard> = []

  // MARK: What is durable; only while active

  package internal(set) var lastUpdateOnDisk = EVersion.zero
  package internal(set) var lastCompleteOnDisk = EVersion.zero
  package internal(set) var peerLastCompleteOnDisk: [PGShard: EVersion] = [:]
  /// Up to here everybody who gets the writes has everything.
  package internal(set) var minLastCompleteOnDisk = EVersion.zero
  /// Up to where the log can be trimmed, here and at the replicas.
  package internal(set) var trimTo = EVersion.zero

  // MARK: Where the machine is

  package internal(set) var state = PGState()
  /// From the outermost to the innermost.
  package internal(set) var stages: [EnteredStage] = []
  /// Those that it has left.
  package var stageHistory = StageHistory()
  package internal(set) var lastPeeringReset: UInt32 = 0
  /// The oldest map that this OSD still has; what happened before cannot be told.
  package var oldestMap: UInt32 = 0
  /// How the other OSDs' clocks differ, as heartbeats tell.
  package var peerClocks: [Int32: ClockDelta] = [:]
  package internal(set) var lease = LeaseState()
  /// Of the information that the store has: a start begins with this map.
  package internal(set) var persistedEpoch: UInt32
  var sendsNotify = false
  var needUpThrough = false
  var askedUpThrough: UInt32 = 0
  var now = PeeringTime()
  var actions: [PeeringAction] = []
  /// Messages that wait for `intervalFlushed`; nil when none need to.
  var heldBack: [PeeringAction]?
  var posted = Fifo<InnerEvent>()
  /// The map before the one that is being advanced to.
  var mapBefore: OSDMap?
  var stageState = StageState()

  /// Made by this, not read from the store.
  let isNew: Bool

  /// A copy as it was stored, in `persistedEpoch`, or a new one with what is known of the PG's history.
  /// `placement` is as in `map`.
  package init(
    _ id: ShardPGID, whoami: PGShard, map: OSDMap, pool: Pool, placement: PGPlacement,
    info: PGInfo, isNew: Bool, pastIntervals: PastIntervals = PastIntervals(), log: PGLog = PGLog(),
    missing: MissingSet = MissingSet(), persistedEpoch: UInt32 = 0,
    predicates: PGPredicates = .replicated, settings: PeeringSettings = PeeringSettings()
  ) {
    self.id = id
    self.whoami = whoami
    self.map = map
    self.pool = pool
    self.info = info
    self.isNew = isNew
    self.pastIntervals = pastIntervals
    self.log = log
    self.missing = missing
    self.predicates = predicates
    self.settings = settings
    if pool.isReplicated { self.log.forbidRollback() }
    self.persistedEpoch = persistedEpoch
    stages = [EnteredStage(stage: .initial, since: .zero)]
    take(placement)
  }
}

extension PeeringState {
  package var epoch: UInt32 { map.epoch }
  package var isPrimary: Bool { primary == whoami }
  /// Acting, but not primary.
  package var isReplica: Bool { !isPrimary && actingSet.contains(whoami) }
  package var isActive: Bool { state.contains(.active) }
  package var isPeered: Bool { !state.isDisjoint(with: [.active, .peered]) }
  package var isClean: Bool { state.contains(.clean) }
  package var isPeering: Bool { state.contains(.peering) }
  package var up: [Int32] { placement.up }
  package var acting: [Int32] { placement.acting }

  package func isActing(_ member: PGShard) -> Bool { actingSet.contains(member) }
  package func isUp(_ member: PGShard) -> Bool { upSet.contains(member) }

  /// Whether those who act are enough to take writes.
  package var isActingSetWriteable: Bool {
    actingSet.count >= Int(pool.minSize) && pool.canPeer(acting, in: map.crush)
  }

  /// Who is who in the acting and the up set.
  func take(_ new: PGPlacement) {
    placement = new
    actingSet = pool.shards(of: new.acting)
    upSet = pool.shards(of: new.up)
    upPrimary = member(new.upPrimary, in: new.up)
    primary = member(new.actingPrimary, in: new.acting)
  }

  private func member(_ osd: Int32, in osds: [Int32]) -> PGShard {
    guard osd >= 0 else { return .undefined }
    guard pool.isErasure else { return PGShard(osd: osd) }
    return osds.firstIndex(of: osd).map {
      PGShard(osd: osd, shard: Int8(truncatingIfNeeded: $0))
    } ?? .undefined
  }
}

/// A state of the machine, and since when it is in it.
package struct EnteredStage: Hashable, Sendable {
  package var stage: PeeringStage
  package var since: UTime
}

/// What the states remember while the machine is in them.
struct StageState {
  // Peering
  var prior: PriorSet?
  /// No copy is as new as the PG's history says one must be.
  var isBoundByHistory = false
  // GetInfo
  var infoRequested: Set<PGShard> = []
  // GetLog
  var authLogShard = PGShard.undefined
  var masterLog: MOSDPGLog?
  // GetMissing
  var missingRequested: Set<PGShard> = []
  // Active
  var recoveryShards: [PGShard] = []
  var backfillShards: [PGShard] = []
  /// How many of those have been asked.
  var asked = 0
  var areAllReplicasActivated = false
  // ToDelete
  var deletePriority: UInt32 = 0
}

/// Events that the machine makes itself; Ceph posts them too.
enum InnerEvent {
  case outer(PeeringEvent)
  case makePrimary, makeStray
  case gotInfo, gotLog, needActingChange, needUpThrough, isDown, isIncomplete
  case activate(epoch: UInt32)
  case allReplicasActivated, goClean
  case allRemotesReserved, allBackfillsReserved
}
