import Buffers
import Peering
import RadosTypes
import Testing

/// Cases of Ceph's src/test/osd/TestPGLog.cc, and the ones between them. Versions are `epoch'version`.
@Suite struct PGLogMergingTests {
  private static func object(_ number: UInt32) -> HObject {
    HObject(pool: 1, hash: number, name: ByteString("o\(number)"))
  }

  private static func version(_ epoch: UInt32, _ version: UInt64) -> EVersion {
    EVersion(epoch: epoch, version: version)
  }

  private static func modify(
    _ number: UInt32, _ version: EVersion, after prior: EVersion = .zero,
    _ operation: PGLogEntry.Operation = .modify, canRollBack: Bool = false
  ) -> PGLogEntry {
    var entry = PGLogEntry(operation, object(number), version: version, priorVersion: prior)
    entry.reqID = ReqID(name: .init(.client, 1), tid: UInt64(version.epoch) << 32 | version.version)
    if !canRollBack { entry.modification = .unrollbackable }
    return entry
  }

  /// A log after `tail`.
  private static func log(
    _ entries: [PGLogEntry], tail: EVersion = .zero, canRollbackTo: EVersion? = nil,
    dups: [PGLogDup] = []
  ) -> PGLogRecord {
    var record = PGLogRecord()
    record.tail = tail
    record.entries = entries
    record.head = entries.last?.version ?? tail
    record.canRollbackTo = canRollbackTo ?? record.head
    record.rollbackInfoTrimmedTo = record.canRollbackTo
    record.dups = dups
    return record
  }

  private static func info(_ record: PGLogRecord) -> PGInfo {
    var info = PGInfo(ShardPGID(PGID(pool: 1, seed: 0)))
    info.lastUpdate = record.head
    info.lastComplete = record.head
    info.logTail = record.tail
    info.history.epochCreated = 1
    return info
  }

  /// What comes of merging `theirs`, which is right, into `mine`.
  private static func merge(
    _ mine: PGLogRecord, _ theirs: PGLogRecord, missing: [HObject: MissingItem] = [:],
    lastBackfill: HObject = .max
  ) -> (log: PGLog, merge: PGLog.Merge) {
    var log = PGLog(mine)
    var copy = info(mine)
    copy.lastBackfill = lastBackfill
    var merge = PGLog.Merge(info: copy, missing: MissingSet(Missing(items: missing)))
    log.merge(theirs, of: info(theirs), into: &merge)
    return (log, merge)
  }

  private static func removed(_ effects: [PeeringAction]) -> [HObject] {
    effects.compactMap { if case .removeObject(let object) = $0 { object } else { nil } }
  }

  private static func rolledBack(_ effects: [PeeringAction]) -> [EVersion] {
    effects.compactMap { if case .rollBack(let entry) = $0 { entry.version } else { nil } }
  }

  private let base = [
    modify(1, version(10, 1)), modify(2, version(10, 2)),
    modify(1, version(10, 3), after: version(10, 1)),
  ]

  // MARK: Without divergence

  @Test func `equal logs change nothing`() {
    let (log, merge) = Self.merge(Self.log(base), Self.log(base))
    #expect(!merge.isChanged && merge.changes.isEmpty && merge.effects.isEmpty)
    #expect(merge.missing.isEmpty && log.head == Self.version(10, 3))
  }

  @Test func `newer entries make their objects missing, one item for each`() {
    let more =
      base + [
        Self.modify(1, Self.version(11, 4), after: Self.version(10, 3)),
        Self.modify(3, Self.version(11, 5)),
        Self.modify(2, Self.version(11, 6), after: Self.version(10, 2), .delete),
      ]
    let (log, merge) = Self.merge(Self.log(base), Self.log(more))
    #expect(log.head == Self.version(11, 6) && merge.info.lastUpdate == log.head)
    #expect(merge.missing[Self.object(1)]?.need == Self.version(11, 4))
    #expect(merge.missing[Self.object(1)]?.have == Self.version(10, 3))
    #expect(merge.missing[Self.object(3)]?.have == .zero)
    #expect(merge.missing[Self.object(3)]?.cleanRegions.isNew == true)
    #expect(merge.missing[Self.object(2)]?.isDelete == true)
    #expect(merge.effects.isEmpty && merge.changes.entriesFrom == Self.version(11, 4))
    #expect(log.canRollbackTo == log.head)
    #expect(merge.info.lastComplete == Self.version(10, 3))
  }

