import Buffers
import ObjectStores
import RadosTypes

/// An object on its way from one peer to here, part by part.
///
/// Ceph: `ReplicatedBackend::PullInfo`, `prepare_pull`, `handle_pull_response`.
package struct ObjectPull: Sendable {
  package let from: PGShard
  package private(set) var recovery: ObjectRecoveryInfo
  package private(set) var progress = ObjectRecoveryProgress()
  /// What the parts received so far amount to.
  package private(set) var recovered = ObjectStatSum()

  /// A head: all that is not clean, whatever its size turns out to be. The version is the one that is
  /// needed, or when the object is reverted the one that the peer has.
  package init(_ object: HObject, _ missing: MissingItem, version: EVersion, from: PGShard) {
    self.from = from
    recovery = ObjectRecoveryInfo(object)
    recovery.version = version
    recovery.size = .max
    recovery.copySubset = IntervalSet(start: 0, length: .max)
      .intersection(missing.cleanRegions.dirtyOffsets)
    note(missing)
  }

  /// A clone, whose head is here with its set of clones.
  package init(
    clone object: HObject, _ missing: MissingItem, version: EVersion, snapSet: SnapSet,
    subsets: RecoverySubsets, from: PGShard
  ) {
    self.from = from
    recovery = ObjectRecoveryInfo(object)
    recovery.version = version
    recovery.size = snapSet.cloneSize[object.snap] ?? 0
    recovery.snapSet = snapSet
    recovery.copySubset = subsets.copied
    recovery.cloneSubset = subsets.fromClones
    note(missing)
  }

  private mutating func note(_ missing: MissingItem) {
    recovery.exists = !missing.cleanRegions.isNew
    progress.omapComplete = missing.cleanRegions.cleanOmap
  }

  /// What is to be asked for next.
  package var request: PullOp { PullOp(recovery.object, recovery: recovery, progress: progress) }

  /// Takes the part that was asked for. An error ends the pull, and the peer must not be asked again.
  ///
  /// `clones` are the subsets of a clone as they are now: others may have come since it was asked for.
  package mutating func receive(
    _ push: PushOp, clones: RecoverySubsets? = nil, target: PushTarget,
    into transaction: inout Transaction
  ) async throws(RecoveryError) -> PushTarget.Received {
    guard push.object == recovery.object, push.before.isFirst == progress.isFirst else {
      throw .malformed(push.object, "not the part of \(recovery.object) that was asked for")
    }
    guard push.version != .zero else { throw .notAtSource(push.object) }
    guard push.dataIncluded.count == UInt64(push.data.count) else {
      throw .malformed(push.object, "\(push.data.count) bytes for \(push.dataIncluded)")
    }
    var next = self
    next.settle(push, clones)
    let part = next.part(push)
    let received = try await target.receive(part, advice: .adviseSequential, into: &transaction)
    next.recovery.info = received.info
    next.progress = push.after
    next.recovered += part.recovered
    self = next
    return received
  }

  /// With the first part come version and size.
  private mutating func settle(_ push: PushOp, _ clones: RecoverySubsets?) {
    if recovery.size == .max {
      recovery.size = push.recovery.size
      recovery.copySubset = recovery.copySubset.intersection(push.recovery.copySubset)
    }
    if recovery.version == .zero { recovery.version = push.version }
    // What was not asked for will not come: subsets only shrink.
    if progress.isFirst, let clones, clones.copied.isSubset(of: recovery.copySubset) {
      recovery.copySubset = clones.copied
      recovery.cloneSubset = clones.fromClones
    }
  }

  /// The part without what is not wanted. Ceph: `trim_pushed_data`.
  private func part(_ push: PushOp) -> PushOp {
    var part = push
    part.recovery = recovery
    part.after.dataComplete = push.after.isComplete(of: recovery)
    guard !push.dataIncluded.isSubset(of: recovery.copySubset) else { return part }
    part.dataIncluded = push.dataIncluded.intersection(recovery.copySubset)
    var data = BufferList()
    var at = 0
    for run in push.dataIncluded.intervals {
      let received = IntervalSet(start: run.start, length: run.length)
      for wanted in received.intersection(recovery.copySubset).intervals {
        data.append(push.data.sub(at + Int(wanted.start - run.start), Int(wanted.length)))
      }
      at += Int(run.length)
    }
    part.data = data.contiguous()
    return part
  }
}
