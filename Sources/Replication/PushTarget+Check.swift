import Base
import ObjectStores
import RadosTypes
import Wire

/// What a part must be like for the store to take it: a peer's fault must not become a failed
/// transaction.
extension PushTarget {
  func checkShape(of push: PushOp) throws(RecoveryError) {
    try checkName(of: push)
    try checkData(of: push)
    for clone in push.recovery.cloneSubset.keys {
      guard clone.head == push.object.head, clone != push.object, clone.isClone else {
        throw .malformed(push.object, "data from \(clone)")
      }
    }
    guard !push.before.isFirst else { return }
    guard let known = unfinished(push.object) else {
      throw .malformed(push.object, "a further part without a first one")
    }
    guard known.progress.dataRecoveredTo == push.before.dataRecoveredTo,
      known.progress.omapRecoveredTo == push.before.omapRecoveredTo,
      known.info.version == push.version
    else { throw .malformed(push.object, "a part that does not follow on the last one") }
  }

  private func checkName(of push: PushOp) throws(RecoveryError) {
    let object = push.object
    guard push.version != .zero else { throw .notAtSource(object) }
    guard object == push.recovery.object, push.version == push.recovery.version else {
      throw .malformed(
        object, "\(push.version), but told of \(push.recovery.object) \(push.recovery.version)")
    }
    guard isUserObject(object) else { throw .malformed(object, "not an object of \(pg)") }
  }

  private func checkData(of push: PushOp) throws(RecoveryError) {
    let start = push.before.dataRecoveredTo
    let end = push.after.dataRecoveredTo
    guard start <= end, push.recovery.size < Limits.objectBytesMax else {
      throw .malformed(push.object, "data \(start) to \(end) of \(push.recovery.size) bytes")
    }
    guard push.dataIncluded.count == UInt64(push.data.count) else {
      throw .malformed(push.object, "\(push.data.count) bytes for \(push.dataIncluded)")
    }
    let part = push.copied
    guard push.dataIncluded.isSubset(of: part), part.end ?? 0 <= push.recovery.size else {
      throw .malformed(push.object, "\(push.dataIncluded) outside of \(part)")
    }
    for runs in push.recovery.cloneSubset.values where runs.end ?? 0 > push.recovery.size {
      throw .malformed(push.object, "\(runs) of clones beyond \(push.recovery.size) bytes")
    }
  }

  /// From the part's attributes if it is the first, else what the first one's said.
  func info(of push: PushOp) throws(RecoveryError) -> ObjectInfo {
    if !push.before.isFirst, let known = unfinished(push.object) { return known.info }
    let info: ObjectInfo
    do throws(DecodeError) {
      info = try ObjectInfo(wire: push.attributes[ObjectInfo.attributeName] ?? .empty)
    } catch {
      throw .malformed(push.object, "its information: \(error)")
    }
    guard info.version == push.version else {
      throw .malformed(push.object, "\(push.version), but its attribute says \(info.version)")
    }
    return info
  }
}

extension PushOp {
  /// What the part settles of the object's data: what is not included of it is a hole.
  var copied: IntervalSet {
    let start = before.dataRecoveredTo
    guard after.dataRecoveredTo > start else { return IntervalSet() }
    return recovery.copySubset.intersection(
      IntervalSet(start: start, length: after.dataRecoveredTo - start))
  }
}
