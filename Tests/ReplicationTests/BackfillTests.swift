import Base
import Buffers
import ObjectStores
import Peering
import RadosTypes
import Reactors
import Replication
import TestKit
import Testing
import Wire

@Suite struct BackfillTests {
  @Test(arguments: 0..<60 as Range<UInt64>)
  func `copies become the same while clients write`(seed: UInt64) throws {
    let reactor = Reactor(driver: try EpollDriver())
    try StoreHarness.run(on: reactor) {
      let run = try await BackfillRun(
        seed: seed, targetCount: Int(seed % 3) + 1, reactor: reactor)
      try await run.prepare()
      try await run.run()
      try await run.expectEqualCopies()
    }
  }

  private static let names = (0..<10).map {
    StoreSamples.object(ByteString("n\($0)")).object
  }.sorted()

  private static func version(_ number: UInt64) -> EVersion { EVersion(epoch: 1, version: number) }

  private static func interval(
    _ objects: [(Int, UInt64)], from: HObject = .min, to: HObject = .max, at: UInt64 = 0
  ) -> BackfillInterval {
    var map = SortedMap<HObject, EVersion>()
    for (index, number) in objects { map[names[index]] = version(number) }
    return BackfillInterval(
      begin: from, end: to, objects: map, version: at == 0 ? .zero : version(at))
  }

  private static let peer = PGShard(osd: 4)

  /// A plan that has scanned both sides.
  private static func plan(
    local: [(Int, UInt64)], peer: [(Int, UInt64)], last: HObject = .min, log: PGLog
  ) throws -> BackfillPlan {
    var plan = BackfillPlan([Self.peer: last])
    #expect(plan.next(log) == .scanLocal(from: last))
    plan.take(.scanLocal(from: last))
    #expect(plan.next(log) == .wait)
    plan.scanned(interval(local, from: last, at: log.head.version))
    let step = plan.next(log)
    #expect(step == .scanPeers([Self.peer: last]))
    plan.take(step)
    #expect(plan.next(log) == .wait)
    try plan.scanned(interval(peer, from: last), by: Self.peer)
    return plan
  }

