import Base
import ClusterMaps
import Peering
import RadosTypes
import Replication

/// What a primary is copying at the moment, and what it waits for.
struct Recovery {
  /// An object on its way here, or from here to those who lack it, or both one after the other.
  struct Work {
    var version: EVersion
    var pull: ObjectPull?
    var pushes = ObjectPushes([:])
    /// Who has been told to delete it, and has not said that it has.
    var deletes: Set<PGShard> = []
    /// What has been pulled.
    var recovered = ObjectStatSum()

    var isIdle: Bool { pull == nil && pushes.isEmpty && deletes.isEmpty }
  }

  /// The reservations are made.
  var isRunning = false
  /// A turn has been asked for.
  var isDue = false
  /// How many objects may be begun in the present turn.
  var allowance = 0
  /// Of `work`, how many the OSD's throttle knows of.
  var counted = 0
  var work: [HObject: Work] = [:]
  /// While PGs' copies are backfilled: how far that is.
  var plan: BackfillPlan?
  /// Objects gone through that are looked at for the statistics.
  var counting: Set<HObject> = []
  /// Targets that were told that they have everything, and have not said that they know.
  var finishing: Set<PGShard> = []
  /// Events by which the backfill ends early, until all scans are answered.
  var endings = Fifo<PGPeeringEvent>()
  /// Sources that did not have what they should.
  var failures: [HObject: Set<PGShard>] = [:]

  /// The interval ends; the throttle is told by `countRecoveries`.
  mutating func clear() {
    let counted = counted
    self = Recovery()
    self.counted = counted
  }

  /// What is under way may end, nothing new begins.
  mutating func stop() { isRunning = false }
}