  @Test func `a longer tail fills in history and nothing else`() {
    let short = Self.log(Array(base.dropFirst()), tail: Self.version(10, 1))
    let (log, merge) = Self.merge(short, Self.log(base))
    #expect(Array(log.entries) == base && log.tail == .zero && merge.info.logTail == .zero)
    #expect(merge.missing.isEmpty)
    #expect(merge.changes.entriesThrough == Self.version(10, 1))
    #expect(log.find(base[0].reqID)?.version == Self.version(10, 1))
  }

  @Test func `an error entry is logged and makes nothing missing`() {
    let more = base + [Self.modify(1, Self.version(11, 4), .error)]
    #expect(Self.merge(Self.log(base), Self.log(more)).merge.missing.isEmpty)
  }

  @Test func `objects beyond the backfill are not missing`() {
    let last = Self.object(2)
    let more =
      base
      + [1, 2, 3].enumerated().map {
        Self.modify($0.element, Self.version(11, UInt64($0.offset) + 4))
      }
    let merge = Self.merge(Self.log(base), Self.log(more), lastBackfill: last).merge
    let expected = [1, 2, 3].map(Self.object).filter { $0 <= last }
    #expect(Set(merge.missing.items.keys) == Set(expected))
  }

  // MARK: Divergence, case by case

  /// Case 5: no newer entry, not missing, cannot be undone.
  @Test func `a divergent change is removed and its object missing in the version before`() {
    let mine = base + [Self.modify(1, Self.version(10, 4), after: Self.version(10, 3))]
    let (log, merge) = Self.merge(Self.log(mine), Self.log(base))
    #expect(log.head == Self.version(10, 3) && log.count == 3)
    #expect(Self.removed(merge.effects) == [Self.object(1)])
    let item = merge.missing[Self.object(1)]
    #expect(item?.need == Self.version(10, 3) && item?.have == .zero)
    #expect(item?.cleanRegions == .fullyDirty)
    #expect(merge.changes.removed == [Self.version(10, 4)])
    #expect(log.find(mine[3].reqID) == nil)
  }

  /// Case 2.
  @Test func `a divergent creation is removed and forgotten`() {
    for operation in [PGLogEntry.Operation.modify, .clone] {
      let prior = operation == .clone ? Self.version(10, 2) : .zero
      let mine = base + [Self.modify(7, Self.version(10, 4), after: prior, operation)]
      let merge = Self.merge(Self.log(mine), Self.log(base)).merge
      #expect(Self.removed(merge.effects) == [Self.object(7)] && merge.missing.isEmpty)
    }
  }

  @Test func `a divergent delete leaves nothing to remove`() {
    let mine = base + [Self.modify(2, Self.version(10, 4), after: Self.version(10, 2), .delete)]
    let merge = Self.merge(Self.log(mine), Self.log(base)).merge
    #expect(Self.removed(merge.effects).isEmpty)
    #expect(merge.missing[Self.object(2)]?.need == Self.version(10, 2))
  }

  /// Case 3, both ways.
  @Test func `an object that is missing needs what was before, or nothing if it has that`() {
    let mine = base + [Self.modify(1, Self.version(10, 4), after: Self.version(10, 3))]
    for (have, need) in [(Self.version(10, 3), nil), (Self.version(10, 1), Self.version(10, 3))] {
      let items = [Self.object(1): MissingItem(need: Self.version(10, 4), have: have)]
      let merge = Self.merge(Self.log(mine), Self.log(base), missing: items).merge
      #expect(Self.removed(merge.effects).isEmpty)
      #expect(merge.missing[Self.object(1)]?.need == need)
      if need != nil {
        #expect(merge.missing[Self.object(1)]?.have == have)
        #expect(merge.missing[Self.object(1)]?.cleanRegions == .fullyDirty)
      }
    }
  }

