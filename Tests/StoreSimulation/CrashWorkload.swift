import Base
import BlockStore
import Buffers
import ObjectStores
import RadosTypes
import Reactors

/// What a machine's clients do: transactions and reads, a few at a time.
final class CrashWorkload: @unchecked Sendable {
  private let run: CrashRun
  private let life: CrashLife
  private var steps: ModelSteps
  private var outstanding = 0
  private(set) var done = 0
  private(set) var finding: CrashFinding?
  private let depth: Int
  private let ringsAtStart: [UInt32: UInt64]
  /// On their way from one partition to another.
  private var moving: Set<ShardPGID> = []

  /// When more than this is taken, in percent of the data units, as much is freed as is written.
  private static let highPercent = 84
  /// Units that the store may take for itself when it rewrites blocks.
  private static let unitsSpare = 24
  /// With nothing done in this time the store stands still.
  private static let standstill: UInt64 = 5_000_000_000

  init(_ run: CrashRun, _ life: CrashLife) {
    self.run = run
    self.life = life
    steps = ModelSteps(random: SeededRandom(seed: run.random.next()))
    depth = 1 + run.roll(8)
    ringsAtStart = Dictionary(
      uniqueKeysWithValues: life.store.fill.logs.map { ($0.id, $0.writtenBytes) })
  }

  /// Times that each ring was gone round since the start.
  var rounds: [Int] {
    life.store.fill.logs.map {
      let before = ringsAtStart[$0.id] ?? 0
      // Passing the end counts, wherever it began.
      return Int($0.writtenBytes / $0.ringBytes - before / $0.ringBytes)
    }
  }

  func begin() {
    makeCollections()
    for (pg, writes) in run.history.resends {
      guard !writes.isEmpty, let handle = life.store.open(.pg(pg)) else { continue }
      queue(handle, pg) { $2.resend(writes, &$0, &$1, pg) }
    }
    run.history.resends = []
    pump()
  }

  /// Goes on until `isEnough`.
  func drive(until isEnough: () -> Bool) throws {
    var last = (done: done, at: life.nanoseconds)
    var standsStill = false
    let goesOn = life.world.run {
      if done != last.done { last = (done, life.nanoseconds) }
      standsStill = life.nanoseconds > last.at + Self.standstill
      return finding != nil || life.failure != nil || standsStill || isEnough()
    }
    try check()
    if !goesOn || standsStill {
      throw CrashFinding("nothing happens any more; \(outstanding) transactions wait")
    }
  }

  func check() throws {
    if let finding { throw finding }
    if let failure = life.failure { throw CrashFinding("the store failed: \(failure)") }
  }

  private func makeCollections() {
    for pg in CrashRun.parents where life.store.open(.pg(pg)) == nil { create(pg, beside: nil) }
  }

  private func pump() {
    while outstanding < depth, finding == nil, !life.hasCrashed {
      let here = CrashRun.pgs.filter { life.store.open(.pg($0)) != nil }
      guard !here.isEmpty else {
        // Not applied yet on the other reactor.
        if outstanding == 0 {
          life.reactors[0].schedule(after: .microseconds(50)) { self.pump() }
        }
        return
      }
      let pg = here[run.roll(here.count)]
      let handle = life.store.open(.pg(pg))!
      if run.roll(16) == 0 { move(handle, pg) } else { change(handle, pg) }
      if run.roll(6) == 0 { read(handle, pg) }
    }
  }

  private func change(_ handle: StoreCollection, _ pg: ShardPGID) {
    queue(handle, pg) { t, model, steps in
      for _ in 0..<1 + Int.random(in: 0..<3, using: &steps.random) {
        steps.step(&t, &model, pg)
      }
    }
  }

  /// Queues a transaction of a PG that is there when its turn comes.
  private func queue(
    _ handle: StoreCollection, _ pg: ShardPGID,
    _ build: @escaping (inout Transaction, inout ModelPartition, inout ModelSteps) -> Void
  ) {
    post(handle) { [self] in
      guard run.history.has(pg, in: handle.partition) else { return false }
      queueNow(handle, pg, signer: pg, build)
      return true
    }
  }

  /// Runs `body`, which says whether it queued a transaction, on the handle's reactor.
  private func post(_ handle: StoreCollection, _ body: @escaping () -> Bool) {
    outstanding += 1
    nonisolated(unsafe) let body = body
    handle.reactor.post { [self] in
      if life.hasCrashed || body() { return }
      outstanding -= 1
      let reactor = life.reactors[0]
      reactor.post { reactor.schedule(after: .microseconds(10)) { self.pump() } }
    }
  }

  /// `signer`: the PG of the same partition that keeps count. `then`: when it is committed.
  private func queueNow(
    _ handle: StoreCollection, _ pg: ShardPGID, signer: ShardPGID, with other: ShardPGID? = nil,
    then: @escaping () -> Void = {},
    _ build: (inout Transaction, inout ModelPartition, inout ModelSteps) -> Void
  ) {
    let home = handle.partition
    lookAtSpace(home)
    var transaction = Transaction()
    let place = run.history.queue(pg, with: other, in: home) { model in
      build(&transaction, &model, &steps)
      ModelSteps.sign(&transaction, &model, signer)
      return (steps.writes, steps.unitsNeeded)
    }
    run.statistics.transactions += 1
    life.store.queue(transaction, on: handle) { [self] in
      if !life.hasCrashed { then() }
      committed(place, home)
    }
  }

