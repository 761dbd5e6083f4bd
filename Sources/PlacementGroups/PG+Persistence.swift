import Base
import Buffers
import ClusterMaps
import ObjectStores
import Peering
import RadosTypes
import Wire

/// A PG in the store: its collection, and the object that keeps its log and information
/// (`PGLogFormat`).
extension PG {
  /// Writes the information; `then` when it is durable.
  func persist(_ then: @escaping () -> Void = {}) {
    var transaction = Transaction()
    write(into: &transaction)
    store.queue(transaction, on: collection, onCommit: then)
  }

  func write(into transaction: inout Transaction) {
    peering.didWriteInfo()
    transaction.omapSet(
      meta, in: collection.id,
      [NamedValue(PGLogFormat.infoKey, PGLogFormat.value(info, epoch: map.epoch))])
  }

  /// Writes what the peering machine changed.
  func write(_ changes: PeeringChanges, into transaction: inout Transaction) {
    if changes.bigInfo {
      transaction.omapSet(
        meta, in: collection.id,
        [NamedValue(PGLogFormat.pastIntervalsKey, PGLogFormat.value(peering.pastIntervals))])
    }
    writeLog(changes.log, into: &transaction)
    writeMissing(changes.log.missing, into: &transaction)
    write(into: &transaction)
  }

  /// What was trimmed stays as dups until `removeOldKeys`.
  private func writeLog(_ changes: PGLogChanges, into transaction: inout Transaction) {
    if changes.isReplaced || changes.dups { removeKeys(changes, in: &transaction) }
    let gone = changes.removed.map { PGLogFormat.entryKey($0) }
    if !gone.isEmpty { transaction.omapRemove(meta, in: collection.id, gone) }
    let progress = progress
    var values: [NamedValue] = []
    for entry in log.entries where changes.includes(entry.version) {
      // Older entries than the store had, of a longer log.
      keysFloor = min(keysFloor, entry.version)
      values.append(
        NamedValue(PGLogFormat.entryKey(entry.version), PGLogFormat.value(entry, progress)))
    }
    if changes.isReplaced || changes.dups {
      values += PGLogFormat.records(of: log.dups).map { NamedValue($0.key, $0.value) }
    }
    if !values.isEmpty { transaction.omapSet(meta, in: collection.id, values) }
    removeOldKeys(in: &transaction)
  }

  /// Dups are keys of their own, and those of entries that were trimmed.
  private func removeKeys(_ changes: PGLogChanges, in transaction: inout Transaction) {
    let end =
      changes.isReplaced
      ? EVersion.max : EVersion(epoch: log.tail.epoch, version: log.tail.version + 1)
    transaction.omapRemoveRange(
      meta, in: collection.id, from: PGLogFormat.entryKey(.zero), to: PGLogFormat.entryKey(end))
    transaction.omapRemoveRange(
      meta, in: collection.id, from: PGLogFormat.dupKey(.zero), to: PGLogFormat.dupKey(.max))
    keysFloor = .zero
  }

  /// Writes or removes the items of these objects.
  func writeMissing(_ objects: Set<HObject>, into transaction: inout Transaction) {
    var values: [NamedValue] = []
    var gone: [ByteString] = []
    for object in objects {
      let key = PGLogFormat.missingKey(object)
      if let item = peering.missing[object] {
        values.append(NamedValue(key, PGLogFormat.value(item)))
      } else {
        gone.append(key)
      }
    }
    if !values.isEmpty { transaction.omapSet(meta, in: collection.id, values) }
    if !gone.isEmpty { transaction.omapRemove(meta, in: collection.id, gone) }
  }

  /// Makes the collection of a new PG.
  func create(in transaction: inout Transaction) {
    transaction.createCollection(collection.id, bits: splitBits)
    createMeta(in: &transaction)
  }

  /// Makes the object that keeps the log and the information.
  func createMeta(in transaction: inout Transaction) {
    transaction.touch(meta, in: collection.id)
    write(into: &transaction)
  }

