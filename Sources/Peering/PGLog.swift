import Base
import RadosTypes

/// What was done to a PG lately, in order: the ground of recovery, and of knowing a request that comes
/// again.
///
/// Entries have versions above `tail` up to `head`. Of what was trimmed, `dups` keeps as much as is
/// needed to answer repetitions. Pure: persistence is `PGLogFormat`'s and the PG's. Ceph: `PGLog`,
/// `IndexedLog`.
package struct PGLog {
  package private(set) var head = EVersion.zero
  package private(set) var tail = EVersion.zero
  package private(set) var entries = Fifo<PGLogEntry>()
  /// Ascending; all at or below `tail`, except in a child that a split left without entries.
  package private(set) var dups = Fifo<PGLogDup>()
  /// Requests that were done, and in which version.
  package private(set) var index: [ReqID: EVersion] = [:]
  /// Entries above can be undone where they are (erasure code). In replicated pools there are none:
  /// this is the head, and not kept in the store.
  package private(set) var canRollbackTo = EVersion.zero
  /// Up to here, what was kept in order to undo entries is gone.
  package private(set) var rollbackInfoTrimmedTo = EVersion.zero

  package init() {}

  /// A log with no entries between these; `dups` ascend.
  package init(head: EVersion, tail: EVersion, dups: [PGLogDup] = []) {
    self.head = head
    self.tail = tail
    canRollbackTo = head
    rollbackInfoTrimmedTo = head
    for dup in dups { append(dup) }
  }

  package var count: Int { entries.count }

  /// Adds an entry above `head`.
  package mutating func append(_ entry: PGLogEntry) {
    precondition(entry.version > head, "entry \(entry.version) on a log that ends at \(head)")
    head = entry.version
    if entry.indexesReqID { index[entry.reqID] = entry.version }
    entries.append(entry)
  }

  /// Adds what is left of an entry that was trimmed before this log was loaded.
  package mutating func append(_ dup: PGLogDup) {
    index[dup.reqID] = dup.version
    dups.append(dup)
  }

  /// What became of this request, if it was done; it may not be committed yet.
  package func find(_ reqID: ReqID) -> PGLogDup? {
    guard let version = index[reqID] else { return nil }
    if let place = Self.place(of: version, count: entries.count, { entries[$0].version }) {
      return PGLogDup(entries[place])
    }
    guard let first = Self.place(of: version, count: dups.count, { dups[$0].version }) else {
      return nil
    }
    // Those of PGs that became one may have the same version.
    return (first..<dups.count).lazy.map { dups[$0] }.prefix { $0.version == version }
      .first { $0.reqID == reqID }
  }

  /// Whether an entry above `version` is of this head, or of a clone of it.
  package func hasWrite(of head: HObject, after version: EVersion) -> Bool {
    var place = entries.count
    while place > 0 {
      place -= 1
      let entry = entries[place]
      if entry.version <= version { return false }
      if entry.object.hash == head.hash, entry.object.head == head { return true }
    }
    return false
  }

  package func entry(at version: EVersion) -> PGLogEntry? {
    Self.place(of: version, count: entries.count) { entries[$0].version }.map { entries[$0] }
  }

  /// Place of a version among ascending ones.
  static func place(of version: EVersion, count: Int, _ at: (Int) -> EVersion) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if at(middle) < version { low = middle + 1 } else { high = middle }
    }
    return low < count && at(low) == version ? low : nil
  }
}

/// How long a log is kept. Defaults are those of Ceph 16.2's options named at each.
package struct PGLogLimits: Sendable {
  /// osd_min_pg_log_entries, osd_max_pg_log_entries: bounds of the length that is aimed at.
  package var entriesMin = 250
  package var entriesMax = 10000
  /// osd_target_pg_log_entries_per_osd, which is 300,000 in Ceph: 130 MB of a daemon that is to be
  /// small. What it buys is a longer time for which recovery goes by the log.
  package var entriesPerOSD = 50_000
  /// osd_pg_log_trim_min: trimmed in batches of this many.
  package var trimMin = 100
  /// osd_pg_log_trim_max: and of no more than this many.
  package var trimMax = 10000
  /// osd_pg_log_dups_tracked: for how many versions back repetitions are known.
  package var dupsTracked: UInt64 = 3000

  package init() {}

  /// How many entries each of this many PGs should have.
  package func target(pgCount: Int) -> Int {
    pgCount > 0 && entriesPerOSD > 0
      ? max(min(entriesPerOSD / pgCount, entriesMax), entriesMin) : entriesMin
  }
}

