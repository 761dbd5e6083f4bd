import Base
import Buffers
import Devices
import ObjectStores
import RadosTypes
import Reactors

extension StoreCollection {
  /// Where its objects are.
  var home: Partition {
    guard let owner else {
      preconditionFailure("BlockStore: \(id) is of another store or of before an unmount")
    }
    return unsafeDowncast(owner, to: Partition.self)
  }
}

/// A transaction that cannot be applied yet, and what it has been brought meanwhile.
final class WaitingTransaction {
  let transaction: Transaction
  let collection: StoreCollection
  let onCommit: (() -> Void)?
  let queuedAt: Instant
  /// Loads under way.
  var loads = 0
  /// It copies parts of blocks.
  var copiesParts = false
  /// nil: nothing, as mostly.
  private(set) var brought: Brought?
  /// What its record takes at the most.
  var recordBytesMax = 0
  /// Nanoseconds until it could be applied.
  var waited: UInt64 = 0

  init(
    _ transaction: Transaction, _ collection: StoreCollection, _ queuedAt: Instant,
    _ onCommit: (() -> Void)?
  ) {
    self.transaction = transaction
    self.collection = collection
    self.queuedAt = queuedAt
    self.onCommit = onCommit
  }

  /// Where to put what comes for it.
  func bring() -> Brought {
    if let brought { return brought }
    let made = Brought()
    brought = made
    return made
  }

  /// What it needs besides onodes.
  final class Brought {
    /// Contents of units that it copies parts of.
    var contents: [UInt64: ByteSlice] = [:]
    /// Omap entries that the index had of an omap to copy.
    var omaps: [UInt64: [(key: ByteString, value: [UInt8])]] = [:]
    /// Reads of the index whose answers are not used yet.
    var indexReads: [UInt64] = []
    /// For a collection to be removed: some that are in it.
    var remaining: [CollectionID: [ByteString]] = [:]
  }
}

/// A share of the store's collections with all that their transactions touch: onodes, changes that the
/// index does not have, space. Confined to its reactor.
final class Partition: @unchecked Sendable {
  let index: Int
  /// Its place among its log's partitions.
  var seat = 0
  let reactor: Reactor
  let device: any BlockDevice
  let log: CommitLog
  let keyValue: Index
  let host: StoreHost
  let shared: StoreShared
  let space: UnitAllocator
  let overlay: Overlay
  let onodes: OnodeCache
  let data: DataCache
  /// Data on its way to the device.
  var writes = WritesUnderWay()

  var collections: [CollectionID: StoreCollection] = [:]
  var usage: [Int64: PoolUsage] = [:]
  var references: [UInt64: ReferenceGroup] = [:]
  /// Ids of objects and omaps: the partition's number above, then a count.
  var nextID: UInt64
  /// The index has nothing of ids from this on.
  var indexedID: UInt64
  /// Of the last transaction that was applied.
  var sequence: UInt64 = 0
  /// Of the last that is durable.
  var durableSequence: UInt64 = 0
  /// Of the last that a mark in a durable record covers.
  var markedSequence: UInt64 = 0

  var loading: [ByteString: [() -> Void]] = [:]
  enum Waiting {
    case transaction(WaitingTransaction)
    case action(() -> Void)
    /// Holds up what follows until the onode is there, so that a read sees nothing queued after it.
    case onode(ByteString, pool: Int64, (Result<Onode, StoreError>) -> Void)
  }
  var waiting = Queue<Waiting>()
  private var isDraining = false
  /// The first of `waiting` waits for room.
  var isShortOfRoom = false
  var roomTries = 0
  /// What `waiting` may take.
  var queuedUnits = 0 { didSet { shared.publish(queuedUnits: queuedUnits, of: index) } }
  private var sequencing = Queue<TransContext>()
  private var publishedOverlay = 0
  private static let overlayStep = 64 << 10
  var dataReads = ReadTracker()
  var indexReads = ReadTracker()
  var retiring: [(generation: OverlayGeneration, after: UInt64)] = []
  /// Blocks with patches, oldest first; some may have lost theirs since.
  var patched = Queue<(key: ByteString, block: UInt32)>()
  var isSettleScheduled = false
  /// A check is under way: nothing is moved.
  var isResting = false
  var isClosing = false

