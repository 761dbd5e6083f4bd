import Base
import Testing

@testable import BlockStore

/// Where on the device logs get their units.
@Suite struct SpaceMapTests {
  private static let regionUnits = 64

  private func map(regions: Int) -> SpaceMap {
    SpaceMap(firstUnit: 1000, regionUnits: Self.regionUnits, regionCount: regions)
  }

  private func take(_ count: Int, _ map: SpaceMap, log: UInt16 = 0) -> [UnitRun] {
    var runs: [UnitRun] = []
    #expect(map.reserve(count))
    map.take(count, for: log, into: &runs)
    return runs
  }

  @Test func shortRunsOfALogLieBehindEachOther() {
    let map = map(regions: 16)
    #expect(take(1, map) == [UnitRun(unit: 1000, count: 1)])
    #expect(take(4, map) == [UnitRun(unit: 1001, count: 4)])
    #expect(take(1, map, log: 1) == [UnitRun(unit: 1064, count: 1)])
    map.giveBack([UnitRun(unit: 1000, count: 1)])
    #expect(take(1, map) == [UnitRun(unit: 1005, count: 1)])
  }

  @Test func aRegionIsGoneThroughAgainWhenHalfOfItIsFree() {
    let map = map(regions: 16)
    for _ in 0..<Self.regionUnits / 16 { _ = take(16, map) }
    for unit in stride(from: 1000 as UInt64, to: 1064, by: 2) {
      map.giveBack([UnitRun(unit: unit, count: 1)])
    }
    #expect(take(2, map) == [UnitRun(unit: 1000, count: 1), UnitRun(unit: 1002, count: 1)])
  }

  @Test func aRegionWithLittleRoomIsLeftAloneWhileOthersAreEmpty() {
    let map = map(regions: 16)
    for _ in 0..<Self.regionUnits / 16 { _ = take(16, map) }
    map.giveBack([UnitRun(unit: 1010, count: 8)])
    #expect(take(1, map) == [UnitRun(unit: 1064, count: 1)])
  }

  @Test func whenFewRegionsAreEmptyTheRestIsFilledFirst() {
    let map = map(regions: 4)
    // Three of four have something in them: no more are begun while these have room.
    for _ in 0..<3 * Self.regionUnits / 16 { _ = take(16, map) }
    map.giveBack([UnitRun(unit: 1010, count: 8)])
    #expect(take(1, map) == [UnitRun(unit: 1010, count: 1)])
    #expect(map.now.emptyRegions == 1)
  }

  @Test func aRegionThatIsAllFreeIsNobodysAgain() {
    let map = map(regions: 16)
    let first = take(16, map)
    #expect(map.now.emptyRegions == 15)
    map.giveBack(first)
    #expect(map.now.emptyRegions == 16)
    #expect(take(1, map, log: 1) == [UnitRun(unit: 1000, count: 1)])
    #expect(take(1, map) == [UnitRun(unit: 1064, count: 1)])
  }

  @Test func everyUnitIsFoundInTheEnd() {
    let map = map(regions: 8)
    var random = SeededRandom(seed: 3)
    var taken: Set<UInt64> = []
    var left = 8 * Self.regionUnits
    while left > 0 {
      let count = min(left, Int.random(in: 1...24, using: &random))
      for run in take(count, map, log: UInt16(left % 3)) {
        for unit in run.unit..<run.unit + UInt64(run.count) {
          #expect(taken.insert(unit).inserted)
        }
      }
      left -= count
    }
    #expect(taken.count == 8 * Self.regionUnits && map.now.freeUnits == 0)
    #expect(!map.reserve(1))
  }
}