  // MARK: Collections that come and go

  private func create(_ pg: ShardPGID, beside sibling: StoreCollection?) {
    let handle = life.store.createHandle(.pg(pg), beside: sibling)
    post(handle) { [self] in
      let isSplit = run.history.has(CrashRun.child(of: pg))
      queueNow(handle, pg, signer: pg) { t, model, _ in
        ModelSteps.create(&t, &model, pg, bits: CrashRun.bits + (isSplit ? 1 : 0))
      }
      return true
    }
  }

  /// Splits a PG, merges it, or removes it; a parent comes back in another partition as soon as that is
  /// committed, a child with its parent's next split.
  private func move(_ handle: StoreCollection, _ pg: ShardPGID) {
    let isParent = CrashRun.parents.contains(pg)
    if run.roll(isParent ? 2 : 4) == 0 { return remove(handle, pg, isParent) }
    if isParent { split(handle, pg) } else { merge(handle, pg) }
  }

  private func merge(_ handle: StoreCollection, _ child: ShardPGID) {
    post(handle) { [self] in
      let home = handle.partition
      let parent = CrashRun.parent(of: child)
      guard run.history.has(child, in: home), run.history.has(parent, in: home),
        moving.isDisjoint(with: [child, parent])
      else { return false }
      run.statistics.merges += 1
      queueNow(handle, child, signer: parent, with: parent) { t, model, _ in
        ModelSteps.merge(&t, &model, child, into: parent, bits: CrashRun.bits)
      }
      return true
    }
  }

  private func split(_ handle: StoreCollection, _ pg: ShardPGID) {
    let child = CrashRun.child(of: pg)
    post(handle) { [self] in
      guard run.history.has(pg, in: handle.partition), !run.history.has(child),
        !moving.contains(child)
      else { return false }
      _ = life.store.createHandle(.pg(child), beside: handle)
      run.statistics.moves += 1
      queueNow(handle, pg, signer: pg, with: child) { t, model, _ in
        ModelSteps.split(&t, &model, pg, into: child, bits: CrashRun.bits + 1)
      }
      return true
    }
  }

  private func remove(_ handle: StoreCollection, _ pg: ShardPGID, _ isParent: Bool) {
    post(handle) { [self] in
      let home = handle.partition
      let others = CrashRun.pgs.filter { $0 != pg && run.history.has($0, in: home) }
      guard run.history.has(pg, in: home), let signer = others.first, !moving.contains(pg) else {
        return false
      }
      moving.insert(pg)
      run.statistics.moves += 1
      queueNow(handle, pg, signer: signer, with: signer) { [self] in
        moving.remove(pg)
        if isParent { create(pg, beside: sibling(notIn: home)) }
      } _: { t, model, _ in
        ModelSteps.remove(&t, &model, pg)
      }
      return true
    }
  }

  /// A collection of another partition, if there is one.
  private func sibling(notIn home: Int) -> StoreCollection? {
    CrashRun.pgs.lazy.compactMap { self.life.store.open(.pg($0)) }.first { $0.partition != home }
  }

  private func committed(_ place: Int, _ home: Int) {
    if life.hasCrashed { return }
    run.history.acknowledge(place, in: home)
    run.statistics.acknowledged += 1
    outstanding -= 1
    done += 1
    life.reactors[0].post { [self] in pump() }
  }

  /// Nobody writes more than there is room for, as an OSD that watches how full it is sees to; else
  /// the device is kept as full as a run must have it.
  private func lookAtSpace(_ home: Int) {
    let fill = life.store.fill
    run.statistics.fullest = max(run.statistics.fullest, fill.usedUnits * 100 / fill.units)
    steps.begin(units: fill.room(for: home) - run.history.unitsNeeded - Self.unitsSpare)
    steps.isFull = fill.usedUnits * 100 > fill.units * Self.highPercent
    steps.isEmpty = fill.usedUnits * 100 <= fill.units * CrashRun.fullPercent
  }

  /// Reads an object while it is being changed: it must be as it was when the read began.
  private func read(_ handle: StoreCollection, _ pg: ShardPGID) {
    let names = ModelSteps.names(pg)
    let object = names[run.roll(names.count)]
    handle.reactor.post { [self] in
      guard !life.hasCrashed, run.history.has(pg, in: handle.partition) else { return }
      let store = life.store
      handle.reactor.spawn { [self] in
        let wanted = run.history.latest[handle.partition].objects[object]?.data
        do throws(StoreError) {
          let found = try await store.read(object, in: handle).array
          if !life.hasCrashed, !(wanted.map { CrashRun.isSame(found, $0) } ?? false) {
            finding = CrashFinding(
              "a read of \(object) found \(found.count) bytes, not the \(wanted?.count ?? -1) that it had"
            )
          }
        } catch {
          if !life.hasCrashed, life.failure == nil, !error.isAbsent || wanted != nil {
            finding = CrashFinding("a read of \(object): \(error)")
          }
        }
      }
    }
  }
}

extension StoreFill {
  /// Units that a partition can have without waiting.
  func room(for partition: Int) -> Int { freeUnits }
}
