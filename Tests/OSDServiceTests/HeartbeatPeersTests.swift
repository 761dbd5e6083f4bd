import Base
import ClusterMaps
import RadosTypes
import Testing

@testable import OSDService

/// Pings, answers, and who is reported. The grace is 20 s.
@Suite struct HeartbeatPeersTests {
  private static func time(_ seconds: Double) -> PingTime { HeartbeatTime.at(seconds) }

  /// osd.0 with peers 1 and 2, who know each other since the beginning.
  private struct Scene {
    var maps = HeartbeatMaps(count: 3)
    var peers = HeartbeatPeers(whoami: 0)
    var random = SeededRandom(seed: 1)
    private var checkedUntil = 0

    init() { _ = choose(at: 0) }

    mutating func choose(at seconds: Double) -> [FailureReport] {
      peers.choose(from: maps.map, pgPeers: [], at: time(seconds), using: &random)
    }

    mutating func ping(at seconds: Double, answeredBy answering: [Int32]) {
      peers.ping(at: time(seconds))
      for osd in answering { _ = answer(osd, to: seconds) }
    }

    /// To the ping of `sent`, a millisecond later unless said otherwise.
    mutating func answer(
      _ osd: Int32, to sent: Double, at seconds: Double? = nil,
      over networks: [HeartbeatNetwork] = HeartbeatNetwork.allCases
    ) -> [FailureReport] {
      networks.compactMap {
        peers.replied(osd, to: time(sent).wall, over: $0, at: time(seconds ?? sent + 0.001))
      }
    }

    /// Checks every second up to `seconds`, as the daemon does.
    mutating func check(until seconds: Int) -> [FailureReport] {
      var reports: [FailureReport] = []
      while checkedUntil < seconds {
        checkedUntil += 1
        let now = time(Double(checkedUntil) + 0.5).steady
        _ = peers.check(at: now)
        reports += peers.takeReports(at: now, maps.map)
      }
      return reports
    }

    func isWell(at seconds: Double) -> Bool { peers.isHealthy(at: time(seconds).steady, ratio: 1) }
  }

  @Test func `who answers every ping is well and not reported`() {
    var scene = Scene()
    for seconds in stride(from: 0, to: 100, by: 5) {
      scene.ping(at: Double(seconds), answeredBy: [1, 2])
      #expect(scene.check(until: seconds + 4).isEmpty)
    }
    #expect(scene.isWell(at: 99))
    #expect(scene.peers.peers.values.allSatisfy { $0.pingsAwaited == 0 })
  }

