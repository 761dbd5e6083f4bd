import Base
import RadosTypes
import Testing

@testable import OSDService

@Suite struct PingAveragesTests {
  /// One ping a second, each of as many microseconds as `back` says, twice that over the front.
  private func averages(seconds: Int, _ back: (Int) -> Int) -> OSDStat.PingTimes {
    var averages = PingAverages(at: HeartbeatTime.at(0).steady)
    for second in 1...seconds {
      averages.add(
        back: .microseconds(back(second)), front: .microseconds(2 * back(second)),
        at: HeartbeatTime.at(Double(second)))
    }
    return averages.report
  }

  @Test func `the last ping shows at once, averages after a minute`() {
    let times = averages(seconds: 59) { $0 }
    #expect(times.back.last == 59 && times.front.last == 118)
    #expect(times.lastUpdate == 0 && times.back.average.one == 0)
  }

  @Test func `the first minute stands for all that was before`() {
    let times = averages(seconds: 60) { $0 }
    #expect(times.lastUpdate == 1_700_000_060)
    let average = times.back.average
    #expect(average.one == 30 && average.five == 30 && average.fifteen == 30)
    #expect(times.front.least.fifteen == 2 && times.front.greatest.one == 120)
  }

  @Test func `a slow minute weighs a fifth of five, and is forgotten after fifteen`() {
    let slow = averages(seconds: 120) { $0 <= 60 ? 100 : 1100 }
    #expect(slow.back.average.one == 1100)
    #expect(slow.back.average.five == 300 && slow.back.average.fifteen == 166)
    #expect(slow.back.least.one == 1100 && slow.back.least.five == 100)
    let later = averages(seconds: 60 * 17) { 60 < $0 && $0 <= 120 ? 1100 : 100 }
    #expect(later.back.average.fifteen == 100 && later.back.greatest.fifteen == 100)
    let still = averages(seconds: 60 * 16) { 60 < $0 && $0 <= 120 ? 1100 : 100 }
    #expect(still.back.greatest.fifteen == 1100 && still.back.greatest.five == 100)
  }
}

@Suite struct PeerClockTests {
  private func span(_ milliseconds: Int64) -> TimeSpan {
    TimeSpan(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func `two clocks learn their difference within the time on the way`() {
    // The peer's clock is 100 ms ahead; a message takes 3 ms.
    var ours = PeerClock()
    var theirs = PeerClock()
    #expect(ours.boundForPeer == nil)
    theirs.gotPing(upFrom: 5, sent: span(1000), bound: ours.boundForPeer, now: span(1103))
    ours.gotReply(sent: span(1103), bound: theirs.boundForPeer, now: span(1006))
    #expect(ours.least == span(97) && ours.most == span(103))
    #expect(ours.boundForPeer == span(-97))
  }

  @Test func `a ping from before the peer's last boot says nothing`() {
    var clock = PeerClock()
    clock.gotPing(upFrom: 9, sent: span(50), bound: nil, now: span(40))
    clock.gotPing(upFrom: 8, sent: span(900), bound: span(1), now: span(41))
    #expect(clock.least == span(10) && clock.most == nil && clock.upFrom == 9)
  }
}

@Suite struct MarkdownLogTests {
  @Test func `only those within the period count`() {
    var log = MarkdownLog()
    func at(_ seconds: Double) -> Instant { HeartbeatTime.at(seconds).steady }
    #expect(log.isEmpty)
    #expect(log.note(at: at(0), period: .seconds(600)) == 1)
    #expect(log.note(at: at(500), period: .seconds(600)) == 2)
    #expect(log.note(at: at(601), period: .seconds(600)) == 2)
    log.forget(at: at(1100), period: .seconds(600))
    #expect(!log.isEmpty)
    log.forget(at: at(1202), period: .seconds(600))
    #expect(log.isEmpty)
  }
}
