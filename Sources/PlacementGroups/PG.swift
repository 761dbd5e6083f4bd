import Base
import Buffers
import ClusterMaps
import Messages
import ObjectStores
import OpExecution
import Peering
import RadosTypes
import Reactors

/// A placement group on this OSD: its objects' collection, its log, and the ops that clients send it.
///
///     peering ──up_thru known──▶ activating ──info committed──▶ active
///        ▲  └─too few copies──▶ peered                            │
///        └──────────────── new interval ◀─────────────────────────┘
///     stray: another OSD leads it.   deleting: its pool is gone; from any phase, for good.
///
/// Confined to its shard's reactor. Ceph: `PG`, `PrimaryLogPG`, `PeeringState`.
package final class PG: LogPrefixed {
  package let id: ShardPGID
  /// Outlives its PGs.
  unowned(unsafe) let shard: OSDShard
  let collection: StoreCollection
  /// The object that keeps the log and the information.
  let meta: GHObject

  package internal(set) var info: PGInfo
  package internal(set) var log: PGLog
  var map: OSDMap
  var pool: Pool
  var placement: PGPlacement
  var phase: Phase
  var state = PGState()
  /// Counts intervals: what began in an earlier one must not go on.
  var interval = 0

  /// The newest log entry that is durable.
  var committed: EVersion
  /// Writes given to the store and not committed, in order.
  var writes = Fifo<ClientOp>()
  var waitingForActive = Fifo<ClientOp>()
  var contexts = ObjectContextCache()
  /// Listings under way.
  var listings: [ClientOp] = []

  /// Something about it has changed since it was last reported.
  var hasNews = true
  var persistedEpoch: UInt32 = 0
  /// Below this version no keys of the log are left in the store.
  var keysFloor = EVersion.zero
  /// The monitor asked for it and wants to be told.
  var tellsMonitor = false
  /// The statistics are being counted anew.
  var recount: StatRecount?

  enum Phase: Sendable {
    case stray, peering, peered, activating, active, deleting
  }

  init(
    _ info: PGInfo, log: PGLog, on collection: StoreCollection, shard: OSDShard, map: OSDMap,
    pool: Pool
  ) {
    id = info.pgID
    self.info = info
    self.log = log
    self.collection = collection
    self.shard = shard
    self.map = map
    self.pool = pool
    meta = GHObject.pgMeta(info.pgID)
    placement = PGPlacement(info.stats)
    phase = .peering
    committed = log.head
  }

  var store: any ObjectStore { shard.store }
  var reactor: Reactor { shard.reactor }
  var settings: PGSettings { shard.settings }
  var isPrimary: Bool { placement.actingPrimary == settings.whoami }
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
