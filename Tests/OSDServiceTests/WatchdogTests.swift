import Base
import Testing

@testable import OSDService

@Suite struct StuckWatchTests {
  private func at(_ seconds: Double) -> Instant {
    Instant(nanoseconds: UInt64(1000e9 + seconds * 1e9))
  }

  private func firstStuck(
    _ watch: inout StuckWatch, _ seconds: ClosedRange<Int>, busySince: [Instant?]
  ) -> Int? {
    seconds.first {
      watch.stuck(busySince, at: at(Double($0)), limit: .seconds(150)) == busySince.count - 1
    }
  }

  @Test func `a reactor that does not come round is found when the limit is over`() {
    var watch = StuckWatch()
    #expect(firstStuck(&watch, 1...300, busySince: [nil, at(10)]) == 161)
  }

  @Test func `one that sleeps, or comes round, is not stuck`() {
    var watch = StuckWatch()
    for second in 1...400 {
      let busy: [Instant?] = [nil, at(Double(second / 100 * 100))]
      #expect(watch.stuck(busy, at: at(Double(second)), limit: .seconds(150)) == nil)
    }
  }

  @Test func `time in which the process did not run does not count`() {
    var watch = StuckWatch()
    #expect(firstStuck(&watch, 1...100, busySince: [at(10)]) == nil)
    // Stopped for an hour.
    #expect(firstStuck(&watch, 3700...4000, busySince: [at(10)]) == 3851)
  }
}