  @Test func `who stops answering is reported once, for as long as it has been silent`() {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1, 2])
    var reports: [FailureReport] = []
    for seconds in stride(from: 5, to: 60, by: 5) {
      scene.ping(at: Double(seconds), answeredBy: [1])
      reports += scene.check(until: seconds + 4)
      if seconds <= 20 { #expect(reports.isEmpty, "\(seconds) s") }
    }
    // The first ping without an answer left at 5 s; the last answer came at 0 s.
    let report = FailureReport(
      osd: 2, addresses: HeartbeatMaps.address(2), kind: .silent, seconds: 25)
    #expect(reports == [report])
    #expect(!scene.isWell(at: 59))
  }

  @Test(arguments: HeartbeatNetwork.allCases)
  func `answers over one network alone do not make a peer well`(network: HeartbeatNetwork) {
    var scene = Scene()
    var reports: [FailureReport] = []
    for seconds in stride(from: 0, to: 30, by: 5) {
      scene.ping(at: Double(seconds), answeredBy: [1])
      #expect(scene.answer(2, to: Double(seconds), over: [network]).isEmpty)
      reports += scene.check(until: seconds + 4)
    }
    #expect(reports.map(\.osd) == [2] && reports.map(\.seconds) == [20])
  }

  @Test func `one who never answered is silent since the first ping`() {
    var scene = Scene()
    scene.ping(at: 3, answeredBy: [1])
    #expect(scene.check(until: 23).map(\.seconds) == [20])
    var never = Scene()
    #expect(never.check(until: 100).isEmpty, "who was not pinged owes nothing")
    _ = never
  }

  @Test func `an answer takes the report back, and a later silence makes another`() {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1])
    #expect(scene.check(until: 21).map(\.kind) == [.silent])
    scene.ping(at: 22, answeredBy: [1])
    let alive = FailureReport(osd: 2, addresses: HeartbeatMaps.address(2), kind: .alive)
    #expect(scene.answer(2, to: 22) == [alive])
    #expect(scene.answer(2, to: 22).isEmpty)
    scene.ping(at: 30, answeredBy: [1])
    #expect(scene.check(until: 51).map(\.kind) == [.silent])
  }

  @Test func `the answer to a later ping settles the earlier ones`() {
    var scene = Scene()
    for seconds in [0.0, 5, 10] { scene.peers.ping(at: Self.time(seconds)) }
    _ = scene.answer(1, to: 10)
    _ = scene.answer(2, to: 5)
    #expect(scene.peers.peers[1]?.pingsAwaited == 0)
    #expect(scene.peers.peers[2]?.pingsAwaited == 1)
    #expect(scene.answer(2, to: 0, at: 29).isEmpty)
    // What left at 10 s is due at 30 s.
    #expect(scene.check(until: 29).isEmpty)
    #expect(scene.check(until: 30).map(\.osd) == [2])
  }

  @Test func `answers to pings that were never sent, and of strangers, are nothing`() {
    var scene = Scene()
    scene.peers.ping(at: Self.time(0))
    #expect(scene.answer(1, to: 7).isEmpty && scene.answer(9, to: 0).isEmpty)
    #expect(scene.peers.peers[1]?.pingsAwaited == 1 && scene.peers.peers[9] == nil)
  }

  @Test func `a process that stood still reports nobody before it has read what came`() {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1, 2])
    _ = scene.check(until: 4)
    scene.peers.ping(at: Self.time(5))
    #expect(scene.peers.check(at: Self.time(300).steady).isEmpty)
    for osd: Int32 in [1, 2] { _ = scene.answer(osd, to: 5, at: 300.1) }
    #expect(scene.peers.check(at: Self.time(301).steady).isEmpty)
    // But who does not answer then is reported.
    scene.peers.ping(at: Self.time(301))
    for second in 302...321 {
      #expect(scene.peers.check(at: Self.time(Double(second)).steady).isEmpty)
    }
    #expect(scene.peers.check(at: Self.time(322).steady) == [1, 2])
  }

  @Test func `a new monitor is told again, with the time that has passed`() {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1])
    #expect(scene.check(until: 21).map(\.seconds) == [20])
    scene.peers.reportAgain()
    let again = scene.peers.takeReports(at: Self.time(30).steady, scene.maps.map)
    #expect(again.map(\.osd) == [2] && again.map(\.seconds) == [30])
  }

  @Test func `a map that has the peer down ends the matter`() {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1])
    #expect(scene.check(until: 21).count == 1)
    scene.maps.down = [2]
    scene.maps.epoch += 1
    scene.peers.mapChanged(scene.maps.map)
    #expect(scene.peers.ids == [1])
    #expect(scene.choose(at: 22).isEmpty && scene.peers.withdrawReports().isEmpty)
  }

  @Test func `a report of one who is no peer any more is taken back`() {
    var scene = Scene()
    scene.maps = HeartbeatMaps(count: 30)
    scene.peers.settings.peersMin = 2
    scene.peers.settings.reporterLevel = "osd"
    _ = scene.peers.choose(
      from: scene.maps.map, pgPeers: [15], at: Self.time(0), using: &scene.random)
    scene.ping(at: 0, answeredBy: [1, 2, 29])
    #expect(scene.check(until: 21).map(\.osd) == [15])
    scene.maps.epoch += 1
    #expect(scene.choose(at: 22).map(\.kind) == [.alive])
    #expect(scene.peers.ids == [1, 29])
  }

  @Test func `after a lost connection the pings begin anew`() {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1, 2])
    scene.ping(at: 5, answeredBy: [1])
    scene.peers.connectionLost(2)
    #expect(scene.check(until: 29).isEmpty)
    scene.ping(at: 30, answeredBy: [1])
    #expect(scene.check(until: 49).isEmpty)
    #expect(scene.check(until: 51).map(\.osd) == [2])
  }

  @Test func `one that was silent for very long is begun with anew`() {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1])
    scene.peers.dropStale(at: Self.time(619).steady)
    #expect(scene.peers.ids == [1, 2])
    scene.peers.dropStale(at: Self.time(620).steady)
    #expect(scene.peers.ids == [1])
  }

  @Test(arguments: [false, true])
  func `others are chosen a grace after the last time, not before`(waits: Bool) {
    var scene = Scene()
    scene.ping(at: 0, answeredBy: [1, 2])
    func isDue(_ second: Int) -> Bool {
      scene.peers.resample(at: Self.time(Double(second)).steady, all: waits)
    }
    let early = (0...20).filter(isDue)
    #expect(early == [0])
    #expect(scene.peers.ids == [1, 2] && scene.isWell(at: 20))
    let late = (21...30).filter(isDue)
    #expect(late == [21])
    #expect(scene.peers.ids == (waits ? [] : [1, 2]))
    scene.peers.reset()
    let anew = isDue(31)
    #expect(anew && scene.peers.isEmpty)
  }

  @Test func `it is healthy when as many answer as the ratio says`() {
    var scene = Scene()
    #expect(!scene.peers.isHealthy(at: Self.time(0).steady, ratio: 0.33), "nobody has answered")
    scene.ping(at: 1, answeredBy: [1])
    #expect(scene.peers.isHealthy(at: Self.time(2).steady, ratio: 0.33))
    #expect(!scene.peers.isHealthy(at: Self.time(2).steady, ratio: 0.6))
    scene.peers.dropAll()
    #expect(scene.peers.isHealthy(at: Self.time(2).steady, ratio: 0.33), "with nobody to hear")
  }
}
