import Base
import Buffers
import ClusterMaps
import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes
import Reactors
import Replication

/// A placement group on this OSD: its objects' collection, what is agreed with the other copies, and
/// the ops that clients send it.
///
/// `peering` decides who serves and what is missing where; PG+Peering.swift does what it says. Ops are
/// served while it is active. Confined to its shard's reactor. Ceph: `PG`, `PrimaryLogPG`.
package final class PG: LogPrefixed {
  package let id: ShardPGID
  /// Outlives its PGs.
  unowned(unsafe) let shard: OSDShard
  let collection: StoreCollection
  /// The object that keeps the log and the information.
  let meta: GHObject

  let peering: PeeringState
  /// Events that have not been handled, since one is.
  var peeringEvents = Fifo<PGPeeringEvent>()
  var isPeeringBusy = false
  /// For good: its pool is gone, or nobody needs this copy.
  var isDeleting = false
  /// Its collection is removed, though that may not be durable.
  var isGone = false
  /// The map in which it split off another; zero if it did not. See `activateMap`.
  var splitEpoch: UInt32 = 0
  /// It is being merged, or has been: nothing moves it any more until then (PG+Merging.swift).
  var hasLeft = false
  /// What the next change is written together with: the merge that it is part of.
  var merging: Transaction?
  /// Called when a removal is over, instead of letting go of what came meanwhile.
  var whenDeleted: (() -> Void)?
  /// Counts intervals: what began in an earlier one must not go on.
  var interval = 0

  /// The newest log entry that is durable on every copy.
  var committed: EVersion
  /// Who gets every write beside this OSD, while it leads.
  var replicas: [PGShard] = []
  var gathers = RepGathers()
  var recovery = Recovery()
  var scrub = Scrub()
  /// Objects that come here in parts; made when the first comes.
  var pushTarget: PushTarget?
  /// Ops on objects that are missing, by object.
  var waitingForObject: [HObject: [ClientOp]] = [:]
  var waitingForActive = Fifo<ClientOp>()
  var waitingForReadable = Fifo<ClientOp>()
  var contexts = ObjectContextCache()
  /// Listings under way.
  var listings: [ClientOp] = []

  /// What was said to it while it is being deleted.
  var lateMessages: [PeerMessage] = []
  var lateOps: [ClientOp] = []
  var lateCreations: [PGCreation] = []
  /// With whom this PG's daemon has to exchange heartbeats.
  var heartbeatPeers: Set<Int32> = []
  var probeTargets: Set<Int32> = []

  /// Something about it has changed since it was last reported.
  var hasNews = true
  /// Below this version no keys of the log are left in the store.
  var keysFloor = EVersion.zero
  /// The statistics are being counted anew.
  var recount: StatRecount?
  /// One that was given up must not go on.
  var recounts = 0

  init(_ peering: PeeringState, on collection: StoreCollection, shard: OSDShard) {
    id = peering.id
    self.peering = peering
    self.collection = collection
    self.shard = shard
    meta = GHObject.pgMeta(peering.id)
    committed = peering.log.head
  }

  // Read in place: each of these is large, and an op asks for a field or two.
  package var info: PGInfo {
    _read { yield peering.info }
    _modify { yield &peering.info }
  }
  package var log: PGLog {
    _read { yield peering.log }
    _modify { yield &peering.log }
  }
  var map: OSDMap { peering.map }
  var pool: Pool { _read { yield peering.pool } }
  var placement: PGPlacement { _read { yield peering.placement } }
  var state: PGState { peering.state }
  var isPrimary: Bool { peering.isPrimary }
  var store: any ObjectStore { shard.store }
  var reactor: Reactor { shard.reactor }
  var settings: PGSettings { shard.settings }
  var now: UTime { UTime(wallNanoseconds: reactor.clock.wallNanoseconds) }

  var nextVersion: EVersion { EVersion(epoch: map.epoch, version: log.head.version + 1) }

  package var logPrefix: String {
    "osd.\(settings.whoami) \(map.epoch) pg[\(info) \(state)]"
  }

  /// How many low bits of an object's hash are this PG's own.
  var splitBits: UInt32 { id.pgID.splitBits(pgCount: pool.pgCount) }

  /// An object as the store names it here.
  func stored(_ object: HObject) -> GHObject { GHObject(object, shard: id.shard) }
}
