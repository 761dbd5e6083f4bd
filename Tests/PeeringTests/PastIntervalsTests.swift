import Buffers
import ClusterMaps
import Peering
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct PastIntervalsTests {
  private static let none = PGShard.noOSD

  /// Places of the acting set, epochs, whether it may have written.
  typealias Step = (acting: [Int32], first: UInt32, last: UInt32, wrote: Bool)

  private static func list(_ kind: Pool.Kind, _ steps: [Step]) -> PastIntervals {
    var past = PastIntervals()
    let pool = Pool(kind: kind)
    for step in steps {
      past.add(
        .init(first: step.first, last: step.last, acting: pool.shards(of: step.acting)),
        mayHaveWritten: step.wrote)
    }
    return past
  }

  private static let steps: [Step] = [
    ([0, 1, 2], 10, 20, true), ([1, 2], 21, 30, true), ([2], 31, 35, false),
    ([0, 2], 36, 50, true),
  ]

  /// Ceph's generator makes this list by the same steps (`pi_compact_rep::generate_test_instances`).
  @Test func `a list grows as Ceph's own does, byte for byte`() {
    let samples = Set(GoldenSamples.values(of: "PastIntervals").map(\.bytes))
    guard !samples.isEmpty else {
      return print("no golden samples of PastIntervals; LOLIGO_CORPUS says where they are")
    }
    #expect(samples.contains(Self.list(.erasure, Self.steps).wire))
  }

  @Test func `an interval is outdated by a later one of fewer members`() {
    let past = Self.list(.replicated, Self.steps)
    #expect(past.first == 10 && past.last == 50)
    #expect(past.allParticipants == Pool().shards(of: [0, 1, 2]))
    #expect(past.intervals.map(\.first) == [21, 36])
    #expect(past.mayHaveWritten(backTo: 31).map(\.first) == [36])
    #expect(past.mayHaveWritten(backTo: 30).map(\.first) == [36, 21])
  }

  /// A map with OSDs 0 to 3 up since epoch 5 and one pool of three copies.
  private static func map(
    _ epoch: UInt32, _ change: (inout OSDMap.Contents) -> Void = { _ in }
  ) -> OSDMap {
    var contents = OSDMap.Contents()
    contents.epoch = epoch
    contents.osds.resize(to: 4)
    for osd in 0..<4 {
      contents.osds.states[osd] = [.exists, .up]
      contents.osds.infos[osd].upFrom = 5
      contents.osds.infos[osd].upThrough = 5
    }
    var pool = Pool(pgCount: 8)
    pool.minSize = 2
    contents.pools[1] = pool
    change(&contents)
    return OSDMap(contents)
  }

  private static func placement(_ acting: [Int32]) -> PGPlacement {
    var placement = PGPlacement()
    placement.up = acting
    placement.acting = acting
    placement.upPrimary = acting.first { $0 != none } ?? -1
    placement.actingPrimary = placement.upPrimary
    return placement
  }

  /// What is noted of an interval from 10 to 19 with this acting set.
  private static func noted(
    _ acting: [Int32], clean: UInt32 = 0, isRecoverable: Bool = true,
    _ before: (inout OSDMap.Contents) -> Void = { _ in }
  ) -> PastIntervals {
    var past = PastIntervals()
    let change = IntervalChange(
      pg: PGID(pool: 1, seed: 0), before: map(19, before), after: map(20), old: placement(acting),
      new: placement([3]), sameIntervalSince: 10, lastEpochClean: clean)
    #expect(past.note(change) { _ in isRecoverable })
    #expect(past.last == 19)
    return past
  }

  private static func alive(_ osd: Int, _ epoch: UInt32) -> (inout OSDMap.Contents) -> Void {
    { $0.osds.infos[osd].upThrough = epoch }
  }

  @Test func `without a change nothing is noted`() {
    var past = PastIntervals()
    let same = Self.placement([0, 1])
    let change = IntervalChange(
      pg: PGID(pool: 1, seed: 0), before: Self.map(19), after: Self.map(20), old: same, new: same,
      sameIntervalSince: 10, lastEpochClean: 0)
    #expect(!past.note(change) { _ in true })
    #expect(past.isEmpty)
  }

  @Test func `an interval may have written only if its primary was noted alive in it`() {
    #expect(Self.noted([0, 1], Self.alive(0, 10)).intervals.count == 1)
    #expect(Self.noted([0, 1], Self.alive(0, 9)).intervals.isEmpty)
    #expect(Self.noted([0, 1], Self.alive(1, 12)).intervals.isEmpty)
    // Up again since, so what is noted is of a later life.
    let reborn = Self.noted([0, 1]) {
      $0.osds.infos[0].upFrom = 11
      $0.osds.infos[0].upThrough = 12
    }
    #expect(reborn.intervals.isEmpty)
  }

  @Test func `or if the PG became clean in it`() {
    #expect(Self.noted([0, 1], clean: 10).intervals.count == 1)
    #expect(Self.noted([0, 1], clean: 19).intervals.count == 1)
    #expect(Self.noted([0, 1], clean: 9).intervals.isEmpty)
    #expect(Self.noted([0, 1], clean: 20).intervals.isEmpty)
  }

  @Test func `too few, or not enough of the code's shards, could not have written`() {
    #expect(Self.noted([0], Self.alive(0, 15)).intervals.isEmpty)
    #expect(Self.noted([], Self.alive(0, 15)).intervals.isEmpty)
    #expect(Self.noted([0, 1], isRecoverable: false, Self.alive(0, 15)).intervals.isEmpty)
    #expect(Self.noted([0]).allParticipants == [PGShard(osd: 0)])
  }

  // MARK: Whom to ask

  private static let past = list(
    .replicated, [([0, 1], 10, 19, true), ([2, 1], 20, 29, true)])

  private static func prior(_ map: OSDMap, backTo epoch: UInt32 = 5) -> PriorSet {
    PriorSet(
      past: past, placement: placement([3]), map: map, pool: Pool(), backTo: epoch,
      isRecoverable: { !$0.isEmpty })
  }

  private static func without(_ osds: [Int], lostAt: UInt32 = 0) -> OSDMap {
    map(40) {
      for osd in osds {
        $0.osds.states[osd] = [.exists]
        $0.osds.infos[osd].lostAt = lostAt
      }
    }
  }

  @Test func `all who took part and are up are asked`() {
    let prior = Self.prior(Self.map(40))
    #expect(prior.probe == Pool().shards(of: [0, 1, 2, 3]))
    #expect(prior.down.isEmpty && !prior.isDown)
    #expect(!prior.isAffected(by: Self.map(41)))
  }

  @Test func `one survivor of each interval is enough`() {
    let prior = Self.prior(Self.without([1]))
    #expect(prior.down == [1] && !prior.isDown)
    #expect(prior.isAffected(by: Self.map(41)))
    #expect(prior.isAffected(by: Self.without([1, 0])))
  }

  @Test func `an interval without survivors blocks, unless it is too old or they are lost`() {
    let blocked = Self.prior(Self.without([0, 1]))
    #expect(blocked.isDown && blocked.blockedBy == [0: 0, 1: 0])
    #expect(!blocked.isAffected(by: Self.without([0, 1])))
    #expect(blocked.isAffected(by: Self.without([0, 1], lostAt: 41)))
    #expect(!Self.prior(Self.without([0, 1]), backTo: 20).isDown)
    #expect(!Self.prior(Self.without([0, 1], lostAt: 35)).isDown)
    #expect(Self.prior(Self.without([0, 1], lostAt: 10)).isDown)
    let gone = Self.map(40) {
      $0.osds.states[0] = []
      $0.osds.states[1] = [.exists]
    }
    #expect(Self.prior(gone).blockedBy == [1: 0])
  }
}
