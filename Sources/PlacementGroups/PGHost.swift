import RadosTypes

/// What PGs ask of the daemon around them. Called on a shard's reactor; must not block.
package protocol PGHost: AnyObject, Sendable {
  /// Map `epoch` or a newer one is wanted: clients know it already.
  func wantMap(_ epoch: UInt32)
  /// A PG can go active once the map says that this OSD was alive in `epoch` (MOSDAlive).
  func wantUpThrough(_ epoch: UInt32)
  /// A PG that the monitor asked for is there (MOSDPGCreated).
  func pgCreated(_ pgID: PGID)
  /// The pool is gone and so is the last of the PG.
  func pgDeleted(_ pgID: ShardPGID)
}
