import ClusterMaps
import Peering
import RadosTypes
import Testing

@Suite struct ActingChoiceTests {
  /// What one holder says: its end, its tail, the epoch it started in, whether it is whole.
  private static func info(
    _ end: UInt64, tail: UInt64 = 0, started: UInt32 = 10, history: UInt32 = 10,
    isWhole: Bool = true, missing: Int64 = 0
  ) -> PGInfo {
    var info = PGInfo(ShardPGID(PGID(pool: 1, seed: 0)))
    info.lastUpdate = EVersion(epoch: 9, version: end)
    info.lastComplete = missing == 0 ? info.lastUpdate : .zero
    info.logTail = EVersion(epoch: 9, version: tail)
    info.lastEpochStarted = started
    info.history.lastEpochStarted = history
    info.history.epochCreated = 1
    info.stats.sum.objectsMissing = missing
    if !isWhole { info.lastBackfill = .min }
    return info
  }

  private static func choice(
    up: [Int32], acting: [Int32]? = nil, _ infos: [Int32: PGInfo], pool: Pool = Pool(size: 3)
  ) -> ActingChoice {
    var placement = PGPlacement()
    placement.up = up
    placement.acting = acting ?? up
    placement.upPrimary = up.first { $0 != PGShard.noOSD } ?? -1
    placement.actingPrimary = placement.acting.first { $0 != PGShard.noOSD } ?? -1
    func member(_ osd: Int32) -> PGShard {
      let place =
        pool.isErasure ? up.firstIndex(of: osd) ?? placement.acting.firstIndex(of: osd) : nil
      return PGShard(osd: osd, shard: place.map { Int8($0) } ?? ShardPGID.noShard)
    }
    return ActingChoice(
      whoami: member(placement.actingPrimary), pool: pool, placement: placement,
      upPrimary: member(placement.upPrimary),
      infos: Dictionary(uniqueKeysWithValues: infos.map { (member($0.key), $0.value) }))
  }

  private static func best(_ choice: ActingChoice) -> (osd: Int32?, isBound: Bool) {
    var isBound = false
    let best = choice.bestInfo(isBoundByHistory: &isBound)
    return (best?.osd, isBound)
  }

  private static func acting(_ choice: ActingChoice) -> ActingChoice.Result {
    var isBound = false
    guard let best = choice.bestInfo(isBoundByHistory: &isBound) else { return .init() }
    return choice.replicated(best: best)
  }

  // MARK: Whose log

  @Test func `the newest end wins, then the longest tail, then who lacks nothing, then oneself`() {
    #expect(
      Self.best(Self.choice(up: [0, 1, 2], [0: Self.info(5), 1: Self.info(7), 2: Self.info(6)])).osd
        == 1)
    #expect(
      Self.best(Self.choice(up: [0, 1], [0: Self.info(5, tail: 3), 1: Self.info(5, tail: 1)])).osd
        == 1)
    #expect(
      Self.best(Self.choice(up: [0, 1], [0: Self.info(5, missing: 1), 1: Self.info(5)])).osd == 1)
    #expect(Self.best(Self.choice(up: [1, 0], [0: Self.info(5), 1: Self.info(5)])).osd == 1)
  }

  @Test func `who has not started when others have is passed over, however long its log`() {
    let infos: [Int32: PGInfo] = [0: Self.info(50, started: 8), 1: Self.info(5, started: 10)]
    #expect(Self.best(Self.choice(up: [0, 1], infos)).osd == 1)
  }

  @Test func `when history says that somebody has started, and nobody here has, nobody will do`() {
    let infos: [Int32: PGInfo] = [
      0: Self.info(5, started: 8, history: 12), 1: Self.info(5, started: 8, history: 8),
    ]
    let found = Self.best(Self.choice(up: [0, 1], infos))
    #expect(found.osd == nil && found.isBound)
  }

  @Test func `a start of an incomplete copy does not count, and it is no source`() {
    let infos: [Int32: PGInfo] = [
      0: Self.info(9, started: 12, history: 10, isWhole: false), 1: Self.info(5, started: 10),
    ]
    #expect(Self.best(Self.choice(up: [0, 1], infos)).osd == 1)
  }

  @Test func `where changes can be undone, the oldest end wins`() {
    var pool = Pool(kind: .erasure, size: 3)
    pool.minSize = 2
    let infos: [Int32: PGInfo] = [0: Self.info(7), 1: Self.info(5), 2: Self.info(6)]
    #expect(Self.best(Self.choice(up: [0, 1, 2], infos, pool: pool)).osd == 1)
  }

  // MARK: Who acts

  @Test func `those who are up act if the log reaches them`() {
    let result = Self.acting(
      Self.choice(up: [0, 1, 2], [0: Self.info(5), 1: Self.info(7), 2: Self.info(6)]))
    #expect(result.want == [0, 1, 2] && result.backfill.isEmpty)
  }

  @Test func `who is too far behind is backfilled, and another acts for it`() {
    let infos: [Int32: PGInfo] = [
      0: Self.info(50, tail: 20), 1: Self.info(3), 2: Self.info(50, tail: 20, isWhole: false),
      3: Self.info(48, tail: 20), 4: Self.info(49, tail: 20),
    ]
    let result = Self.acting(Self.choice(up: [0, 1, 2], acting: [0, 3], infos))
    #expect(result.want == [0, 3, 4])
    #expect(result.backfill == [PGShard(osd: 1), PGShard(osd: 2)])
    #expect(result.actingBackfill == Set((0...4).map { PGShard(osd: $0) }))
    var restricted = Self.choice(up: [0, 1, 2], acting: [0, 3], infos)
    restricted.isRestrictedToUpActing = true
    #expect(Self.acting(restricted).want == [0, 3])
  }

  @Test func `a copy whose log begins after the right one's end is backfilled`() {
    let infos: [Int32: PGInfo] = [
      0: Self.info(5), 1: Self.info(30, tail: 20, started: 9), 2: Self.info(5),
    ]
    let result = Self.acting(Self.choice(up: [0, 1, 2], infos))
    #expect(result.want == [0, 2] && result.backfill == [PGShard(osd: 1)])
  }

  @Test func `a primary that is empty, or lacks much, leaves its place for a while`() {
    let empty: [Int32: PGInfo] = [
      0: Self.info(0, isWhole: false), 1: Self.info(7), 2: Self.info(7),
    ]
    #expect(Self.acting(Self.choice(up: [0, 1, 2], empty)).want.first == 1)
    let behind: [Int32: PGInfo] = [0: Self.info(7), 1: Self.info(300), 2: Self.info(300)]
    #expect(Self.acting(Self.choice(up: [0, 1, 2], behind)).want.first == 1)
    let near: [Int32: PGInfo] = [0: Self.info(250), 1: Self.info(300), 2: Self.info(300)]
    #expect(Self.acting(Self.choice(up: [0, 1, 2], near)).want == [0, 1, 2])
  }

  @Test func `each shard has its own place`() {
    let pool = Pool(kind: .erasure, size: 3)
    let hole = PGShard.noOSD
    let infos: [Int32: PGInfo] = [
      0: Self.info(5, tail: 2), 1: Self.info(1), 2: Self.info(5, tail: 2),
    ]
    let result = Self.choice(up: [0, 1, 2], infos, pool: pool)
      .erasure(best: PGShard(osd: 0, shard: 0))
    #expect(result.want == [0, hole, 2] && result.backfill == [PGShard(osd: 1, shard: 1)])
  }
}
