import OpExecution
import Peering
import Replication
import Scheduling
import Scrubbing

/// What the PG layer is told of options; defaults are Ceph's unless a comment says otherwise.
package struct PGSettings: Sendable {
  package var whoami: Int32
  package var ops = OpLimits()
  package var peering = PeeringSettings()
  package var log: PGLogLimits {
    get { peering.logLimits }
    set { peering.logLimits = newValue }
  }
  package var recovery = RecoverySettings()
  /// At start; `ScrubQueue` has what counts now.
  package var scrub = ScrubSettings()
  /// How much is copied at a time, at first.
  package var recoveries = RecoveryThrottle.Limits()
  /// osd_max_backfills: PGs that recover or are backfilled at a time, of those that this OSD leads, and
  /// of those that it follows; at first.
  package var backfillsMax = 1
  /// Bytes and ops that a shard lets run at a time; what is beyond waits in the scheduler, in order of
  /// priority. Of this project.
  package var bytesInFlightMax = 64 << 20
  package var opsInFlightMax = 1024
  /// Object contexts that a shard keeps though nobody uses them. Of this project.
  package var contextsMax = 1024
  /// osd_op_queue_cut_off.
  package var strictPriority: UInt32 = 196
  /// osd_failsafe_full_ratio.
  package var failsafeRatio = 0.97
  /// osd_pg_stat_report_interval_max: a PG that nothing happened to is reported this often.
  package var reportInterval: Duration = .seconds(500)
  /// How many objects a deletion removes at a time (osd_target_transaction_size).
  package var deletionBatch = 30

  package init(whoami: Int32) { self.whoami = whoami }
}
