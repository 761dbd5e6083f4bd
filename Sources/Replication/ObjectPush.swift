import RadosTypes

/// An object on its way from here to one peer, part by part.
///
/// Ceph: `ReplicatedBackend::PushInfo`, `prep_push_to_replica`, `prep_push`.
package struct ObjectPush: Sendable {
  package private(set) var recovery: ObjectRecoveryInfo
  package private(set) var progress = ObjectRecoveryProgress()
  /// What the parts made so far amount to.
  package private(set) var recovered = ObjectStatSum()

  /// `missing` is what the peer lacks of it; for an object that backfill brings, all. The set of clones
  /// goes with a clone whose head is here, and with nothing else.
  package init(
    _ info: ObjectInfo, object: HObject, snapSet: SnapSet = SnapSet(), missing: MissingItem,
    subsets: RecoverySubsets
  ) {
    recovery = ObjectRecoveryInfo(object)
    recovery.version = info.version
    recovery.size = info.size
    recovery.info = info
    recovery.snapSet = snapSet
    recovery.copySubset = subsets.copied
    recovery.cloneSubset = subsets.fromClones
    recovery.exists = !missing.cleanRegions.isNew
    progress.omapComplete = missing.cleanRegions.cleanOmap
  }

  /// All parts have been made; the last one's answer completes the object.
  package var isDone: Bool { progress.dataComplete }

  /// The next part. An error ends the push: the source has lost the object.
  package mutating func next(from source: ObjectSource) async throws(RecoveryError) -> PushOp {
    precondition(!isDone, "\(recovery.object) has been pushed")
    let push = try await source.push(recovery, after: progress)
    progress = push.after
    recovered += push.recovered
    return push
  }
}
