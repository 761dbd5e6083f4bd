import RadosTypes

/// What becomes of objects that were changed by entries which the others do not have.
///
/// Source: `PGLog::_merge_object_divergent_entries` in src/osd/PGLog.h.
extension PGLog {
  /// Undoes `divergent`, which are not in this log any more, in what `missing` says and, by `effects`,
  /// in the store.
  ///
  /// `info` is the holder's; `canRollbackTo` what the log's was before the entries were taken off.
  package func mergeDivergent(
    _ divergent: [PGLogEntry], info: PGInfo, canRollbackTo: EVersion, missing: inout MissingSet,
    effects: inout [PeeringAction]
  ) {
    guard !divergent.isEmpty else { return }
    let byObject = Dictionary(grouping: divergent, by: \.object)
    var newest: [HObject: PGLogEntry] = [:]
    for entry in entries where !entry.isError && byObject[entry.object] != nil {
      newest[entry.object] = entry
    }
    for (object, entries) in byObject.sorted(by: { $0.key < $1.key })
    where object <= info.lastBackfill {
      let changes = entries.filter { !$0.isError }
      guard let first = changes.first, let last = changes.last else { continue }
      let merge = DivergentObject(
        object: object, changes: changes, first: first, last: last,
        isInStore: missing.contains(object) || !last.isDelete)
      if let entry = newest[object], entry.version >= first.version {
        merge.supersede(&missing, &effects)
      } else {
        merge.undo(canRollbackTo: canRollbackTo, &missing, &effects)
      }
    }
  }
}

/// One object's divergent changes; not empty.
private struct DivergentObject {
  let object: HObject
  let changes: [PGLogEntry]
  let first: PGLogEntry
  let last: PGLogEntry
  let isInStore: Bool

  /// The log has a newer entry, by which the object is missing already: what is here is worth nothing.
  func supersede(_ missing: inout MissingSet, _ effects: inout [PeeringAction]) {
    missing.reviseHave(object, .zero)
    missing.markFullyDirty(object)
    remove(&effects)
  }

  func undo(
    canRollbackTo: EVersion, _ missing: inout MissingSet, _ effects: inout [PeeringAction]
  ) {
    if first.priorVersion == .zero || first.operation == .clone {
      // It was made by them, so there is none.
      missing.remove(object)
      remove(&effects)
    } else if let item = missing[object] {
      if item.have == first.priorVersion {
        missing.remove(object)
      } else {
        missing.reviseNeed(object, first.priorVersion, isDelete: false)
      }
      trim(&effects)
    } else if changes.allSatisfy({
      $0.modification.canLocalRollback && $0.version > canRollbackTo
    }) {
      for entry in changes.reversed() { effects.append(.rollBack(entry)) }
    } else {
      remove(&effects)
      missing.set(
        object, MissingItem(need: first.priorVersion, cleanRegions: .fullyDirty))
    }
  }

  private func remove(_ effects: inout [PeeringAction]) {
    if isInStore { effects.append(.removeObject(object)) }
    trim(&effects)
  }

  private func trim(_ effects: inout [PeeringAction]) {
    for entry in changes where entry.modification.canLocalRollback {
      effects.append(.trimRollback(entry))
    }
  }
}
