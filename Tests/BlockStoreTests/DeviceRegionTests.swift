import Base
import Testing

@testable import BlockStore

/// Where in a region units are taken.
@Suite struct DeviceRegionTests {
  @Test func shortRunsTakeTheLowestFreeUnits() {
    var region = DeviceRegion(unitCount: 256)
    #expect(region.take(4) == 0..<4)
    #expect(region.take(1) == 4..<5)
    #expect(region.release(1..<3) == true)
    #expect(region.take(1) == 1..<2)
    #expect(region.take(4) == 2..<3)
    #expect(region.take(4) == 5..<9)
  }

  @Test func longRunsGoOnWhereTheLastOneEnded() {
    var region = DeviceRegion(unitCount: 256)
    #expect(region.take(64) == 0..<64)
    #expect(region.release(8..<9) == true)
    #expect(region.take(64) == 64..<128)
    #expect(region.take(1) == 8..<9)
    #expect(region.take(1) == 128..<129)
    #expect(region.take(200) == 129..<256)
  }

  @Test func aLongRunTakesWhatIsLeftBelowWhenTheEndIsReached() {
    var region = DeviceRegion(unitCount: 256)
    #expect(region.take(256) == 0..<256)
    #expect(region.release(10..<12) == true)
    #expect(region.take(64) == 10..<12)
    #expect(region.freeCount == 0)
  }

  @Test func whatIsTakenAheadGoesThroughTheRegionOnce() {
    var region = DeviceRegion(unitCount: 128)
    region.begin()
    #expect(region.takeAhead(2) == 0..<2)
    #expect(region.takeAhead(1) == 2..<3)
    #expect(region.release(0..<1) == true)
    #expect(region.takeAhead(16) == 3..<19)
    #expect(region.takeAhead(200) == 19..<128)
    #expect(region.takeAhead(1) == nil)
    region.begin()
    #expect(region.takeAhead(4) == 0..<1)
    #expect(region.freeCount == 0)
  }
}