extension PGLog {
  /// Turns the entries up to `point` into dups and forgets those too old; returns the version above
  /// which dups are kept.
  @discardableResult
  package mutating func trim(to point: EVersion, limits: PGLogLimits) -> UInt64 {
    let kept = head.version > limits.dupsTracked ? head.version - limits.dupsTracked : 0
    while let version = entries.first?.version, version <= point, let entry = entries.popFirst() {
      tail = version
      guard entry.indexesReqID else { continue }
      if entry.version.version > kept {
        dups.append(PGLogDup(entry))
      } else {
        forget(PGLogDup(entry))
      }
    }
    while let dup = dups.first, dup.version.version <= kept {
      _ = dups.popFirst()
      forget(dup)
    }
    return kept
  }

  private mutating func forget(_ dup: PGLogDup) {
    if index[dup.reqID] == dup.version { index[dup.reqID] = nil }
  }

  /// Gives the entries of the objects whose hash ends in `seed` (its low `bits` bits) to a child.
  ///
  /// Both keep head, tail and all dups (`pg_log_t::split_out_child`): no side may reuse a version, and
  /// a request may be repeated to either.
  package mutating func split(child: PGID, bits: UInt32) -> PGLog {
    var parts = (mine: PGLog(head: tail, tail: tail), child: PGLog(head: tail, tail: tail))
    (parts.mine.canRollbackTo, parts.mine.rollbackInfoTrimmedTo) = rollbackBounds
    (parts.child.canRollbackTo, parts.child.rollbackInfoTrimmedTo) = rollbackBounds
    for entry in entries {
      if child.contains(hash: entry.object.hash, bits: bits) {
        parts.child.append(entry)
      } else {
        parts.mine.append(entry)
      }
    }
    for dup in dups {
      parts.mine.append(dup)
      parts.child.append(dup)
    }
    parts.mine.head = head
    parts.child.head = head
    self = parts.mine
    return parts.child
  }
}

extension PGLog {
  /// The log ends here although its last entry is older: the newer ones went to a split's child.
  package mutating func raiseHead(to version: EVersion) { head = max(head, version) }

  mutating func setRollback(to bound: EVersion, trimmedTo trimmed: EVersion) {
    canRollbackTo = bound
    rollbackInfoTrimmedTo = trimmed
  }

  private var rollbackBounds: (EVersion, EVersion) { (canRollbackTo, rollbackInfoTrimmedTo) }

  /// Nothing up to here will be undone; returns the entries whose means to do so can go.
  package mutating func rollForward(to version: EVersion) -> [PGLogEntry] {
    var forwarded: [PGLogEntry] = []
    if version > rollbackInfoTrimmedTo {
      forwarded = entries(after: rollbackInfoTrimmedTo).filter { $0.version <= version }
    }
    canRollbackTo = max(canRollbackTo, version)
    rollbackInfoTrimmedTo = max(rollbackInfoTrimmedTo, version)
    return forwarded
  }

  /// Nothing can be undone, nor was there anything kept for it.
  package mutating func forbidRollback() {
    canRollbackTo = max(canRollbackTo, head)
    rollbackInfoTrimmedTo = max(rollbackInfoTrimmedTo, head)
  }

  /// Takes off the entries above `version`, and returns them in their order.
  ///
  /// By the counter alone: an entry that was written in two epochs under the same counter is another
  /// entry (`pg_log_t::rewind_from_head`).
  mutating func rewind(to version: EVersion) -> [PGLogEntry] {
    precondition(version >= tail, "a log from \(tail) cannot be rewound to \(version)")
    var divergent: [PGLogEntry] = []
    while let last = entries.last, last.version.version > version.version {
      _ = entries.popLast()
      if index[last.reqID] == last.version { index[last.reqID] = nil }
      divergent.append(last)
    }
    head = version
    canRollbackTo = min(canRollbackTo, version)
    rollbackInfoTrimmedTo = min(rollbackInfoTrimmedTo, version)
    return divergent.reversed()
  }

  /// Puts older entries, in their order, before the first; the log begins at `tail` then.
  mutating func extendTail(_ older: [PGLogEntry], to tail: EVersion) {
    for entry in older.reversed() {
      entries.prepend(entry)
      if entry.indexesReqID, index[entry.reqID] == nil { index[entry.reqID] = entry.version }
    }
    self.tail = tail
  }

  /// The same entries with other dups.
  mutating func replaceDups(_ new: [PGLogDup]) {
    for dup in dups { forget(dup) }
    dups.removeAll()
    for dup in new {
      dups.append(dup)
      if index[dup.reqID] == nil { index[dup.reqID] = dup.version }
    }
  }
}