  @Test func `each object is pushed, kept or removed, in order`() throws {
    let log = PGLog(head: Self.version(50), tail: Self.version(50))
    var plan = try Self.plan(
      local: [(0, 1), (2, 2), (3, 3), (5, 9)], peer: [(0, 1), (1, 7), (3, 2), (6, 4)], log: log)
    var steps: [BackfillStep] = []
    while true {
      let step = plan.next(log)
      if step == .end { break }
      steps.append(step)
      plan.take(step)
    }
    let object = { (index: Int, number: UInt64) in
      ObjectVersion(Self.names[index], Self.version(number))
    }
    #expect(
      steps == [
        .push(object(0, 1), to: [:]), .remove(Self.names[1], from: [Self.peer: Self.version(7)]),
        .push(object(2, 2), to: [Self.peer: .zero]),
        .push(object(3, 3), to: [Self.peer: Self.version(2)]),
        .push(object(5, 9), to: [Self.peer: .zero]),
        .remove(Self.names[6], from: [Self.peer: Self.version(4)]),
      ])
    #expect(plan.lastBackfillStarted == Self.names[6])
    #expect(plan.inFlight == [Self.names[2], Self.names[3], Self.names[5]])
  }

  @Test func `the last backfill waits for what is on its way and for what is not counted`() throws {
    let log = PGLog(head: Self.version(50), tail: Self.version(50))
    var plan = try Self.plan(local: [(0, 1), (2, 2), (3, 3)], peer: [(0, 1), (1, 7)], log: log)
    while plan.next(log) != .end { plan.take(plan.next(log)) }
    var progress = plan.advance(log)
    #expect(progress.removals == [Self.peer: [ObjectVersion(Self.names[1], Self.version(7))]])
    #expect(progress.completed.isEmpty && progress.moved.isEmpty)
    #expect(plan.uncounted == [Self.names[0], Self.names[2], Self.names[3]])
    for object in plan.uncounted { plan.count(object, ObjectStatSum()) }
    progress = plan.advance(log)
    #expect(progress.removals.isEmpty)
    #expect(progress.completed.map(\.object) == [Self.names[0], Self.names[1]])
    #expect(progress.moved == [Self.peer: Self.names[1]])
    plan.arrived(Self.names[3])
    #expect(plan.advance(log).moved.isEmpty)
    plan.arrived(Self.names[2])
    progress = plan.advance(log)
    #expect(progress.completed.map(\.object) == [Self.names[2], Self.names[3]])
    #expect(progress.moved == [Self.peer: .max] && plan.isFinished)
    #expect(plan.lastBackfillStarted == .max)
  }

  @Test func `what is written behind the position is found in the log`() throws {
    var log = PGLog(head: Self.version(50), tail: Self.version(50))
    var plan = try Self.plan(local: [(0, 1), (4, 2)], peer: [], log: log)
    plan.take(plan.next(log))
    let entries: [(PGLogEntry.Operation, Int)] = [
      (.modify, 2), (.modify, 0), (.delete, 4), (.error, 6), (.clone, 7),
    ]
    for (number, (operation, index)) in entries.enumerated() {
      log.append(
        PGLogEntry(
          operation, Self.names[index], version: Self.version(51 + UInt64(number)),
          priorVersion: .zero))
    }
    let first = BackfillStep.push(
      ObjectVersion(Self.names[2], Self.version(51)), to: [Self.peer: .zero])
    #expect(plan.next(log) == first)
    plan.take(first)
    let second = BackfillStep.push(
      ObjectVersion(Self.names[7], Self.version(55)), to: [Self.peer: .zero])
    #expect(plan.next(log) == second)
    plan.take(second)
    #expect(plan.next(log) == .end)
  }

  @Test func `a log that does not reach back makes the scan be done again`() throws {
    let log = PGLog(head: Self.version(50), tail: Self.version(50))
    var plan = try Self.plan(local: [(0, 1), (4, 2)], peer: [], log: log)
    plan.take(plan.next(log))
    let later = PGLog(head: Self.version(90), tail: Self.version(80))
    #expect(plan.next(later) == .scanLocal(from: Self.names[0]))
  }

  @Test func `an interval goes over the wire and back`() throws {
    let interval = Self.interval(
      [(0, 5), (3, 1), (9, 7)], to: Self.names[9].with(snap: .directory))
    let back = try BackfillInterval(
      begin: interval.begin, end: interval.end, wireObjects: interval.wireObjects)
    #expect(back.objects.elementsEqual(interval.objects) { $0 == $1 })
    let torture = DecoderTorture("scan") { (bytes) throws(DecodeError) in
      _ = try BackfillInterval(
        begin: interval.begin, end: interval.end, wireObjects: BufferList(bytes))
    }
    let bytes = interval.wireObjects.contiguous()
    #expect(torture.cut([bytes]) == [])
    #expect(torture.mutate([bytes], count: 2000) > 200)
  }

  @Test func `answers that lead nowhere are refused`() throws {
    let objects = Self.interval([(1, 5), (3, 1)]).wireObjects
    let places: [(HObject, HObject)] = [
      (Self.names[2], Self.names[9]), (Self.names[0], Self.names[3]),
      (Self.names[4], Self.names[4]),
      (Self.names[9], Self.names[0]),
    ]
    for (begin, end) in places {
      #expect(throws: DecodeError.self) {
        _ = try BackfillInterval(begin: begin, end: end, wireObjects: objects)
      }
    }
    let log = PGLog()
    var plan = BackfillPlan([Self.peer: .min])
    plan.take(plan.next(log))
    plan.scanned(Self.interval([(1, 5)]))
    plan.take(plan.next(log))
    #expect(throws: DecodeError.self) {
      try plan.scanned(Self.interval([], from: Self.names[0]), by: Self.peer)
    }
    try plan.scanned(Self.interval([]), by: PGShard(osd: 9))
    #expect(plan.next(log) == .wait)
    try plan.scanned(Self.interval([]), by: Self.peer)
    #expect(plan.next(log) != .wait)
  }
}
