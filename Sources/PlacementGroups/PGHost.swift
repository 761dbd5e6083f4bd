import ClusterMaps
import Messages
import Peering
import RadosTypes

/// What PGs ask of the daemon around them. Called on a shard's reactor; must not block.
package protocol PGHost: AnyObject, Sendable {
  /// Map `epoch` or a newer one is wanted: clients or peers know it already.
  func wantMap(_ epoch: UInt32)
  /// A map that this OSD keeps; nil if it does not.
  func map(_ epoch: UInt32) async -> OSDMap?
  /// A PG can go active once the map says that this OSD was alive in `epoch` (MOSDAlive).
  func wantUpThrough(_ epoch: UInt32)
  /// A PG wants another acting set than the map's for a while; nil: not any more; empty: none
  /// (MOSDPGTemp).
  func wantPGTemp(_ pgID: PGID, _ acting: [Int32]?)
  /// A PG that the monitor asked for is there (MOSDPGCreated).
  func pgCreated(_ pgID: PGID)
  /// This copy is not here any more.
  func pgDeleted(_ pgID: ShardPGID)
  /// A PG that is to be merged is at rest, or is not any more (MOSDPGReadyToMerge).
  func mergeReadiness(_ pgID: PGID, _ readiness: MergeReadiness)
  /// A line for the cluster's log.
  func tell(_ level: LogEntry.Level, _ text: String)
  /// How another OSD's clock differs, as heartbeats tell.
  func clock(of osd: Int32) -> ClockDelta
  /// Nothing can go on as it should; the reason is in the log. The process ends within this call.
  func fail()
  /// To another OSD, if it is up and was in `epoch`; in order for each PG.
  func send(_ message: RawMessage, to osd: Int32, _ epoch: UInt32)
}