  /// Case 1.
  @Test func `a newer entry of the right log outdates what is here, whole`() {
    let mine = base + [Self.modify(1, Self.version(10, 4), after: Self.version(10, 3))]
    var newer = Self.modify(1, Self.version(11, 4), after: Self.version(10, 3))
    newer.cleanRegions.markDirty(offset: 0, length: 1)
    let (log, merge) = Self.merge(Self.log(mine), Self.log(base + [newer]))
    #expect(log.head == Self.version(11, 4) && log.count == 4)
    let item = merge.missing[Self.object(1)]
    #expect(item?.need == Self.version(11, 4) && item?.have == .zero)
    #expect(item?.cleanRegions == .fullyDirty)
    #expect(Self.removed(merge.effects) == [Self.object(1)])
  }

  @Test func `the same counter in another epoch is another entry`() {
    let mine = base + [Self.modify(5, Self.version(10, 4))]
    let (log, merge) = Self.merge(
      Self.log(mine), Self.log(base + [Self.modify(6, Self.version(12, 4))]))
    #expect(log.entries.last?.object == Self.object(6))
    #expect(Self.removed(merge.effects) == [Self.object(5)])
    #expect(Set(merge.missing.items.keys) == [Self.object(6)])
    #expect(merge.changes.removed == [Self.version(10, 4)])
  }

  @Test func `several divergent changes of an object are undone at once`() {
    let mine =
      base + [
        Self.modify(1, Self.version(10, 4), after: Self.version(10, 3)),
        Self.modify(1, Self.version(10, 5), .error),
        Self.modify(1, Self.version(10, 6), after: Self.version(10, 4)),
      ]
    let merge = Self.merge(Self.log(mine), Self.log(base)).merge
    #expect(Self.removed(merge.effects) == [Self.object(1)])
    #expect(merge.missing[Self.object(1)]?.need == Self.version(10, 3))
  }

  @Test func `divergent errors alone change no object`() {
    let mine = base + [Self.modify(1, Self.version(10, 4), .error)]
    let merge = Self.merge(Self.log(mine), Self.log(base)).merge
    #expect(merge.effects.isEmpty && merge.missing.isEmpty && merge.isChanged)
  }

  /// Case 4: erasure code.
  @Test func `what can be undone is, the newest first, and nothing is missing`() {
    let mine =
      base + [
        Self.modify(1, Self.version(10, 4), after: Self.version(10, 3), canRollBack: true),
        Self.modify(1, Self.version(10, 5), after: Self.version(10, 4), canRollBack: true),
      ]
    let merge = Self.merge(
      Self.log(mine, canRollbackTo: Self.version(10, 3)), Self.log(base)
    ).merge
    #expect(Self.rolledBack(merge.effects) == [Self.version(10, 5), Self.version(10, 4)])
    #expect(Self.removed(merge.effects).isEmpty && merge.missing.isEmpty)
    // One of them cannot be undone any more: then none is.
    let late = Self.merge(
      Self.log(mine, canRollbackTo: Self.version(10, 4)), Self.log(base)
    ).merge
    #expect(Self.rolledBack(late.effects).isEmpty && Self.removed(late.effects).count == 1)
  }

  @Test func `objects beyond the backfill are left alone`() {
    let mine = base + [Self.modify(1, Self.version(10, 4), after: Self.version(10, 3))]
    let merge = Self.merge(Self.log(mine), Self.log(base), lastBackfill: .min).merge
    #expect(merge.effects.isEmpty && merge.missing.isEmpty)
  }

  // MARK: A replica's log

