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
  private var index: [ReqID: EVersion] = [:]

  package init() {}

  /// A log with no entries between these; `dups` ascend.
  package init(head: EVersion, tail: EVersion, dups: [PGLogDup] = []) {
    self.head = head
    self.tail = tail
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
    return Self.place(of: version, count: dups.count) { dups[$0].version }.map { dups[$0] }
  }

  /// Place of a version among ascending ones.
  private static func place(of version: EVersion, count: Int, _ at: (Int) -> EVersion) -> Int? {
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
  /// Up to where the log should be trimmed, given what is committed; nil for not at all.
  package func trimPoint(target: Int, committed: EVersion, limits: PGLogLimits) -> EVersion? {
    guard entries.count >= target + limits.trimMin else { return nil }
    let point = entries[entries.count - target - 1].version
    return point <= committed ? point : nil
  }

  /// Turns the entries up to `point` into dups and forgets those too old; returns the version above
  /// which dups are kept.
  @discardableResult
  package mutating func trim(to point: EVersion, limits: PGLogLimits) -> UInt64 {
    let kept = head.version > limits.dupsTracked ? head.version - limits.dupsTracked : 0
    while let entry = entries.first, entry.version <= point {
      _ = entries.popFirst()
      tail = entry.version
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
}
