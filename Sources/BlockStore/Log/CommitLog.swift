import Base
import Buffers
import Devices
import RadosTypes
import Reactors

/// A ring of records: groups what waits, writes it, flushes, acknowledges in order.
///
///     gathered ──compose──▶ writing (record and data) ──▶ written ──flush──▶ durable
///
/// One record is being written and one flush is under way at a time; a flush covers every record whose
/// writes were completed when it began. A record that is alone on its way needs none: its little data
/// go with it (`DeferredWrites`), and one write makes all durable.
///
/// What is applied always finds its place in the ring: a checkpoint, which makes room, waits until all
/// that it froze is recorded. So a transaction is applied only while the ring, with all that is applied
/// and not yet recorded, has room for the most that its record can take (`admits`); one for which there
/// never is enough is told before it is applied. Confined to `reactor`.
final class CommitLog: @unchecked Sendable {
  let place: Superblock.LogPlace
  let storeID: UniqueID
  let incarnation: UInt64
  let reactor: Reactor
  let device: any BlockDevice
  let host: StoreHost
  private(set) var partitions: [Partition] = []
  /// Seats of those that have freed units and not given them all back.
  private var freed: [Int] = []
  private let options: BlockStoreOptions

  /// The next record.
  private(set) var head: LogTail
  private(set) var tail: LogTail
  private var gathered = RecordQueue()
  /// Bytes of the ring that what is applied and not recorded takes, each transaction in a record alone.
  private var owedBytes: UInt64 = 0
  /// Whose first transaction was not admitted, in the order of asking: a large one is not overtaken.
  private var crowd = Queue<Partition>()
  private var writing: LogBatch?
  private var written: [LogBatch] = []
  private var flushing: [LogBatch] = []
  private var flushBegan = Instant(nanoseconds: 0)
  private var isKickScheduled = false
  private var isMarkWanted = false
  private var isMarkScheduled = false
  /// The store is being closed and this log is at rest: nothing is written any more.
  var isClosed = false

  private(set) var completedSequence: UInt64
  private(set) var flushedSequence: UInt64
  /// The highest mark in a durable record.
  private(set) var marked: UInt64
  /// What each record brought to its partitions, until a durable mark covers it.
  private var unmarked = Queue<(sequence: UInt64, seat: Int, transaction: UInt64)>()

  let checkpoint: Checkpoint
  let deferred: DeferredWrites

  init(
    place: Superblock.LogPlace, superblock: Superblock, head: LogTail, tail: LogTail,
    reactor: Reactor, device: any BlockDevice, host: StoreHost
  ) {
    self.place = place
    storeID = superblock.storeID
    incarnation = superblock.incarnation
    self.head = head
    self.tail = tail
    self.reactor = reactor
    self.device = device
    self.host = host
    options = host.options
    completedSequence = head.sequence - 1
    flushedSequence = head.sequence - 1
    marked = head.sequence - 1
    checkpoint = Checkpoint(host: host)
    deferred = DeferredWrites(device: device, host: host)
    checkpoint.log = self
    deferred.onHome = { [checkpoint] in checkpoint.progress() }
    _ = host.addFailureWaiter { [weak self] in self?.abandon() }
  }

  func add(_ partition: Partition) {
    partition.seat = partitions.count
    partitions.append(partition)
  }

  /// What all its partitions take of the device.
  var units: TakenUnits { partitions[0].space.units }

  /// Lets go of the partitions, which hold this log, and of whoever waits for it.
  func dissolve() {
    abandon()
    for partition in partitions { partition.dissolve() }
    partitions.removeAll()
    freed = []
  }

  /// Nothing of what is under way is acknowledged any more, so nobody who waits for it is kept.
  private func abandon() {
    for batch in written + flushing { batch.contexts.removeAll() }
    writing?.contexts.removeAll()
    writing = nil
    written.removeAll()
    flushing.removeAll()
    gathered = RecordQueue()
    crowd = Queue()
    unmarked = Queue()
    checkpoint.abandon()
    deferred.abandon()
    for partition in partitions { partition.abandon() }
  }

  var usedBytes: UInt64 { head.offset - tail.offset }
  var isIdle: Bool { gathered.isEmpty && writing == nil && written.isEmpty && flushing.isEmpty }

  /// Nothing is under way, and the index has all.
  var isAtRest: Bool {
    isIdle && deferred.isHome && !checkpoint.isRunning && usedBytes == 0
      && partitions.allSatisfy(\.isIdle)
  }

  // MARK: Room

  /// Most that the record of one transaction may take; the rest is for marks.
  static func transactionBytesMax(_ ringBytes: UInt64) -> Int {
    Int(ringBytes - max(ringBytes / 8, 2 * UInt64(Limits.unitBytes)))
  }