  private static func judge(
    _ right: PGLogRecord, _ theirs: PGLogRecord, missing: [HObject: MissingItem] = [:]
  ) -> (info: PGInfo, missing: MissingSet) {
    var info = info(theirs)
    var set = MissingSet(Missing(items: missing))
    PGLog(right).judgeReplica(&info, theirs, &set)
    return (info, set)
  }

  @Test func `a replica's divergent entries make it lack the version before`() {
    let theirs = base + [Self.modify(1, Self.version(10, 4), after: Self.version(10, 3))]
    let right = base + [Self.modify(2, Self.version(11, 4), after: Self.version(10, 2))]
    let (info, missing) = Self.judge(Self.log(right), Self.log(theirs))
    #expect(info.lastUpdate == Self.version(10, 3))
    #expect(missing[Self.object(1)]?.need == Self.version(10, 3))
    #expect(info.lastComplete == Self.version(10, 2))
    #expect(!missing.contains(Self.object(2)), "activation sends that entry")
  }

  @Test func `a replica that is only behind lacks nothing of what it has`() {
    let (info, missing) = Self.judge(Self.log(base), Self.log(Array(base.prefix(2))))
    #expect(info.lastUpdate == Self.version(10, 2) && missing.isEmpty)
    #expect(info.lastComplete == info.lastUpdate)
  }

  @Test func `a replica whose end was split away agrees at the tail`() {
    let right = Self.log([Self.modify(9, Self.version(12, 9))], tail: Self.version(10, 5))
    let theirs = Self.log([], tail: Self.version(10, 7))
    #expect(Self.judge(right, theirs).info.lastUpdate == Self.version(10, 7))
  }

  // MARK: Dups

  private static func dup(_ version: EVersion) -> PGLogDup {
    PGLogDup(
      reqID: ReqID(name: .init(.client, 2), tid: version.version), version: version,
      userVersion: version.version, returnCode: 0)
  }

  @Test func `dups are taken at both ends, and not where there are entries`() {
    let versions = (1...9).map { Self.version(1, $0) }
    let entry = Self.modify(1, Self.version(1, 10))
    let mine = Self.log([entry], tail: versions[8], dups: versions[3...5].map(Self.dup))
    let theirs = Self.log([entry], tail: versions[8], dups: versions.map(Self.dup))
    let (log, merge) = Self.merge(mine, theirs)
    #expect(
      log.dups.map(\.version) == [versions[0], versions[1], versions[2]]
        + Array(versions[3...5]) + Array(versions[6...8]))
    #expect(merge.changes.dups)
    #expect(log.find(Self.dup(versions[0]).reqID)?.version == versions[0])
    let longer = Self.log(
      versions[6...8].map { Self.modify(3, $0) } + [entry], tail: versions[5],
      dups: versions[0...5].map(Self.dup))
    #expect(Self.merge(theirs, longer).log.dups.map(\.version) == Array(versions[0...5]))
  }

  // MARK: Parts of logs

  @Test func `a part of a log begins where the other ends`() {
    let part = PGLog(Self.log(base)).record(after: Self.version(10, 1), PGLogLimits())
    #expect(part.entries == Array(base.dropFirst()) && part.tail == Self.version(10, 1))
    #expect(part.head == Self.version(10, 3) && part.dups.map(\.version) == [Self.version(10, 1)])
    let last = PGLog(Self.log(base)).record(last: 1, PGLogLimits())
    #expect(last.entries == [base[2]] && last.tail == Self.version(10, 2))
  }

  @Test func `logs that do not meet are told apart, and those out of order`() {
    let late = Self.log([Self.modify(1, Self.version(12, 9))], tail: Self.version(12, 8))
    #expect(!PGLog(Self.log(base)).overlaps(late))
    #expect(!PGLog().overlaps(late))
    #expect(PGLog(Self.log(base)).overlaps(Self.log(Array(base.prefix(1)))))
    #expect(Self.log(base).isWellFormed && !Self.log(base.reversed()).isWellFormed)
  }
}
