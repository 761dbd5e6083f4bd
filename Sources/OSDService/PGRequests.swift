import PlacementGroups
import RadosTypes

/// What PGs ask of the daemon, brought from their reactors to its own.
final class PGRequests: PGHost, @unchecked Sendable {
  /// Set once before anything starts.
  weak var owner: OSD?

  func wantMap(_ epoch: UInt32) { bring { $0.wantMap(epoch) } }
  func wantUpThrough(_ epoch: UInt32) { bring { $0.wantUpThrough(epoch) } }
  func pgCreated(_ pgID: PGID) { bring { $0.pgCreated(pgID) } }
  func pgDeleted(_ pgID: ShardPGID) {}

  private func bring(_ body: @escaping @Sendable (OSD) -> Void) {
    guard let owner else { return }
    owner.home.post { body(owner) }
  }
}