  // Scratch, for one transaction at a time.
  let encoder = EncodeBuffer(capacity: 4096)
  let editor = EncodeBuffer(capacity: 1024)
  let segment = Segment()
  let otherSegment = Segment()
  var resolved: [Onode?] = []
  /// Onodes that the transaction at hand changes.
  var touched: [Onode] = []
  var recordBound = RecordBound()
  var runs: [UnitRun] = []
  /// Units freed by the transaction at hand, not yet in its record.
  var freeing: UnitRun?
  var deviceRuns: [PlannedRun] = []
  var newUnits: [UInt64] = []
  var newSums: [UInt32] = []
  var changedGroups: Set<UInt64> = []
  /// Usage of the pools whose objects the transaction at hand changes.
  var changedUsage: [(pool: Int64, usage: PoolUsage)] = []
  /// Of the pool whose usage was put last.
  var usageKey: (pool: Int64, key: ByteString)?
  private var spareBuffers: [EncodeBuffer] = []

  init(
    index: Int, reactor: Reactor, device: any BlockDevice, log: CommitLog, keyValue: Index,
    host: StoreHost, shared: StoreShared, state: PartitionState
  ) {
    self.index = index
    self.reactor = reactor
    self.device = device
    self.log = log
    self.keyValue = keyValue
    self.host = host
    self.shared = shared
    space = UnitAllocator(units: state.units, partition: index)
    nextID = state.nextID
    indexedID = state.nextID
    sequence = state.sequence
    durableSequence = state.sequence
    markedSequence = state.sequence
    usage = state.usage
    overlay = Overlay(active: state.changes)
    let options = host.options
    onodes = OnodeCache(
      bytesMax: options.onodeCacheBytes / shared.partitionCount, perf: host.perf)
    data = host.data
    shared.publish(usage, of: index)
  }

  /// The partition that its objects' keys name.
  var keyedAs: Int { host.options.mutants.contains(.homelessKeys) ? 0 : index }

  static func firstID(_ partition: Int) -> UInt64 { UInt64(partition + 1) << 48 }

  static func partition(ofID id: UInt64) -> Int { Int(id >> 48) - 1 }

  func makeID() -> UInt64 {
    defer { nextID += 1 }
    return nextID
  }

  /// A collection that is about to be made; any thread.
  func addHandle(_ handle: StoreCollection) {
    if reactor.isCurrent {
      collections[handle.id] = handle
    } else {
      reactor.post { [self] in collections[handle.id] = handle }
    }
  }

  // MARK: Queueing

  func queue(
    _ transaction: consuming Transaction, on collection: StoreCollection,
    onCommit: (() -> Void)?
  ) {
    guard !host.hasFailed else { return }
    let entry = WaitingTransaction(transaction, collection, reactor.clock.now, onCommit)
    if waiting.isEmpty, prepare(entry) { return apply(entry) }
    waiting.append(.transaction(entry))
    queuedUnits += entry.transaction.writtenUnits
    if waiting.count > 1 { loadOnodes(of: entry) }
  }

  /// Runs `action` when all that was queued before is applied, at once if it is; or when the store has
  /// failed, and it never will be.
  func whenApplied(_ action: @escaping () -> Void) {
    if waiting.isEmpty || host.hasFailed { action() } else { waiting.append(.action(action)) }
  }

