import ClusterMaps
import Messages
import Peering
import RadosTypes

/// Which PGs are at rest in order to be merged, and what of it the monitor has been told.
///
/// A source is reported once it and its target are ready, both led by this OSD; that one of them cannot
/// get ready is reported at once. Ceph: `OSDService::_send_ready_to_merge` and its kin.
package struct MergeReports {
  private struct Target {
    var version: EVersion
    var lastEpochStarted: UInt32
    var lastEpochClean: UInt32
  }

  private var sources: [PGID: EVersion] = [:]
  private var targets: [PGID: Target] = [:]
  private var unreadySources: Set<PGID> = []
  /// With the source that each would take in.
  private var unreadyTargets: [PGID: PGID] = [:]
  /// Sources of which the monitor has heard.
  private var reported: Set<PGID> = []

  package init() {}

  /// What a PG that this OSD leads says.
  package mutating func note(_ pgID: PGID, _ readiness: MergeReadiness) {
    switch readiness {
    case .none: forget(pgID)
    case .sourceReady(let version): sources[pgID] = version
    case .sourceNotReady: unreadySources.insert(pgID)
    case .targetReady(let version, let started, let clean):
      targets[pgID] = Target(version: version, lastEpochStarted: started, lastEpochClean: clean)
    case .targetNotReady(let source): unreadyTargets[pgID] = source
    }
  }

  private mutating func forget(_ pgID: PGID) {
    sources[pgID] = nil
    targets[pgID] = nil
    unreadySources.remove(pgID)
    unreadyTargets[pgID] = nil
    reported.remove(pgID)
  }

  /// A new session with the monitors: they may not have heard.
  package mutating func reportAgain() { reported = [] }

  /// What is merged needs no report any more.
  package mutating func prune(_ map: OSDMap) {
    reported = reported.filter { $0.seed < map.pool($0.pool)?.pgCount ?? 0 }
  }

  /// What the monitor is to hear now.
  package mutating func take(epoch: UInt32) -> [MOSDPGReadyToMerge] {
    let unready = unreadySources.union(unreadyTargets.values).subtracting(reported).sorted()
    let ready = sources.keys.filter { isReady($0) && !reported.contains($0) }.sorted()
    reported.formUnion(unready + ready)
    return unready.map { message($0, epoch, isReady: false) }
      + ready.map { message($0, epoch, isReady: true) }
  }

  private func isReady(_ source: PGID) -> Bool {
    guard let target = source.parent, targets[target] != nil else { return false }
    return !unreadySources.contains(source) && unreadyTargets[target] == nil
  }

  private func message(_ source: PGID, _ epoch: UInt32, isReady: Bool) -> MOSDPGReadyToMerge {
    let target = isReady ? source.parent.flatMap { targets[$0] } : nil
    return MOSDPGReadyToMerge(
      paxos: PaxosHeader(UInt64(epoch)), pgID: source,
      sourceVersion: isReady ? sources[source] ?? .zero : .zero,
      targetVersion: target?.version ?? .zero, lastEpochStarted: target?.lastEpochStarted ?? 0,
      lastEpochClean: target?.lastEpochClean ?? 0, isReady: isReady)
  }
}
