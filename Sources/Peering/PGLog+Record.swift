import RadosTypes

/// A log as it travels, and parts of it.
extension PGLog {
  /// A log as another holder sent it; it must be well formed.
  package init(_ record: PGLogRecord) {
    self.init(head: record.tail, tail: record.tail, dups: record.dups)
    for entry in record.entries { append(entry) }
    raiseHead(to: record.head)
    setRollback(to: record.canRollbackTo, trimmedTo: record.rollbackInfoTrimmedTo)
  }

  /// The entries above `version`, in their order.
  package func entries(after version: EVersion) -> [PGLogEntry] {
    var first = entries.count
    while first > 0, entries[first - 1].version > version { first -= 1 }
    return (first..<entries.count).map { entries[$0] }
  }

  /// The newest entry below `version`.
  package func newest(below version: EVersion) -> EVersion? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].version < version { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? entries[low - 1].version : nil
  }

  /// All of it.
  package var record: PGLogRecord {
    var record = emptyRecord
    record.rollbackInfoTrimmedTo = rollbackInfoTrimmedTo
    record.entries = Array(entries)
    record.dups = Array(dups)
    return record
  }

  /// What a holder lacks whose log ends at `version` (`pg_log_t::copy_after`).
  package func record(after version: EVersion, _ limits: PGLogLimits) -> PGLogRecord {
    var record = emptyRecord
    record.entries = entries(after: version)
    if record.entries.count < entries.count {
      record.tail = entries[entries.count - record.entries.count - 1].version
    }
    record.dups = dupsKept(below: record.tail, limits)
    return record
  }

  /// At most the `max` newest entries (`pg_log_t::copy_up_to`).
  package func record(last max: Int, _ limits: PGLogLimits) -> PGLogRecord {
    var record = emptyRecord
    let first = Swift.max(0, entries.count - max)
    record.entries = (first..<entries.count).map { entries[$0] }
    if first > 0 { record.tail = entries[first - 1].version }
    record.dups = dupsKept(below: record.tail, limits)
    return record
  }

  private var emptyRecord: PGLogRecord {
    var record = PGLogRecord()
    record.head = head
    record.tail = tail
    record.canRollbackTo = canRollbackTo
    return record
  }

  /// The dups, and those of entries up to `tail`, that are young enough.
  private func dupsKept(below tail: EVersion, _ limits: PGLogLimits) -> [PGLogDup] {
    let oldest = head.version < limits.dupsTracked ? 0 : head.version - limits.dupsTracked + 1
    let trimmed = entries.lazy.prefix { $0.version <= tail }.map { PGLogDup($0) }
    return dups.filter { $0.version.version >= oldest }
      + trimmed.filter { $0.version.version >= oldest }
  }
}

extension PGLogRecord {
  /// Entries ascend within (tail, head]. A peer that sends another one is broken.
  package var isWellFormed: Bool {
    var last = tail
    for entry in entries {
      guard entry.version > last, entry.version.version > last.version || last.version == 0 else {
        return false
      }
      last = entry.version
    }
    return last <= head && tail <= head
  }
}
