import Base
import Buffers
import KeyValue

/// Brings what a log has to the index, so that its ring can be used again.
///
///     idle ──begin: freeze──▶ waiting for the log ──all of it durable──▶ applying ──▶ flushing ──▶ idle
///
/// Data that only the log's records have are brought to their places meanwhile.
///
/// The index gets nothing that is not durable in the log. Its last batch says, for each partition, up
/// to which transaction it is complete, and where the log's replay begins; the ring is used again only
/// when the index has flushed that. Confined to the log's reactor.
final class Checkpoint {
  let host: StoreHost
  unowned var log: CommitLog!

  private enum State {
    case idle
    case waiting
    case applying
  }
  private var state = State.idle
  private var wantsAnother = false
  private var frozen: [FrozenPartition] = []
  private var tail: LogTail?
  private var whenDone: [() -> Void] = []
  private var applyBegan = Instant(nanoseconds: 0)

  private struct FrozenPartition {
    let partition: Partition
    let generation: OverlayGeneration
    let reached: PartitionProgress
  }
  /// What has changed of which units are taken, as of the same moment.
  private var frozenMap: [(key: ByteString, value: [UInt8]?)] = []

  init(host: StoreHost) { self.host = host }

  var isRunning: Bool { state != .idle }

  /// What was frozen is not all durable, or its data are not all at their places.
  var isWaiting: Bool { state == .waiting }

  /// Begins one, unless one is under way.
  func begin() {
    guard state == .idle, !host.hasFailed else { return }
    host.perf.add(StoreCounter.checkpoints)
    state = .waiting
    tail = nil
    frozen = log.partitions.map(freeze)
    frozenMap = log.units.checkpointEntries()
    log.deferred.bringHome()
    progress()
  }

  /// Calls `done` when all that is applied now is in the index.
  func run(done: @escaping () -> Void) {
    whenDone.append(done)
    if state == .idle { begin() } else { wantsAnother = true }
  }

  /// The store has failed or is gone: what was begun ends nowhere.
  func abandon() {
    frozen.removeAll()
    frozenMap.removeAll()
    whenDone.removeAll()
  }

  private func freeze(_ partition: Partition) -> FrozenPartition {
    partition.settleSoon()
    partition.indexedID = partition.nextID
    return FrozenPartition(
      partition: partition, generation: partition.overlay.freeze(),
      reached: PartitionProgress(sequence: partition.sequence, nextID: partition.nextID))
  }

  /// The log is about to write these: the first record that has something newer than what was frozen
  /// is where replay will begin.
  func willRecord(_ contexts: [TransContext], at place: LogTail) {
    guard state != .idle, tail == nil else { return }
    let isNewer = contexts.contains { context in
      frozen.contains {
        $0.partition === context.partition && context.sequence > $0.reached.sequence
      }
    }
    if isNewer { tail = place }
  }

  /// More has become durable.
  func progress() {
    guard state == .waiting, !host.hasFailed,
      frozen.allSatisfy({ $0.partition.durableSequence >= $0.reached.sequence }), areDataHome
    else { return }
    state = .applying
    if tail == nil { tail = log.head }
    log.deferred.makeDurable { [self] in apply() }
  }

  private var areDataHome: Bool {
    log.deferred.isHome || host.options.mutants.contains(.dataLeftBehind)
  }

  // MARK: The index

  private func apply() {
    applyBegan = log.reactor.clock.now
    let generations = frozen.map(\.generation)
    let last = lastBatch()
    let index = log.partitions[0].keyValue
    index.change(on: log.reactor) { keyValue in
      for generation in generations { try generation.apply(to: keyValue) }
      try keyValue.apply(last)
    } done: { [self] result in
      guard isGood(result) else { return }
      host.perf.sample(
        StoreCounter.indexCommitLatency,
        UInt64((log.reactor.clock.now - applyBegan).wholeNanoseconds))
      for part in frozen { part.partition.retire(part.generation) }
      if host.options.mutants.contains(.tailBeforeFlush) { log.moveTail(to: tail!) }
      flush(index)
    }
  }

  /// What makes the others count.
  private func lastBatch() -> KeyValueBatch {
    var batch = KeyValueBatch()
    for (key, value) in frozenMap {
      if let value { batch.put(key, value) } else { batch.delete(key) }
    }
    for part in frozen {
      batch.put(StoreKey.partition(part.partition.index), part.reached.encoded)
    }
    batch.put(StoreKey.log(log.place.id), tail!.encoded)
    return batch
  }

  private func flush(_ index: Index) {
    let began = log.reactor.clock.now
    index.change(on: log.reactor) {
      try $0.flush()
    } done: { [self] result in
      guard isGood(result) else { return }
      host.perf.sample(
        StoreCounter.indexFlushLatency, UInt64((log.reactor.clock.now - began).wholeNanoseconds))
      finish()
    }
  }

  private func isGood(_ result: Result<Void, any Error>) -> Bool {
    if case .failure(let error) = result { host.fail(error) }
    return !host.hasFailed
  }

  private func learnOfIndex() {
    guard let partition = frozen.first?.partition else { return }
    let deleted = frozen.contains { $0.generation.hasDeletes }
    partition.shared.learn(of: partition.keyValue, deleted: deleted)
  }

  private func finish() {
    learnOfIndex()
    frozen.removeAll()
    frozenMap.removeAll()
    state = .idle
    log.moveTail(to: tail!)
    if wantsAnother {
      wantsAnother = false
      return begin()
    }
    if log.isIdle { log.partitions.first?.keyValue.runner.rest() }
    let done = whenDone
    whenDone.removeAll()
    for body in done { body() }
  }
}
