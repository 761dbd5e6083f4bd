import Base
import BlockStore
import KeyValue
import RadosTypes
import Reactors
import TestKit

/// One store, three lives that end in a crash each, and what must be true after each start: every
/// acknowledged transaction is whole, none is half there, what survived is a prefix of each log, and a
/// deep check finds nothing. One seed, one run.
///
/// In its first life every run fills the device to `fullPercent` and goes round each ring
/// `roundsWanted` times; one of its starts is cut short during the replay, and one of its lives during
/// a checkpoint.
package final class CrashRun {
  var random: SeededRandom
  private let mutants: StoreMutants
  let medium: SimMedia
  var keyValue = MemoryKeyValue()
  var history = CrashHistory(partitions: partitions)
  package internal(set) var statistics = CrashStatistics()
  private var logCount = 1

  /// A reactor of one of the run's machines; every part of a store that works on it holds it.
  struct Machine { weak var reactor: Reactor? }
  var machines: [Machine] = []

  static let partitions = 2
  static let bits: UInt32 = 3
  static let parents = (0..<UInt32(8)).map { ShardPGID(PGID(pool: 1, seed: $0)) }
  /// With those that the others are split into, which have a bit more.
  static let pgs = parents + parents.map(child)

  static func child(of pg: ShardPGID) -> ShardPGID {
    ShardPGID(PGID(pool: pg.pool, seed: pg.pgID.seed | 1 << bits))
  }
  static func parent(of child: ShardPGID) -> ShardPGID {
    ShardPGID(PGID(pool: child.pool, seed: child.pgID.seed & ~(1 << bits)))
  }

  static let fullPercent = 80
  private static let roundsWanted = 3
  private static let lives = 3
  private static let logAreaBytes: UInt64 = 96 << 10
  private static let mediumBytes = (384 + 3072) << 10
  /// In the first life; most need less than 200.
  private static let transactionsMax = 3000

  package init(seed: UInt64, mutants: StoreMutants = []) throws {
    self.mutants = mutants
    random = SeededRandom(seed: seed &* 0x9e37_79b9_7f4a_7c15)
    medium = SimMedia(byteCount: Self.mediumBytes)
    var format = StoreFormatOptions()
    format.deviceBytesMin = 0
    format.partitionCount = Self.partitions
    format.logAreaBytes = Self.logAreaBytes
    format.indexAreaBytes = 4096
    format.regionBytes = 128 << 10
    logCount = 1 + roll(2)
    format.logCount = logCount
    try SimStoreMedia.format(medium, format, id: seed)
  }

  func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  /// Machines that something still holds; of a run that has ended, none.
  package var remainingMachines: Int { machines.count { $0.reactor != nil } }

  package func run() throws {
    statistics.runs = 1
    let replay = 1 + roll(Self.lives - 1)
    let checkpoint = roll(Self.lives)
    for number in 0..<Self.lives {
      while roll(4) == 0 { try crashInStart() }
      if number == replay { try crashInReplay() }
      try live(number, endsInCheckpoint: number == checkpoint)
    }
    let last = CrashLife(self)
    try last.finishMounting()
    try verify(last)
    try checkThrough()
  }

  func options() -> BlockStoreOptions {
    var options = BlockStoreOptions()
    if roll(4) == 0 { logCount = 1 + roll(3) }
    options.logCount = logCount
    options.onodeCacheBytes = [0, 8 << 10, 1 << 20][roll(3)]
    options.dataCacheBytes = [0, 96 << 10, 1 << 20][roll(3)]
    options.overlayBytes = [24 << 10, 1 << 20][roll(2)]
    options.checkpointAtPercent = 30 + roll(60)
    options.stopAtPercent = 60 + roll(36)
    options.overlapTransactionsMin = 1 + roll(3)
    options.overlapBytesMin = 1 << 20
    options.patchesMax = [2, 100][roll(2)]
    options.deferredBytesMax = [0, 16 << 10, 64 << 10][roll(3)]
    options.deferredUnitsMax = [4, 256][roll(2)]
    options.mutants = mutants
    return options
  }

  // MARK: Starts that do not end

  private func crashInStart() throws {
    let life = CrashLife(self)
    life.goOn(nanoseconds: UInt64(roll(1_500_000)))
    try endStart(life)
  }

  /// At a moment after the first record was asked for and before the store is mounted.
  private func crashInReplay() throws {
    let before = statistics.crashesInReplay
    for attempt in 0..<4 where statistics.crashesInReplay == before {
      let life = CrashLife(self)
      life.world.run { !life.isMounting || life.media.hasReadLog }
      let span = attempt < 3 ? UInt64(roll(300_000)) : 0
      life.goOn(nanoseconds: span, until: { !life.isMounting })
      try endStart(life)
    }
  }

  private func endStart(_ life: CrashLife) throws {
    statistics.crashesInStart += 1
    if life.isMounting, life.media.hasReadLog { statistics.crashesInReplay += 1 }
    try life.crash()
  }

  // MARK: A life

  private func live(_ number: Int, endsInCheckpoint: Bool) throws {
    let life = CrashLife(self)
    try life.finishMounting()
    statistics.lives += 1
    try verify(life)
    let work = CrashWorkload(self, life)
    let least = roll(3) == 0 ? roll(4) : 10 + roll(60)
    work.begin()
    try work.drive {
      work.done >= least && (number > 0 || self.isThrough(work))
        || work.done >= Self.transactionsMax
    }
    guard number > 0 || isThrough(work) else {
      throw CrashFinding("too little: \(statistics.text); rounds \(work.rounds)", isShortfall: true)
    }
    life.goOn(nanoseconds: UInt64(roll(roll(2) == 0 ? 100_000 : 400_000)))
    if endsInCheckpoint { reachCheckpoint(life) }
    try work.check()
    statistics.wraps += work.rounds.reduce(0, +)
    if life.store.checkpointsRunning > 0 { statistics.crashesInCheckpoint += 1 }
    statistics.deferred += life.store.fill.deferredWrites
    try life.crash()
    history.crashed()
    if let finding = work.finding { throw finding }
  }

  private func isThrough(_ work: CrashWorkload) -> Bool {
    statistics.fullest >= Self.fullPercent && statistics.moves > 0
      && work.rounds.allSatisfy { $0 >= Self.roundsWanted }
  }

  /// Begins checkpoints until one is not over at the moment that it is to be crashed at.
  private func reachCheckpoint(_ life: CrashLife) {
    for attempt in 0..<4 where life.failure == nil {
      let store = life.store
      life.reactors[0].spawn { await store.checkpoint() }
      life.goOn(nanoseconds: 1_000_000_000, until: { store.checkpointsRunning > 0 })
      let span = attempt < 3 ? UInt64(roll(300_000)) : 0
      life.goOn(nanoseconds: span, until: { store.checkpointsRunning == 0 })
      if store.checkpointsRunning > 0 { return }
    }
  }

  /// Every run must have been through all that can go wrong.
  private func checkThrough() throws {
    let counts = history.latest.map(\.count)
    guard statistics.fullest >= Self.fullPercent, statistics.wraps >= Self.roundsWanted,
      statistics.crashesInReplay > 0, statistics.crashesInCheckpoint > 0,
      statistics.lives == Self.lives, statistics.moves > 0, counts.allSatisfy({ $0 > 0 })
    else { throw CrashFinding("too little: \(statistics.text); \(counts)", isShortfall: true) }
  }
}
