import ClusterMaps
import Messages
import Peering
import PlacementGroups
import RadosTypes
import Reactors

/// What PGs ask of the daemon, brought from their reactors to its own.
final class PGRequests: PGHost, @unchecked Sendable {
  /// All set once before anything starts; maps are asked for before there is an owner.
  weak var owner: OSD?
  var history: MapHistory?
  var peers: PeerLinks?

  func wantMap(_ epoch: UInt32) { bring { $0.wantMap(epoch) } }
  func wantUpThrough(_ epoch: UInt32) { bring { $0.wantUpThrough(epoch) } }
  func wantPGTemp(_ pgID: PGID, _ acting: [Int32]?) { bring { $0.wantPGTemp(pgID, acting) } }
  func pgCreated(_ pgID: PGID) { bring { $0.pgCreated(pgID) } }
  func pgDeleted(_ pgID: ShardPGID) {}
  func mergeReadiness(_ pgID: PGID, _ readiness: MergeReadiness) {
    bring { $0.mergeReadiness(pgID, readiness) }
  }

  func tell(_ level: LogEntry.Level, _ text: String) {
    owner?.monitors.clusterLog.write(level, text)
  }

  func clock(of osd: Int32) -> ClockDelta {
    owner?.messengers.heartbeatDispatcher.clock(of: osd) ?? ClockDelta()
  }

  func fail() { owner?.parts.onFatal(1) }

  func send(_ message: RawMessage, to osd: Int32, _ epoch: UInt32) {
    peers?.send(message, to: osd, epoch)
  }

  func map(_ epoch: UInt32) async -> OSDMap? {
    guard let history else { return nil }
    nonisolated(unsafe) let maps = history
    let home = history.meta.reactor
    return await withUnsafeContinuation { continuation in
      home.post { home.spawn { continuation.resume(returning: await maps.map(epoch)) } }
    }
  }

  private func bring(_ body: @escaping @Sendable (OSD) -> Void) {
    guard let owner else { return }
    owner.home.post { body(owner) }
  }
}
