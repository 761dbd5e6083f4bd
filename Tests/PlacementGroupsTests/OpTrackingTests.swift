import Base
import Messages
import Peering
import RadosTypes
import Testing

@testable import PlacementGroups

@Suite struct OpTrackingTests {
  private static func at(_ microseconds: UInt64) -> Instant {
    Instant(nanoseconds: 1_000_000_000 + microseconds * 1000)
  }

  /// An op with these marks, microseconds after its beginning.
  private static func record(
    _ marks: [(OpEvent, UInt8, UInt64)], copies: [Int32] = [], began: UInt64 = 0
  ) -> OpRecord {
    var trace = OpTrace(began: at(began))
    for (event, argument, time) in marks { trace.note(event, argument, at: at(began + time)) }
    return OpRecord(
      summary: "osd_op",
      origin: TrackedOp.Origin(name: EntityName(.client, 4), address: .none, tid: 1), pool: 1,
      trace: trace, copies: copies.map { PGShard(osd: $0, shard: -1) })
  }

  @Test func `marks come back in order, with their times`() {
    var trace = OpTrace(began: Self.at(0))
    trace.note(.queuedForPG, at: Self.at(5))
    trace.note(.delayed, OpDelay.active.rawValue, at: Self.at(9))
    let events = trace.events
    #expect(events.map(\.event) == [.initiated, .queuedForPG, .delayed])
    #expect(events.map(\.at) == [Self.at(0), Self.at(5), Self.at(9)])
    #expect(events[2].argument == OpDelay.active.rawValue)
    #expect(trace.flagPoint == "delayed")
  }

  @Test func `of very many marks the first 16 and the last 8 are kept`() {
    var trace = OpTrace(began: Self.at(0))
    for number in 1..<100 { trace.note(.reachedPG, UInt8(number), at: Self.at(UInt64(number))) }
    #expect(trace.count == 100)
    #expect(trace.events.map(\.argument) == Array(0..<16) + Array(92..<100))
  }

  @Test func `the history keeps those that took longest, until they are old`() {
    var history = OpHistory()
    history.limits.size = 3
    history.limits.duration = .seconds(10)
    func end(_ microseconds: UInt64, began: UInt64) {
      let op = Self.record([(.done, 0, microseconds)], began: began)
      let now = Self.at(began + microseconds)
      if history.wants(op.trace, over: now) { history.add(op, at: now) }
    }
    for took in [50, 10, 40, 20, 30] { end(UInt64(took), began: 100) }
    let now = Self.at(200)
    let kept = history.longest(at: now).map { $0.duration(at: now).wholeNanoseconds / 1000 }
    #expect(kept == [30, 40, 50])
    end(5, began: 11_000_000)
    let later = Self.at(11_000_100)
    #expect(history.longest(at: later).map { $0.duration(at: later) } == [.microseconds(5)])
    #expect(history.slowest.isEmpty)
  }

  @Test func `slow ops are kept in the order of their beginnings, the last of them`() {
    var history = OpHistory()
    history.limits.size = 1
    history.limits.slowSize = 2
    history.limits.slowThreshold = .microseconds(100)
    for (began, took) in [(0, 900), (10, 100), (20, 150), (5, 99)] as [(UInt64, UInt64)] {
      let op = Self.record([(.done, 0, took)], began: began)
      let now = Self.at(began + took)
      if history.wants(op.trace, over: now) { history.add(op, at: now) }
    }
    #expect(history.slowest.map(\.trace.began) == [Self.at(10), Self.at(20)])
  }

  @Test func `why an op was slow is where it was longest`() {
    let start: [(OpEvent, UInt8, UInt64)] = [
      (.throttled, 0, 0), (.headerRead, 0, 0), (.allRead, 0, 10), (.dispatched, 0, 20),
      (.queuedForPG, 0, 30),
    ]
    func why(_ rest: [(OpEvent, UInt8, UInt64)], copies: [Int32] = []) -> String {
      let op = Self.record(start + rest, copies: copies)
      return SlowStage(of: op, at: Self.at(10_000_000)).sentence("/dev/x")
    }
    #expect(
      why([
        (.reachedPG, 0, 2_000_030), (.started, 0, 2_000_040), (.commitSent, 0, 2_000_050),
        (.done, 0, 2_000_050),
      ])
        == "it took 2.000050 s, 2.000000 s of them in its shard's queue, behind other ops")
    #expect(
      why([
        (.reachedPG, 0, 30), (.delayed, OpDelay.missingObject.rawValue, 31),
        (.reachedPG, 0, 1_000_031), (.started, 0, 1_000_032), (.commitSent, 0, 1_000_040),
        (.done, 0, 1_000_040),
      ]) == "it took 1.000040 s, 1.000000 s of them for its object to be recovered")
    let written: [(OpEvent, UInt8, UInt64)] = [
      (.reachedPG, 0, 30), (.started, 0, 31), (.waitingForCopies, 0, 40),
    ]
    #expect(
      why(
        written + [
          (.committed, 0, 140), (.copyCommitted, 1, 240), (.copyCommitted, 0, 3_000_040),
          (.commitSent, 0, 3_000_050), (.done, 0, 3_000_050),
        ], copies: [5, 7])
        == "it took 3.000050 s, 3.000000 s of them for osd.5 to make its copy durable, where the "
        + "other copies took 0.000200 s")
    #expect(
      why(written + [(.copyCommitted, 0, 90)], copies: [5])
        == "9.999960 of 10.000000 s so far for /dev/x to make this OSD's copy durable, where the "
        + "other copies took 0.000050 s")
  }
}
