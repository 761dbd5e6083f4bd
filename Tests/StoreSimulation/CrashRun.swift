import Base
import BlockStore
import Buffers
import Glibc
import KeyValue
import ObjectStores
import RadosTypes
import Reactors
import TestKit

/// What a run found that must not be.
package struct CrashFinding: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// What runs have been through.
package struct CrashStatistics: Sendable {
  package var runs = 0
  package var lives = 0
  package var crashesInMount = 0
  package var transactions = 0
  package var acknowledged = 0
  package var lost = 0
  package var wraps = 0
  package var redeals = 0
  package var fullest = 0
  package var outOfSpace = 0

  package init() {}
}

/// One store, three lives that end in a crash each, and what must be true after each start: every
/// acknowledged transaction is whole, none is half there, what survived is a prefix of each log, and a
/// deep check finds nothing. One seed, one run.
package final class CrashRun {
  private var random: SeededRandom
  private let seed: UInt64
  private let mutants: StoreMutants
  private let medium: SimMedia
  private var keyValue = MemoryKeyValue()
  package private(set) var statistics = CrashStatistics()

  private static let partitions = 2
  private static let bits: UInt32 = 3
  private static let pool: Int64 = 1
  private static let mediumBytes = (384 + 3072) << 10
  private static let pgs = (0..<UInt32(8)).map { ShardPGID(PGID(pool: pool, seed: $0)) }

  // What the store is to hold, by partition: after each transaction since the last start.
  private var states: [[ModelPartition]] = Array(repeating: [ModelPartition()], count: partitions)
  /// What each of those transactions wrote.
  private typealias Sent = (
    pg: ShardPGID, writes: [(object: GHObject, offset: Int, bytes: [UInt8])]
  )
  private var sent: [[Sent]] = Array(repeating: [], count: partitions)
  /// Lost ones, that a client will send again.
  private var resends: [Sent] = []
  private var acknowledged: [Int] = Array(repeating: 0, count: partitions)
  /// In each log, the partitions of the transactions in it, in order.
  private var order: [UInt32: [Int]] = [:]
  private var homes: [ShardPGID: Int] = [:]
  private var lastLogs: [UInt32: UInt64] = [:]
  private var logCount = 1
  private var wrapsWanted = 3
  private var wasFull = false

  package init(seed: UInt64, mutants: StoreMutants = []) throws {
    self.seed = seed
    self.mutants = mutants
    random = SeededRandom(seed: seed &* 0x9e37_79b9_7f4a_7c15)
    medium = SimMedia(byteCount: Self.mediumBytes)
    var format = StoreFormatOptions()
    format.deviceBytesMin = 0
    format.partitionCount = Self.partitions
    format.logAreaBytes = 96 << 10
    format.indexAreaBytes = 4096
    format.regionBytes = 128 << 10
    logCount = 1 + roll(2)
    format.logCount = logCount
    try SimStoreMedia.format(medium, format, id: seed)
  }

  /// A reactor of one of the run's lives; it is held by every part of the store that works on it.
  private struct Machine { weak var reactor: Reactor? }
  private var machines: [Machine] = []
  /// Machines of earlier lives that something still holds; a run that ended leaves none.
  package var remainingMachines: Int { machines.count { $0.reactor != nil } }

  private func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  package func run() throws {
    statistics.runs = 1
    for life in 0..<3 {
      while roll(4) == 0 { try crashInMount() }
      try live(life)
    }
    let last = try Life(self)
    try last.verify()
  }

  private func options() -> BlockStoreOptions {
    var options = BlockStoreOptions()
    if roll(4) == 0 { logCount = 1 + roll(3) }
    options.logCount = logCount
    options.onodeCacheBytes = [0, 8 << 10, 1 << 20][roll(3)]
    options.dataCacheBytes = [0, 96 << 10, 1 << 20][roll(3)]
    options.overlayBytes = [24 << 10, 1 << 20][roll(2)]
    options.checkpointAtPercent = 30 + roll(60)
    options.overlapTransactionsMin = 1 + roll(3)
    options.overlapBytesMin = 1 << 20
    options.patchesMax = [2, 100][roll(2)]
    options.mutants = mutants
    return options
  }

  /// A store that is mounted, on a machine of its own.
  private final class Life {
    let run: CrashRun
    let world: SimWorld
    let media: SimStoreMedia
    let store: BlockStore
    let reactors: [Reactor]
    var failure: (any Error)?
    var hasCrashed = false

    /// Mounts; `crashAfter`: not to the end, but so many nanoseconds.
    init(_ run: CrashRun, crashAfter: UInt64? = nil) throws {
      self.run = run
      let world = SimWorld(seed: run.random.next())
      self.world = world
      reactors = (0...run.roll(2)).map { _ in world.makeReactor() }
      run.machines += reactors.map { Machine(reactor: $0) }
      media = SimStoreMedia(run.medium, keyValue: run.keyValue, world: world)
      if run.roll(3) == 0 { media.indexDelay = 3_000_000 }
      let failures = Failures()
      store = BlockStore(media: media, options: run.options()) {
        failures.first = failures.first ?? $0
      }
      store.onRecord = { [unowned run] log, partition, isInternal in
        if !isInternal { run.order[log, default: []].append(partition) }
      }
      var outcome: Result<Void, any Error>?
      let store = store
      let reactors = reactors
      reactors[0].spawn {
        do {
          try await store.mount(reactors: reactors)
          outcome = .success(())
        } catch {
          outcome = .failure(error)
        }
      }
      let until = crashAfter.map { world.clock.now.nanoseconds + $0 } ?? .max
      world.run { outcome != nil || world.clock.now.nanoseconds >= until }
      self.failures = failures
      if case .failure(let error) = outcome, crashAfter == nil {
        throw CrashFinding("start: \(error)")
      }
      if case nil = outcome, crashAfter == nil { throw CrashFinding("the start never ended") }
      if case .success = outcome { run.count(store) }
    }

    final class Failures: @unchecked Sendable { var first: (any Error)? }
    let failures: Failures

    func crash() {
      hasCrashed = true
      media.crash(random: &run.random)
      run.keyValue = media.keyValue
      // Whoever waits is told, and ends.
      let end = world.clock.now.nanoseconds + 3_000_000_000
      world.run { self.world.clock.now.nanoseconds > end }
    }

    /// Runs `body` as a task until it ends.
    func perform(_ body: @escaping () async throws -> Void) throws {
      var outcome: Result<Void, any Error>?
      reactors[0].spawn {
        do {
          try await body()
          outcome = .success(())
        } catch {
          outcome = .failure(error)
        }
      }
      world.run { outcome != nil }
      guard let outcome else {
        throw CrashFinding("a task never ended; \(String(describing: failures.first))")
      }
      try outcome.get()
    }

    func verify() throws {
      try perform { try await self.run.verify(self.store) }
      if let failure = failures.first { throw CrashFinding("the store failed: \(failure)") }
    }
  }

  private func count(_ store: BlockStore) {
    for log in store.fill.logs where lastLogs[log.id] == nil {
      lastLogs[log.id] = log.writtenBytes
      statistics.redeals += lastLogs.count > logCount ? 1 : 0
    }
  }

  private func crashInMount() throws {
    statistics.crashesInMount += 1
    let life = try Life(self, crashAfter: UInt64(roll(1_500_000)))
    life.crash()
  }

  // MARK: A life

  private func live(_ number: Int) throws {
    let life = try Life(self)
    statistics.lives += 1
    try life.verify()
    let work = Workload(self, life, number)
    try work.drive()
    life.crash()
    previousOrder = order
    order = [:]
    if let error = work.finding { throw error }
  }

  /// Transactions and reads, a few at a time, until it is time to crash.
  private final class Workload: @unchecked Sendable {
    let run: CrashRun
    let life: Life
    var steps: ModelSteps
    var outstanding = 0
    var done = 0
    var finding: CrashFinding?
    let depth: Int
    let number: Int
    var unread = 0

    init(_ run: CrashRun, _ life: Life, _ number: Int) {
      self.run = run
      self.life = life
      self.number = number
      steps = ModelSteps(random: SeededRandom(seed: run.random.next()))
      depth = 1 + run.roll(8)
    }

    func drive() throws {
      let least = run.roll(3) == 0 ? run.roll(4) : 10 + run.roll(60)
      let most = number == 0 ? 400 : least
      let spare = UInt64(run.roll(run.roll(2) == 0 ? 100_000 : 400_000))
      let world = life.world
      makeCollections()
      for (pg, writes) in run.resends {
        guard !writes.isEmpty, let handle = life.store.open(.pg(pg)) else { continue }
        queue(handle, pg) { $2.resend(writes, &$0, &$1, pg) }
      }
      run.resends = []
      pump()
      let goesOn = world.run {
        self.finding != nil || self.life.failures.first != nil || self.isEnough(least, most)
      }
      guard goesOn else {
        throw CrashFinding("nothing happens any more; \(outstanding) transactions wait")
      }
      let until = world.clock.now.nanoseconds + spare
      world.run { world.clock.now.nanoseconds >= until }
      if let failure = life.failures.first {
        // Nobody above refuses writes here as an OSD does; the store may then end, but not lose anything.
        guard (failure as? StoreError)?.errno == ENOSPC else {
          throw CrashFinding("the store failed: \(failure)")
        }
        run.statistics.outOfSpace += 1
      }
      if let finding { throw finding }
      run.countWraps(life.store)
    }

    private func isEnough(_ least: Int, _ most: Int) -> Bool {
      if done >= most { return true }
      guard done >= least else { return false }
      // The first life goes on until it has seen the ring's end and a full device.
      return number > 0 || (run.wasFull && run.wraps(life.store) >= run.wrapsWanted)
    }

    private func makeCollections() {
      for pg in CrashRun.pgs {
        let id = CollectionID.pg(pg)
        if life.store.open(id) != nil { continue }
        let handle = life.store.createHandle(id)
        run.homes[pg] = handle.partition
        queue(handle, pg) { t, model, _ in
          t.createCollection(id, bits: CrashRun.bits)
          model.collections[id] = CrashRun.bits
        }
      }
    }

    private func pump() {
      while outstanding < depth, finding == nil {
        let pg = CrashRun.pgs[run.roll(CrashRun.pgs.count)]
        guard let handle = life.store.open(.pg(pg)) else {
          // Not applied yet on the other reactor.
          if outstanding == 0 {
            life.reactors[0].schedule(after: .microseconds(50)) { self.pump() }
          }
          return
        }
        queue(handle, pg) { t, model, steps in
          for _ in 0..<1 + Int.random(in: 0..<3, using: &steps.random) {
            steps.step(&t, &model, pg)
          }
        }
        if run.roll(6) == 0 { read(handle, pg) }
      }
    }

    private func queue(
      _ handle: StoreCollection, _ pg: ShardPGID,
      _ build: @escaping (inout Transaction, inout ModelPartition, inout ModelSteps) -> Void
    ) {
      outstanding += 1
      nonisolated(unsafe) let handle = handle
      nonisolated(unsafe) let build = build
      handle.reactor.post { [self] in
        guard !life.hasCrashed else { return }
        let fill = life.store.fill
        if fill.usedUnits * 100 > fill.units * 80 { run.wasFull = true }
        steps.isFull = fill.usedUnits * 100 > fill.units * 84
        let reach = fill.freeUnits[handle.partition] + fill.freeRegionUnits
        steps.isFull = steps.isFull || reach < 70
        steps.isTight = reach < 60
        steps.isEmpty = !steps.isFull && fill.usedUnits * 100 < fill.units * 81
        run.statistics.fullest = max(run.statistics.fullest, fill.usedUnits * 100 / fill.units)
        var transaction = Transaction()
        let home = handle.partition
        var model = run.states[home].last!
        steps.writes = []
        build(&transaction, &model, &steps)
        ModelSteps.sign(&transaction, &model, pg)
        run.states[home].append(model)
        run.sent[home].append((pg, steps.writes))
        run.statistics.transactions += 1
        let place = model.count
        life.store.queue(transaction, on: handle) { [self] in
          if life.hasCrashed { return }
          run.acknowledged[home] = max(run.acknowledged[home], place)
          run.statistics.acknowledged += 1
          outstanding -= 1
          done += 1
          life.reactors[0].post { [self] in pump() }
        }
      }
    }

    /// Reads an object while it is being changed: it must be as it was when the read began.
    private func read(_ handle: StoreCollection, _ pg: ShardPGID) {
      nonisolated(unsafe) let handle = handle
      handle.reactor.post { [self] in
        guard !life.hasCrashed else { return }
        let names = ModelSteps.names(pg)
        let object = names[run.roll(names.count)]
        let store = life.store
        handle.reactor.spawn { [self] in
          let wanted = run.states[handle.partition].last!.objects[object]?.data
          do throws(StoreError) {
            let found = try await store.read(object, in: handle).array
            if !life.hasCrashed, found != wanted {
              finding = CrashFinding(
                "a read of \(object) found \(found.count) bytes, not the \(wanted?.count ?? -1) that it had"
              )
            }
          } catch {
            if !life.hasCrashed, life.failures.first == nil, !error.isAbsent || wanted != nil {
              finding = CrashFinding("a read of \(object): \(error)")
            }
          }
        }
      }
    }
  }

  private func wraps(_ store: BlockStore) -> Int {
    store.fill.logs.reduce(statistics.wraps) {
      // Less than before, when the crash took records that were not flushed.
      $0 + Int(($1.writtenBytes - min($1.writtenBytes, lastLogs[$1.id] ?? 0)) / $1.ringBytes)
    }
  }

  private func countWraps(_ store: BlockStore) {
    statistics.wraps = wraps(store)
    for log in store.fill.logs { lastLogs[log.id] = log.writtenBytes }
  }

  // MARK: After a start

  private func verify(_ store: BlockStore) async throws {
    var survivors: [Int] = []
    for home in 0..<Self.partitions {
      let count = try await survivor(store, home)
      let base = states[home][0].count
      guard count >= acknowledged[home] else {
        throw CrashFinding("partition \(home): \(acknowledged[home]) acknowledged, \(count) there")
      }
      guard count - base < states[home].count else {
        throw CrashFinding(
          "partition \(home): \(count) there, \(base + states[home].count - 1) ever queued")
      }
      survivors.append(count - base)
      statistics.lost += base + states[home].count - 1 - count
      try await compare(store, home, states[home][count - base])
    }
    try checkPrefixes(survivors)
    let report = try await store.check(deep: true)
    guard report.isClean else { throw CrashFinding("check: \(report.errors.prefix(5))") }
    for home in 0..<Self.partitions {
      resends += sent[home].dropFirst(survivors[home]).prefix(1)
      sent[home] = []
      states[home] = [states[home][survivors[home]]]
      acknowledged[home] = states[home][0].count
    }
    previousOrder = [:]
  }

  /// What survived of each log's partitions is a beginning of the log.
  private func checkPrefixes(_ survivors: [Int]) throws {
    for (log, places) in previousOrder {
      let partitions = Set(places)
      let total = partitions.reduce(0) { $0 + survivors[$1] }
      guard total <= places.count else {
        throw CrashFinding(
          "log \(log): \(total) transactions survived, \(places.count) were recorded")
      }
      var counts = Array(repeating: 0, count: Self.partitions)
      for partition in places.prefix(total) { counts[partition] += 1 }
      for partition in partitions where counts[partition] != survivors[partition] {
        throw CrashFinding(
          "log \(log): survivors \(survivors) are no prefix; the order was \(places)")
      }
    }
  }

  /// Of the life before.
  private var previousOrder: [UInt32: [Int]] = [:]

  private func survivor(_ store: BlockStore, _ home: Int) async throws -> Int {
    var most = 0
    for (pg, partition) in homes where partition == home {
      guard let handle = store.open(.pg(pg)) else { continue }
      do throws(StoreError) {
        let found = try await on(handle.reactor) { () async throws(StoreError) in
          try await store.omapValues(["count"], of: GHObject.pgMeta(pg), in: handle)
        }
        guard let value = found.first, let number = Int(value.value.text) else { continue }
        most = max(most, number - 1_000_000)
      } catch {
        if !error.isAbsent { throw CrashFinding("count of \(pg): \(error)") }
      }
    }
    return most
  }

  /// Runs `body` on a reactor of the simulation.
  private func on<Value>(
    _ reactor: Reactor, _ body: @escaping () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let box = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Box<Result<Value, StoreError>>, Never>) in
      reactor.spawn {
        do throws(StoreError) {
          continuation.resume(returning: Box(value: .success(try await body())))
        } catch {
          continuation.resume(returning: Box(value: .failure(error)))
        }
      }
    }
    return try box.value.get()
  }

  private struct Box<Value>: @unchecked Sendable { let value: Value }

  private func compare(_ store: BlockStore, _ home: Int, _ model: ModelPartition) async throws {
    let here = Set(store.collections().filter { store.open($0)!.partition == home })
    guard here == Set(model.collections.keys) else {
      throw CrashFinding("partition \(home): collections \(here), not \(model.collections.keys)")
    }
    for (id, bits) in model.collections {
      let handle = store.open(id)!
      guard handle.bits == bits else { throw CrashFinding("\(id): \(handle.bits) bits") }
      let finding = try await on(handle.reactor) { () async throws(StoreError) -> String? in
        try await Self.difference(store, handle, model)
      }
      if let finding { throw CrashFinding("partition \(home) at \(model.count): \(finding)") }
    }
  }

  private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count
      && left.withUnsafeBytes { left in
        right.withUnsafeBytes {
          left.count == 0 || memcmp(left.baseAddress!, $0.baseAddress!, left.count) == 0
        }
      }
  }

  private static func difference(
    _ store: BlockStore, _ handle: StoreCollection, _ model: ModelPartition
  ) async throws(StoreError) -> String? {
    let seed = handle.id.pgID!.pgID.seed
    let wanted = model.objects.filter { $0.key.object.hash & ((1 << bits) - 1) == seed }
    let listed = try await store.list(handle)
    if listed != wanted.keys.sorted() {
      return "\(handle.id): objects \(listed), not \(wanted.keys.sorted())"
    }
    for (object, model) in wanted {
      let data = try await store.read(object, in: handle).array
      if !isSame(data, model.data) {
        let at = zip(data, model.data).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        return
          "\(object): \(data.count) bytes, wanted \(model.data.count), first difference at \(at ?? -1)"
      }
      if try await store.stat(object, in: handle)?.size != UInt64(data.count) {
        return "\(object): size"
      }
      let attributes = try await store.attributes(of: object, in: handle)
      if Dictionary(uniqueKeysWithValues: attributes.map { ($0.name, $0.value.array) })
        != model.attributes
      {
        return "\(object): attributes"
      }
      let omap = try await store.omapEntries(of: object, in: handle).entries
      if Dictionary(uniqueKeysWithValues: omap.map { ($0.name, $0.value.array) }) != model.omap {
        return "\(object): omap \(omap.map(\.name)), not \(model.omap.keys.sorted())"
      }
      if try await store.omapHeader(of: object, in: handle).array != model.header {
        return "\(object): header"
      }
    }
    return nil
  }
}
