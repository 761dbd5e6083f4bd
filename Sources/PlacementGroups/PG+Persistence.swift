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
    persistedEpoch = map.epoch
    transaction.omapSet(
      meta, in: collection.id,
      [NamedValue(PGLogFormat.infoKey, PGLogFormat.value(info, epoch: map.epoch))])
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

/// What is read of a PG at start.
struct StoredPG {
  var info: PGInfo
  var log: PGLog
  var epoch: UInt32

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
    var entries: [(PGLogEntry, PGProgress)] = []
    var dups: [PGLogDup] = []

    mutating func take(_ record: NamedValue) throws(DecodeError) {
      switch PGLogFormat.kind(of: record.name) {
      case .info: info = try PGLogFormat.info(record.value)
      case .entry: entries.append(try PGLogFormat.entry(record.value))
      case .dup: dups.append(try PGLogDup(wire: record.value))
      case .unknown: throw .invalid("key in a PG's log: \(record.name)")
      }
    }
  }

  private init(_ records: Records) throws(Failure) {
    guard let (info, epoch) = records.info else { throw .noInfo }
    self.info = info
    self.epoch = epoch
    if let (entry, progress) = records.entries.last, entry.version > info.lastUpdate {
      self.info.lastUpdate = entry.version
      self.info.lastComplete = entry.version
      self.info.logTail = progress.tail
      self.info.lastUserVersion = progress.lastUserVersion
      self.info.stats.reportedSequence = max(
        info.stats.reportedSequence, progress.reportedSequence)
      self.info.stats.sum = progress.sum
    }
    let tail = self.info.logTail
    let trimmed = records.entries.lazy.map(\.0).filter { $0.version <= tail && $0.indexesReqID }
    let dups = records.dups + trimmed.map { PGLogDup($0) }
    log = PGLog(head: tail, tail: tail, dups: dups.sorted { $0.version < $1.version })
    for (entry, _) in records.entries where entry.version > tail { log.append(entry) }
    log.raiseHead(to: self.info.lastUpdate)
  }
}