  func allApplied() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      whenApplied { continuation.resume() }
    }
  }

  /// What was queued and is not durable never will be; who waits to read it is told.
  func abandon() {
    sequencing = Queue()
    let left = waiting
    waiting = Queue()
    for entry in left {
      switch entry {
      case .transaction: break
      case .action(let action): action()
      case .onode(_, _, let done): done(.failure(Self.failed))
      }
    }
  }

  /// The answer to reads of a store that has failed.
  static let failed = StoreError(5, "read", "the store has failed")

  /// Lets go of the handles, which hold the partition.
  func dissolve() {
    for collection in collections.values { collection.owner = nil }
    collections.removeAll()
  }

  /// Applies what waits, as far as what it needs is there.
  func drain() {
    guard !isDraining, !host.hasFailed else { return }
    isDraining = true
    defer { isDraining = false }
    while let first = waiting.first {
      switch first {
      case .action(let action):
        waiting.removeFirst()
        action()
      case .onode(let key, let pool, let done):
        guard let onode = resident(key, pool: pool) else {
          return load(key, pool: pool) { [self] in drain() }
        }
        waiting.removeFirst()
        done(.success(onode))
      case .transaction(let entry):
        guard prepare(entry) else { return }
        waiting.removeFirst()
        queuedUnits -= entry.transaction.writtenUnits
        entry.waited = reactor.clock.nanoseconds(since: entry.queuedAt)
        apply(entry)
      }
    }
  }

  // MARK: On the way to the log

  func makeContext(_ queuedAt: Instant) -> TransContext {
    sequence += 1
    let buffer = spareBuffers.popLast() ?? EncodeBuffer(capacity: 1024)
    return TransContext(self, sequence: sequence, changes: buffer, queuedAt: queuedAt)
  }

  func applied(_ context: TransContext) {
    context.appliedAt = reactor.clock.now
    host.perf.sample(
      StoreCounter.submitLatency, context.queuedAt.nanoseconds(to: context.appliedAt))
    if context.dataBytes == 0 { host.perf.sample(StoreCounter.dataLatency, 0) }
    if context.dataBytes > max(Limits.heldDataBytesMax, host.options.deferredBytesMax) {
      log.writeHeldData(of: CollectionOfOne(context))
    }
    context.nextID = nextID
    log.owe(context)
    space.endReservation()
    publishOverlay()
    if sequencing.isEmpty, context.mayBeRecorded {
      log.append(context)
    } else {
      sequencing.append(context)
    }
    if overlay.active.bytes > host.options.overlayBytes / shared.partitionCount {
      log.checkpoint.begin()
    }
  }

  /// Says how much the index has to expect, roughly.
  func publishOverlay() {
    let bytes = overlay.bytes
    guard abs(bytes - publishedOverlay) >= Self.overlayStep else { return }
    publishedOverlay = bytes
    shared.publish(overlayBytes: bytes, of: index)
  }

  /// Hands to the log what may be recorded, in order.
  private func advance() {
    while let first = sequencing.first, first.mayBeRecorded {
      sequencing.removeFirst()
      log.append(first)
    }
  }

  /// Takes data of a transaction; its bytes stay as they are until they are written.
  func writeData(_ bytes: BufferList, unit: UInt64, for context: TransContext) {
    context.dataBytes += bytes.count
    host.perf.add(StoreCounter.writeBytes, UInt64(bytes.count))
    let place = writes.add(bytes, unit: unit)
    context.held.append(HeldWrite(unit: unit, place: place))
  }

  /// One of the transaction's writes is completed.
  func dataWritten(of context: TransContext) {
    context.dataWritesLeft -= 1
    if context.dataWritesLeft == 0 {
      host.perf.sample(
        StoreCounter.dataLatency, reactor.clock.nanoseconds(since: context.appliedAt))
    }
    if let batch = context.batch {
      log.writeEnded(batch)
    } else if context.dataWritesLeft == 0 {
      advance()
    }
  }

  /// The data are in a record, which has them in `bytes`. What a later transaction has freed meanwhile
  /// stays where it is.
  func deferData(_ bytes: ByteSlice, _ write: HeldWrite) {
    writes.remove(write.place)
    for index in 0..<bytes.count / Limits.unitBytes {
      let unit = write.unit + UInt64(index)
      guard space.units.isTaken(unit) else { continue }
      log.deferred.add(bytes.sub(index * Limits.unitBytes, Limits.unitBytes), unit: unit, of: self)
    }
  }

  func committed(_ context: TransContext, at now: Instant) {
    precondition(
      context.sequence == durableSequence + 1, "partition \(index): a commit out of turn")
    durableSequence = context.sequence
    host.perf.add(StoreCounter.transactions)
    host.perf.sample(StoreCounter.commitLatency, context.queuedAt.nanoseconds(to: now))
    if spareBuffers.count < 64, context.changes.capacity <= 16 << 10 {
      context.changes.clear()
      spareBuffers.append(context.changes)
    }
    context.onCommit?()
  }

  var isIdle: Bool { waiting.isEmpty && sequencing.isEmpty && durableSequence == sequence }

  /// A unit's content if it is in memory; where it is on its way to the device, or in the cache of what
  /// is there.
  func contentInMemory(_ unit: UInt64, orCached: Bool = true) -> ByteSlice? {
    (orCached ? data.find(unit) : nil) ?? writes.find(unit) ?? log.deferred.find(unit)
  }

  // MARK: Space and reads

  /// Lets go of freed units as far as the rule allows.
  func releaseSpace() {
    space.release(marked: markedSequence, oldestRead: dataReads.oldest)
  }

  func endDataRead(_ number: UInt64) { if dataReads.end(number) { releaseSpace() } }

  func endIndexRead(_ number: UInt64) { if indexReads.end(number) { retireGenerations() } }

  /// The index has all of the generation: it leaves when reads begun before have ended.
  func retire(_ generation: OverlayGeneration) {
    retiring.append((generation, indexReads.next))
    retireGenerations()
  }

  private func retireGenerations() {
    while let first = retiring.first, first.after <= indexReads.oldest {
      overlay.retire(first.generation)
      publishOverlay()
      retiring.removeFirst()
    }
  }
}