  /// Whether there is room to apply the first transaction of a partition, whose record takes `bytes` at
  /// most; if not, asks for a checkpoint, and calls `drain` of the partition when there may be.
  func admits(_ bytes: Int, of partition: Partition) -> Bool {
    let most = Self.transactionBytesMax(place.bytes)
    guard bytes <= most else {
      host.fail(
        SystemError(90, "a transaction of up to \(bytes) bytes in a log that takes \(most)"))
      return false
    }
    let isNext = crowd.first.map { $0 === partition } ?? true
    if isNext, fits(bytes) {
      _ = crowd.popFirst()
      return true
    }
    if !crowd.contains(where: { $0 === partition }) { crowd.append(partition) }
    checkpoint.begin()
    return false
  }

  /// Whether a record that nobody waits for finds room, too.
  func hasRoom(for bytes: Int) -> Bool { crowd.isEmpty && fits(bytes) }

  private func fits(_ bytes: Int) -> Bool {
    let taken = usedBytes + owedBytes
    return taken * 100 <= place.bytes * UInt64(options.stopAtPercent)
      && taken + UInt64(LogRecordHead.ringBytes(bytes) + Limits.unitBytes) <= place.bytes
  }

  /// The transaction is applied and will be recorded.
  func owe(_ context: TransContext) { owedBytes += context.ringBytesMax }

  /// Lets in whoever waits, as far as there is room. One who is admitted has popped itself; each such is
  /// followed by a record, after which this is called again.
  private func admitAgain() {
    while let first = crowd.first {
      first.drain()
      if crowd.first === first { return }
    }
  }

  // MARK: Gathering

  func append(_ context: TransContext) {
    gathered.append(context)
    if gathered.heldBytes > max(Limits.gatheredDataBytesMax, options.deferredBytesMax) {
      releaseData()
    }
    scheduleKick()
  }

  /// What is held is written to its place.
  private func releaseData() {
    if gathered.heldBytes > 0 { writeHeldData(of: gathered.takeHolders()) }
  }

  private func scheduleKick() {
    guard !isKickScheduled else { return }
    isKickScheduled = true
    reactor.atEndOfTick { [self] in
      isKickScheduled = false
      kick()
    }
  }

  /// Writes a record even if there is nothing to say but how far the data has arrived.
  func wantMark() {
    guard marked < flushedSequence || !isIdle, !isMarkWanted, !isClosed else { return }
    isMarkWanted = true
    scheduleKick()
  }

  func kick() {
    guard writing == nil, !host.hasFailed else { return }
    if gathered.isEmpty {
      // A mark alone says something new only when nothing is under way.
      guard isMarkWanted, written.isEmpty, flushing.isEmpty, marked < flushedSequence else {
        return
      }
    } else if !flushing.isEmpty, gathered.count < options.overlapTransactionsMin,
      gathered.bytes < options.overlapBytesMin
    {
      return
    }
    compose()
  }

  // MARK: Writing

  private func compose() {
    let (contexts, length) = gathered.next()
    guard hasRoom(length, contexts) else { return }
    let isAlone = written.isEmpty && flushing.isEmpty
    if !isAlone || !mayCarryData(contexts, length) { releaseData() }
    let dataBytes = gathered.heldBytes
    gathered.remove(contexts)
    for context in contexts { owedBytes -= context.ringBytesMax }
    isMarkWanted = false
    let mark = options.mutants.contains(.markCountsCompleted) ? completedSequence : flushedSequence
    let batch = LogBatch(sequence: head.sequence, mark: mark, contexts: contexts)
    // A flush would have nothing else to make durable.
    batch.isDurableOnceWritten = isAlone && contexts.allSatisfy { $0.dataBytes == $0.heldBytes }
    checkpoint.willRecord(contexts, at: head)
    write(batch, record: encode(batch, length: length, dataBytes: dataBytes))
    admitAgain()
    if usedBytes * 100 > place.bytes * UInt64(options.checkpointAtPercent) { checkpoint.begin() }
  }

  /// Whether the record fits. A mark alone takes nothing of what others are owed; what is applied has its
  /// place, unless less was foreseen than it takes.
  private func hasRoom(_ length: Int, _ contexts: [TransContext]) -> Bool {
    let need = UInt64(LogRecordHead.ringBytes(length))
    if contexts.isEmpty { return usedBytes + owedBytes + need <= place.bytes }
    if usedBytes + need <= place.bytes { return true }
    host.fail(SystemError(90, "a record of \(length) bytes, \(usedBytes) of \(place.bytes) used"))
    return false
  }

  /// Whether the data of these can go with their record: nothing of them has gone yet, all that is
  /// applied finds its room all the same, and no checkpoint is about to rely on them.
  private func mayCarryData(_ contexts: [TransContext], _ length: Int) -> Bool {
    guard gathered.heldBytes > 0, gathered.heldBytes <= options.deferredBytesMax,
      contexts.count == gathered.count, !checkpoint.isWaiting,
      contexts.allSatisfy({ $0.dataBytes == $0.heldBytes })
    else { return false }
    return fits(length + gathered.heldBytes)
  }