  /// Removes from the store what the log has forgotten.
  func removeOldKeys(in transaction: inout Transaction) {
    let oldest = log.dups.first?.version ?? log.entries.first?.version ?? log.head
    guard oldest > keysFloor else { return }
    transaction.omapRemoveRange(
      meta, in: collection.id, from: PGLogFormat.entryKey(keysFloor),
      to: PGLogFormat.entryKey(oldest))
    transaction.omapRemoveRange(
      meta, in: collection.id, from: PGLogFormat.dupKey(keysFloor), to: PGLogFormat.dupKey(oldest))
    keysFloor = oldest
  }
}

extension PGLogChanges {
  fileprivate func includes(_ version: EVersion) -> Bool {
    isReplaced || version >= entriesFrom || version <= entriesThrough
  }
}

/// What is read of a PG at start.
struct StoredPG {
  var info: PGInfo
  var log: PGLog
  var epoch: UInt32
  var pastIntervals: PastIntervals
  var missing: Missing

  enum Failure: Error, CustomStringConvertible {
    case store(StoreError)
    case damaged(DecodeError)
    case noInfo

    var description: String {
      switch self {
      case .store(let error): "\(error)"
      case .damaged(let error): "its log is damaged: \(error)"
      case .noInfo: "it has no information"
      }
    }
  }

  /// Reads the PG that this collection holds.
  init(
    from collection: StoreCollection, of store: any ObjectStore, _ id: ShardPGID
  ) async throws(Failure) {
    let meta = GHObject.pgMeta(id)
    var records = Records()
    var start = OmapStart.first
    repeat {
      let page: OmapPage
      do throws(StoreError) {
        page = try await store.omapEntries(of: meta, in: collection, start: start, maxEntries: 1024)
      } catch {
        throw .store(error)
      }
      do throws(DecodeError) {
        for entry in page.entries { try records.take(entry) }
      } catch {
        throw .damaged(error)
      }
      guard page.hasMore, let last = page.entries.last else { break }
      start = .after(last.name)
    } while true
    try self.init(records)
  }

  private struct Records {
    var info: (info: PGInfo, epoch: UInt32)?
    var entries: [PGLogEntry] = []
    /// Of the last entry.
    var progress: PGProgress?
    var dups: [PGLogDup] = []
    var pastIntervals = PastIntervals()
    var missing: [HObject: MissingItem] = [:]

    mutating func take(_ record: NamedValue) throws(DecodeError) {
      switch PGLogFormat.kind(of: record.name) {
      case .info: info = try PGLogFormat.info(record.value)
      case .entry:
        let (entry, progress) = try PGLogFormat.entry(record.value)
        entries.append(entry)
        self.progress = progress
      case .dup: dups.append(try PGLogDup(wire: record.value))
      case .pastIntervals: pastIntervals = try PGLogFormat.pastIntervals(record.value)
      case .missing:
        let (object, item) = try PGLogFormat.missing(record.name, record.value)
        missing[object] = item
      case .unknown: throw .invalid("key in a PG's log: \(record.name)")
      }
    }
  }

  private init(_ records: Records) throws(Failure) {
    guard let (info, epoch) = records.info else { throw .noInfo }
    self.info = info
    self.epoch = epoch
    pastIntervals = records.pastIntervals
    missing = Missing(items: records.missing)
    if let entry = records.entries.last, let progress = records.progress,
      entry.version > info.lastUpdate
    {
      self.info.lastUpdate = entry.version
      if records.missing.isEmpty { self.info.lastComplete = entry.version }
      self.info.logTail = progress.tail
      self.info.lastUserVersion = progress.lastUserVersion
      self.info.stats.reportedSequence = max(
        info.stats.reportedSequence, progress.reportedSequence)
      self.info.stats.sum = progress.sum
    }
    let tail = self.info.logTail
    let trimmed = records.entries.lazy.filter { $0.version <= tail && $0.indexesReqID }
    let dups = Set(records.dups + trimmed.map { PGLogDup($0) })
    log = PGLog(head: tail, tail: tail, dups: dups.sorted { $0.version < $1.version })
    for entry in records.entries where entry.version > tail { log.append(entry) }
    log.raiseHead(to: self.info.lastUpdate)
  }
}
