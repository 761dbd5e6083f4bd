import RadosTypes

/// Two logs made one.
///
/// Source: `PGLog::merge_log`, `rewind_divergent_log`, `proc_replica_log`, `merge_log_dups` in
/// src/osd/PGLog.cc.
extension PGLog {
  /// What a merge works on besides the log: this copy's information, what it lacks, and what is to be
  /// done in the store.
  package struct Merge {
    package var info: PGInfo
    package var missing: MissingSet
    package var effects: [PeeringAction] = []
    package var changes = PGLogChanges()
    /// Whether anything was changed at all.
    package var isChanged = false

    package init(info: PGInfo, missing: MissingSet) {
      self.info = info
      self.missing = missing
    }
  }

  /// Whether the log is continued by, or continues, the other one.
  package func overlaps(_ other: PGLogRecord) -> Bool {
    if head == .zero, entries.isEmpty, tail == .zero { return other.tail == .zero }
    return head >= other.tail && other.head >= tail
  }

  /// Whether a log that begins after `version` has nothing in common with this one: there is a newer
  /// entry here that is no later one by its count, so what was written up to there was given up.
  ///
  /// What was trimmed is common otherwise. But who is backfilled gets the end of a log only, and the one
  /// who fills it may have to give that up.
  package func contradicts(tail version: EVersion) -> Bool {
    if version > head { return true }
    guard let next = entries(after: version).first else { return false }
    return next.version.version <= version.version
  }

  /// Takes over a log that is right where the two differ; they must overlap.
  package mutating func merge(_ other: PGLogRecord, of theirs: PGInfo, into merge: inout Merge) {
    precondition(overlaps(other), "\(merge.info.pgID): \(other) does not meet (\(tail),\(head)]")
    let oldTail = tail
    if other.tail < tail {
      let older = other.entries.filter { $0.version <= tail }
      extendTail(older, to: other.tail)
      merge.changes.entriesThrough = max(merge.changes.entriesThrough, oldTail)
      merge.info.logTail = tail
      merge.isChanged = true
    }
    takeStats(of: theirs, into: &merge)
    if other.head < head { rewind(to: other.head, &merge) }
    if other.head > head { extendHead(other, of: theirs, oldTail: oldTail, &merge) }
    if mergeDups(other.dups) {
      merge.changes.dups = true
      merge.isChanged = true
    }
  }

  /// Reports must not go back, whoever counts them.
  private func takeStats(of theirs: PGInfo, into merge: inout Merge) {
    let mine = merge.info.stats
    if merge.info.lastBackfill.isMax { merge.info.stats = theirs.stats }
    merge.info.stats.reportedSequence = max(mine.reportedSequence, theirs.stats.reportedSequence)
    merge.info.stats.reportedEpoch = max(mine.reportedEpoch, theirs.stats.reportedEpoch)
    merge.info.hitSets = theirs.hitSets
  }

  /// Gives up the entries above `version`.
  package mutating func rewind(to version: EVersion, _ merge: inout Merge) {
    let rollbackBound = canRollbackTo
    merge.info.lastComplete = min(merge.info.lastComplete, version)
    let divergent: [PGLogEntry] = rewind(to: version)
    merge.changes.removed.formUnion(divergent.map(\.version))
    merge.info.lastUpdate = version
    mergeDivergent(
      divergent, info: merge.info, canRollbackTo: rollbackBound, missing: &merge.missing,
      effects: &merge.effects)
    // What was given up may be missing now: a copy that is told whole is not asked what it lacks.
    if !merge.missing.isEmpty {
      let complete = newest(below: merge.missing.oldestNeed) ?? .zero
      merge.info.lastComplete = min(merge.info.lastComplete, complete)
    }
    merge.isChanged = true
  }

  private mutating func extendHead(
    _ other: PGLogRecord, of theirs: PGInfo, oldTail: EVersion, _ merge: inout Merge
  ) {
    let common = other.entries.last { $0.version <= head }?.version ?? .zero
    let bound = max(common, max(other.tail, oldTail))
    let rollbackBound = canRollbackTo
    let newEntries = other.entries.filter { $0.version > head }
    let divergent: [PGLogEntry] = rewind(to: bound)
    merge.changes.removed.formUnion(divergent.map(\.version))
    merge.effects += rollForward(to: head).map { .rollForward($0) }
    for entry in newEntries {
      append(entry)
      if entry.object <= merge.info.lastBackfill, !entry.isError { merge.missing.addNext(entry) }
    }
    mergeDivergent(
      divergent, info: merge.info, canRollbackTo: rollbackBound, missing: &merge.missing,
      effects: &merge.effects)
    raiseHead(to: other.head)
    forbidRollback()
    merge.changes.entriesFrom = min(merge.changes.entriesFrom, newEntries.first?.version ?? .max)
    merge.info.lastUpdate = head
    merge.info.lastUserVersion = theirs.lastUserVersion
    merge.info.purgedSnaps = theirs.purgedSnaps
    merge.info.stats.sum.objectsMissing = Int64(merge.missing.count)
    merge.isChanged = true
  }

  /// Takes the other's dups at both ends, and drops those that are entries; whether any changed.
  private mutating func mergeDups(_ others: [PGLogDup]) -> Bool {
    var all = Array(dups)
    if all.isEmpty {
      all = others
    } else if let first = all.first?.version, let last = all.last?.version {
      all = others.filter { $0.version < first } + all + others.filter { $0.version > last }
    }
    all.removeAll { $0.version > tail }
    guard all.count != dups.count || !all.elementsEqual(dups) else { return false }
    replaceDups(all)
    return true
  }

  /// Finds what a replica lacks, given what it says of itself: its divergent entries are taken as undone.
  ///
  /// This log is the right one. Its entries above the replica's are not looked at: activation sends them.
  package func judgeReplica(
    _ info: inout PGInfo, _ other: PGLogRecord, _ missing: inout MissingSet
  ) {
    guard other.head >= tail, other.head != head else { return }
    let limit = max(other.tail, tail)
    let common = newest(below: EVersion(epoch: other.head.epoch, version: other.head.version + 1))
    let lastUpdate = max(common ?? limit, limit)
    var theirs = PGLog(other)
    var ignored: [PeeringAction] = []
    let divergent: [PGLogEntry] = theirs.rewind(to: lastUpdate)
    theirs.mergeDivergent(
      divergent, info: info, canRollbackTo: other.canRollbackTo, missing: &missing,
      effects: &ignored)
    info.lastUpdate = min(info.lastUpdate, lastUpdate)
    guard !missing.isEmpty else { return info.lastComplete = info.lastUpdate }
    let oldestNeed = missing.oldestNeed
    info.lastComplete = other.entries.last { $0.version < oldestNeed }?.version ?? .zero
  }
}