  /// The record; with `dataBytes` of data, which its contexts hold, behind it.
  private func encode(_ batch: LogBatch, length: Int, dataBytes: Int) -> ByteSlice {
    var record = LogRecordHead(
      storeID: storeID, log: place.id, previousChecksum: head.previousChecksum,
      incarnation: incarnation, sequence: batch.sequence, mark: batch.mark)
    record.length = length
    record.transactions = UInt32(batch.contexts.count)
    record.dataUnits = UInt32(dataBytes / Limits.unitBytes)
    let bytes = ByteSlice(
      reactor.pool.slab(capacity: record.ringBytes), count: record.ringBytes)
    batch.writeTransactions(to: bytes.slab.base)
    head.previousChecksum = record.seal(bytes.slab.base)
    if dataBytes > 0 {
      batch.deferData(to: bytes.dropFirst(LogRecordHead.ringBytes(length)), perf: host.perf)
    }
    return bytes
  }

  private func write(_ batch: LogBatch, record: ByteSlice) {
    writing = batch
    batch.began = reactor.clock.now
    for context in batch.contexts {
      context.batch = batch
      batch.writesLeft += context.dataWritesLeft
      unmarked.append((batch.sequence, context.partition.seat, context.sequence))
      host.onRecord?(place.id, context)
    }
    let at = head.offset % place.bytes
    let first = min(record.count, Int(place.bytes - at))
    batch.writesLeft += first < record.count ? 2 : 1
    if first < record.count { batch.isDurableOnceWritten = false }
    head.offset += UInt64(record.count)
    head.sequence += 1
    host.perf.add(StoreCounter.logBytes, UInt64(record.count))
    writePart(batch, record.prefix(first), at: place.offset + at)
    if first < record.count { writePart(batch, record.dropFirst(first), at: place.offset) }
  }

  private func writePart(_ batch: LogBatch, _ part: ByteSlice, at offset: UInt64) {
    let isDurable = batch.isDurableOnceWritten && !options.mutants.contains(.noFlush)
    device.write(BufferList(part), at: offset, isDurable: isDurable) { [self] error in
      if let error { return host.fail(error) }
      writeEnded(batch)
    }
  }

  /// One of the record's writes, or of the writes of its data, is completed.
  func writeEnded(_ batch: LogBatch) {
    batch.writesLeft -= 1
    guard batch.writesLeft == 0, !host.hasFailed else { return }
    precondition(writing === batch, "log \(place.id): record \(batch.sequence) written out of turn")
    writing = nil
    host.perf.sample(StoreCounter.recordLatency, reactor.clock.nanoseconds(since: batch.began))
    completedSequence = batch.sequence
    if batch.isDurableOnceWritten {
      flushing.append(batch)
      return flushEnded()
    }
    written.append(batch)
    flush()
    kick()
  }

  // MARK: Flushing

  private func flush() {
    guard flushing.isEmpty, !written.isEmpty else { return }
    swap(&flushing, &written)
    flushBegan = reactor.clock.now
    if options.mutants.contains(.noFlush) {
      reactor.schedule(after: .zero) { [self] in flushEnded() }
      return
    }
    device.flush { [self] error in
      if let error { return host.fail(error) }
      host.perf.sample(StoreCounter.flushLatency, reactor.clock.nanoseconds(since: flushBegan))
      flushEnded()
    }
  }

  private func flushEnded() {
    guard !host.hasFailed else { return }
    let ended = flushing
    flushing.clear()
    let now = reactor.clock.now
    for batch in ended {
      flushedSequence = batch.sequence
      marked = max(marked, batch.mark)
    }
    applyMark()
    flush()
    for batch in ended {
      host.perf.sample(StoreCounter.syncLatency, batch.began.nanoseconds(to: now))
      for context in batch.contexts { context.partition.committed(context, at: now) }
      batch.contexts.removeAll()
    }
    host.perf.sample(StoreCounter.finalLatency, reactor.clock.nanoseconds(since: now))
    checkpoint.progress()
    kick()
    if isIdle, marked < flushedSequence { carryMarkLater() }
  }

  /// When nothing happens for a while, an empty record lets go of what was freed, and tells the next
  /// start that the last data were there: if they rot, it must not take them for what never came.
  private func carryMarkLater() {
    guard !isMarkScheduled, !unmarked.isEmpty else { return }
    isMarkScheduled = true
    reactor.schedule(after: .seconds(1)) { [weak self] in
      guard let self else { return }
      isMarkScheduled = false
      if isIdle, !unmarked.isEmpty { wantMark() }
    }
  }

  /// The partition has units that it can give back once a mark covers their transaction.
  func didFree(_ partition: Partition) {
    if !freed.contains(partition.seat) { freed.append(partition.seat) }
  }

  private func applyMark() {
    while let first = unmarked.first, first.sequence <= marked {
      partitions[first.seat].markedSequence = first.transaction
      unmarked.removeFirst()
    }
    var left = 0
    while left < freed.count {
      let partition = partitions[freed[left]]
      partition.releaseSpace()
      if partition.space.pendingUnits > 0 { left += 1 } else { freed.remove(at: left) }
    }
  }

  /// The checkpoint is durable in the index: the ring may be used up to there.
  func moveTail(to tail: LogTail) {
    precondition(tail.sequence >= self.tail.sequence && tail.offset <= head.offset)
    self.tail = tail
    admitAgain()
    kick()
  }
}
