import ClusterMaps
import Messages
import Peering
import RadosTypes
import Testing

/// One machine, told what others would say.
@Suite struct PeeringStateTests {
  @Test func `a primary asks, learns, activates and becomes clean`() {
    let bench = Bench(log: 3, started: 9)
    #expect(bench.machine.stage == .getInfo && bench.machine.state.contains(.peering))
    #expect(bench.sent().sorted() == ["query", "query"])
    bench.notify(1, Bench.info(3, started: 9))
    #expect(bench.machine.stage == .getInfo && bench.machine.blockedBy == [2])
    bench.notify(2, Bench.info(3, started: 9))
    #expect(bench.machine.stage == .activating && bench.machine.info.lastEpochStarted == 10)
    #expect(bench.machine.info.history.lastEpochStarted == 9, "not before all have it on disk")
    #expect(bench.sent() == ["info", "info"], "who has the same needs no log")
    bench.activated(1)
    bench.activated(2)
    #expect(!bench.machine.isActive)
    bench.feed(.activateCommitted(activationEpoch: 10))
    #expect(bench.machine.stage == .clean && bench.machine.state == [.active, .clean])
    #expect(bench.machine.info.history.lastEpochStarted == 10)
    #expect(bench.machine.info.history.lastEpochClean == 10)
    #expect("\(bench.machine.stage)" == "Started/Primary/Active/Clean")
  }

  @Test func `messages wait until what was queued before is durable`() {
    let bench = Bench(log: 3, started: 9)
    _ = bench.sent()
    bench.contents.epoch += 1
    bench.feed(.advanceMap(OSDMap(bench.contents), Bench.placement([0, 1])))
    bench.feed(.activateMap)
    #expect(bench.sent().isEmpty)
    bench.feed(.intervalFlushed)
    #expect(bench.sent() == ["query", "query"], "osd.2 has been acting: it is asked too")
  }

  @Test func `nothing is written before the monitor knows that the interval may write`() {
    let bench = Bench(log: 3, started: 9)
    bench.advance(to: [0, 1]) { $0.osds.states[2] = [.exists] }
    #expect(
      bench.actions.contains { if case .wantUpThrough(11) = $0 { true } else { false } })
    bench.notify(1, Bench.info(3, started: 9))
    #expect(bench.machine.stage == .waitUpThru)
    bench.advance { $0.osds.infos[0].upThrough = 11 }
    #expect(bench.machine.stage == .activating)
    #expect(bench.machine.info.lastEpochStarted == 12)
  }

  @Test func `with too few copies it peers, but does not start`() {
    let bench = Bench(up: [0], log: 3, started: 9)
    #expect(bench.machine.stage == .activating && bench.machine.info.lastEpochStarted == 9)
    bench.feed(.activateCommitted(activationEpoch: 10))
    #expect(bench.machine.state.contains(.peered) && !bench.machine.isActive)
    #expect(bench.machine.state.contains(.undersized) && !bench.machine.isClean)
  }

  @Test func `an interval that may have written without survivors blocks`() {
    let bench = Bench(log: 3, started: 9)
    bench.activate()
    bench.advance(to: [3, 1, 2]) { $0.osds.infos[3].upThrough = 11 }
    #expect(bench.machine.stage == .stray)
    bench.advance(to: [0, 4]) {
      for osd in 1...3 { $0.osds.states[osd] = [.exists] }
      $0.osds.infos[0].upThrough = 12
    }
    #expect(bench.machine.stage == .down && bench.machine.state.contains(.down))
    #expect(bench.machine.blockedBy == [1, 2, 3])
    #expect(bench.machine.recoveryState.map(\.name).first == "Started/Primary/Peering/Down")
    // One of them is declared lost, then all: the PG goes on with what there is.
    bench.advance {
      for osd in 1...3 { $0.osds.infos[osd].lostAt = $0.epoch }
      $0.osds.infos[0].upThrough = $0.epoch
    }
    #expect(bench.machine.stage == .getInfo)
  }

  @Test func `a better log is fetched, and the acting set is changed for an empty primary`() {
    let bench = Bench(up: [0, 1, 2], log: 3, started: 9)
    bench.notify(1, Bench.info(5, started: 9))
    bench.notify(2, Bench.info(4, started: 9))
    #expect(bench.machine.stage == .getLog)
    #expect(bench.sent(to: 1).last == "query")
    var message = MOSDPGLog(
      epoch: 10, info: Bench.info(5, started: 9), log: PGLogRecord(), missing: Missing(),
      queryEpoch: 10)
    message.log.tail = EVersion(epoch: 9, version: 3)
    message.log.entries = [Bench.entry(4), Bench.entry(5)]
    message.log.head = EVersion(epoch: 9, version: 5)
    bench.feed(PGPeeringEvent(message, from: 1))
    #expect(bench.machine.info.lastUpdate.version == 5 && bench.machine.missing.count == 2)
    // osd.2 has less than the right log: what it lacks is asked for.
    #expect(bench.machine.stage == .getMissing && bench.sent(to: 2) == ["query"])

    let empty = Bench(up: [0, 1, 2])
    empty.notify(1, Bench.info(0, started: 0))
    empty.notify(2, Bench.info(0, started: 0))
    #expect(empty.machine.stage == .activating, "all are new")
  }

  @Test func `an OSD that was the primary's only source may go down`() {
    let bench = Bench(log: 3, started: 9)
    bench.notify(1, Bench.info(5, started: 9))
    bench.notify(2, Bench.info(3, started: 9))
    #expect(bench.machine.stage == .getLog)
    bench.advance(to: [0, 2]) { $0.osds.states[1] = [.exists] }
    #expect(bench.machine.stage == .getInfo)
  }

  @Test func `a replica activates, says so when it is durable, and acknowledges leases`() {
    let bench = Bench(up: [1, 0, 2], log: 3, started: 9)
    #expect(bench.machine.stage == .stray)
    bench.machine.peerClocks[1] = ClockDelta(lowerBound: .zero, upperBound: .zero)
    _ = bench.sent()
    var theirs = Bench.info(3, started: 10)
    theirs.history.sameIntervalSince = 10
    let lease = PGLease(
      readableUntil: TimeSpan(nanoseconds: 5), readableUntilBound: TimeSpan(nanoseconds: 9),
      interval: TimeSpan(nanoseconds: 9))
    let message = MOSDPGInfo2(
      pgID: bench.machine.id, epochSent: 10, minEpoch: 10, info: theirs, lease: lease)
    bench.feed(.info(message, from: PGShard(osd: 1)))
    #expect(bench.machine.stage == .repNotRecovering && bench.machine.info.lastEpochStarted == 10)
    #expect(bench.sent().isEmpty)
    bench.feed(.activateCommitted(activationEpoch: 10))
    #expect(bench.sent(to: 1) == ["info"] && bench.machine.isActive)
    #expect(bench.machine.mayServeReplicaRead(at: TimeSpan(nanoseconds: 5)))
    #expect(!bench.machine.mayServeReplicaRead(at: TimeSpan(nanoseconds: 6)))
    bench.feed(.lease(lease, from: 1))
    #expect(bench.sent(to: 1) == ["leaseAck"])
  }

  @Test func `failed writes move a replica's log, and what is given up is missing`() {
    let machine = Bench(whoami: 1, log: 3, started: 9).machine
    var failed = Bench.entry(4, epoch: 10)
    failed.operation = .error
    machine.appendWithoutChange([failed], trimTo: .zero)
    #expect(machine.log.head == failed.version)
    #expect(machine.info.lastUpdate == failed.version)
    #expect(machine.info.lastComplete == failed.version)
    #expect(machine.missing.isEmpty)

    var reverted = Bench.entry(5, epoch: 10)
    reverted.operation = .lostRevert
    machine.appendWithoutChange([reverted], trimTo: .zero)
    #expect(machine.info.lastUpdate == reverted.version)
    #expect(machine.info.lastComplete == failed.version)
    #expect(machine.missing[reverted.object]?.need == reverted.version)
  }

  @Test func `a replica gives up what the primary does not have`() {
    let bench = Bench(up: [1, 0, 2], log: 5, started: 9)
    let message = MOSDPGInfo2(
      pgID: bench.machine.id, epochSent: 10, minEpoch: 10, info: Bench.info(3, started: 10))
    bench.feed(.info(message, from: PGShard(osd: 1)))
    #expect(bench.machine.info.lastUpdate.version == 3 && bench.machine.log.count == 3)
    let removed = bench.actions.filter { if case .removeObject = $0 { true } else { false } }
    #expect(removed.count == 2)
    let changes = bench.actions.compactMap { action -> PeeringChanges? in
      if case .persist(let changes) = action { changes } else { nil }
    }.last
    #expect(changes?.log.removed.map(\.version).sorted() == [4, 5])
  }

  @Test func `a place is reserved here, then at each replica, and revoked ones are asked again`() {
    let bench = Bench(log: 3, started: 9)
    bench.notify(1, Bench.info(2, started: 9))
    bench.notify(2, Bench.info(3, started: 9))
    var log = MOSDPGLog(
      epoch: 10, info: Bench.info(2, started: 9), log: PGLogRecord(), missing: Missing(),
      queryEpoch: 10)
    log.log.entries = [Bench.entry(1), Bench.entry(2)]
    log.log.head = EVersion(epoch: 9, version: 2)
    bench.feed(PGPeeringEvent(log, from: 1))
    bench.feed(.activateCommitted(activationEpoch: 10))
    bench.activated(1)
    bench.activated(2)
    #expect(bench.machine.stage == .waitLocalRecoveryReserved && bench.machine.needsRecovery)
    #expect(bench.machine.state.contains(.recoveryWait))
    _ = bench.sent()
    bench.feed(.localRecoveryReserved)
    #expect(bench.sent() == ["recoveryReserve"])
    bench.feed(.remoteRecoveryReserved(from: PGShard(osd: 1)))
    bench.feed(.remoteRecoveryReserved(from: PGShard(osd: 2)))
    #expect(bench.machine.stage == .recovering && bench.machine.state.contains(.recovering))
    bench.feed(.deferRecovery(delay: .zero))
    #expect(bench.machine.stage == .notRecovering)
    bench.feed(.doRecovery)
    bench.feed(.localRecoveryReserved)
    bench.feed(.remoteRecoveryReserved(from: PGShard(osd: 1)))
    bench.feed(.remoteRecoveryReserved(from: PGShard(osd: 2)))
    let object = Bench.entry(3).object
    bench.machine.onPeerRecover(
      PGShard(osd: 1), object, EVersion(epoch: 9, version: 3))
    bench.machine.objectRecovered(object)
    bench.feed(.allReplicasRecovered)
    #expect(bench.machine.stage == .clean && bench.machine.state == [.active, .clean])
  }

  @Test(arguments: [false, true])
  func `what a stray's log finds late is recovered, though the PG may not serve`(isMerging: Bool) {
    let bench = Bench(up: [0, 1], log: 3, started: 9)
    bench.advance {
      $0.pools[1]?.pgCount = 2
      $0.pools[1]?.pgCountPending = isMerging ? 1 : 2
      $0.osds.infos[0].upThrough = 11
    }
    let object = Bench.entry(4).object
    let missing = Missing(items: [object: MissingItem(need: Bench.entry(4).version)])
    bench.notify(1, Bench.info(5, started: 9))
    bench.notify(3, Bench.info(4, started: 9))
    bench.feed(PGPeeringEvent(bench.log(4...5, missing), from: 1))
    #expect(bench.machine.stage == .getMissing)
    bench.feed(PGPeeringEvent(bench.log(1...5, missing), from: 1))
    bench.feed(.activateCommitted(activationEpoch: 11))
    bench.activated(1)
    #expect(bench.machine.state.contains(isMerging ? .premerge : .active))
    bench.feed(.localRecoveryReserved)
    bench.feed(.remoteRecoveryReserved(from: PGShard(osd: 1)))
    #expect(bench.machine.stage == .recovering && bench.machine.unfoundCount == 1)
    bench.feed(.unfoundRecovery)
    #expect(bench.machine.stage == .notRecovering)
    bench.feed(PGPeeringEvent(bench.log(1...4), from: 3))
    #expect(bench.machine.unfoundCount == 0)
    #expect(bench.machine.stage == .waitLocalRecoveryReserved)
  }

  @Test func `a backfill goes on when a stray's log finds what it stopped for`() {
    let bench = Bench(up: [0, 1], log: 3, started: 9)
    bench.advance(acting: [0]) {
      $0.pools[1]?.minSize = 1
      $0.osds.infos[0].upThrough = 11
    }
    var target = Bench.info(3, started: 9)
    target.lastBackfill = .min
    bench.notify(1, target)
    bench.feed(.activateCommitted(activationEpoch: 11))
    bench.activated(1)
    bench.feed(.localBackfillReserved)
    bench.feed(.remoteBackfillReserved(from: PGShard(osd: 1)))
    #expect(bench.machine.stage == .backfilling)
    let lost = Bench.entry(2)
    bench.machine.forceMissing(lost.object, lost.version, at: [bench.machine.whoami])
    bench.feed(.unfoundBackfill)
    #expect(bench.machine.stage == .notBackfilling && bench.machine.unfoundCount == 1)
    bench.feed(PGPeeringEvent(bench.log(1...3), from: 3))
    #expect(bench.machine.unfoundCount == 0)
    #expect(bench.machine.stage == .waitLocalBackfillReserved)
  }

  @Test func `a stray that shows up is told to go once the PG is clean`() {
    let bench = Bench(log: 3, started: 9)
    bench.activate()
    bench.feed(.cleanCommitted)
    _ = bench.sent()
    bench.notify(4, Bench.info(3, started: 9))
    #expect(bench.sent(to: 4) == ["remove"])
  }

  @Test func `reads end with the lease, and begin when the others have acknowledged`() {
    let bench = Bench(log: 3, started: 9)
    bench.activate()
    let second: Int64 = 1_000_000_000
    #expect(bench.machine.mayServe(at: TimeSpan(nanoseconds: 15 * second)))
    #expect(!bench.machine.mayServe(at: TimeSpan(nanoseconds: 17 * second)))
    #expect(bench.machine.state.contains(.laggy))
    bench.time = 17 * second
    bench.feed(.renewLease)
    #expect(bench.machine.state.contains(.laggy))
    let bound = TimeSpan(nanoseconds: 33 * second)
    bench.feed(.leaseAck(PGLeaseAck(readableUntilBound: bound), from: 1))
    #expect(bench.machine.state.contains(.laggy), "osd.2 has not answered")
    bench.feed(.leaseAck(PGLeaseAck(readableUntilBound: bound), from: 2))
    #expect(!bench.machine.state.contains(.laggy))
    #expect(bench.machine.mayServe(at: TimeSpan(nanoseconds: 18 * second)))
  }

  @Test func `while a member that is down may still read, the PG waits, and is not clean`() {
    let bench = Bench(up: [1, 0, 2], log: 3, started: 9)
    bench.machine.peerClocks[1] = ClockDelta(lowerBound: .zero, upperBound: .zero)
    let end = TimeSpan(nanoseconds: 8_000_000_000)
    let lease = PGLease(readableUntil: end, readableUntilBound: end, interval: end)
    let message = MOSDPGInfo2(
      pgID: bench.machine.id, epochSent: 10, minEpoch: 10, info: Bench.info(3, started: 10),
      lease: lease)
    bench.feed(.info(message, from: PGShard(osd: 1)))
    bench.feed(.activateCommitted(activationEpoch: 10))
    bench.advance(to: [0, 2, 3]) {
      $0.osds.states[1] = [.exists]
      $0.osds.infos[0].upThrough = 11
    }
    bench.notify(2, Bench.info(3, started: 10))
    bench.notify(3, Bench.info(3, started: 10))
    bench.feed(.activateCommitted(activationEpoch: 11))
    bench.activated(2)
    bench.activated(3)
    #expect(bench.machine.state.contains(.wait) && bench.machine.stage == .recovered)
    #expect(!bench.machine.mayServe(at: .zero))
    bench.time = end.nanoseconds
    bench.feed(.checkReadable)
    #expect(bench.machine.stage == .clean && !bench.machine.state.contains(.wait))
  }

  @Test func `what is older than the interval is not heard`() {
    let bench = Bench(log: 3, started: 9)
    bench.advance(to: [0, 1])
    _ = bench.sent()
    let old = PGNotify(queryEpoch: 10, epochSent: 10, info: Bench.info(9, started: 9))
    bench.feed(
      PGPeeringEvent(epochSent: 10, epochRequested: 10, .notify(old, from: PGShard(osd: 1))))
    #expect(bench.machine.peerInfo.isEmpty && bench.actions.isEmpty)
  }

  @Test func `a PG whose pool is gone is removed`() {
    let bench = Bench(log: 3, started: 9)
    bench.contents.epoch += 1
    bench.contents.pools = [:]
    bench.feed(.advanceMap(OSDMap(bench.contents), PGPlacement()))
    bench.feed(.activateMap)
    #expect(bench.machine.stage == .waitDeleteReserved)
    #expect("\(bench.machine.stage)" == "Started/ToDelete/WaitDeleteReseved")
    bench.feed(.deleteReserved)
    #expect(bench.machine.stage == .deleting && bench.machine.info.lastBackfill.isMin)
  }

  @Test func `a split shares log and missing objects by hash`() {
    let bench = Bench(log: 6, started: 9)
    let child = bench.machine.split(
      child: ShardPGID(PGID(pool: 1, seed: 1)), bits: 1, placement: Bench.placement([0, 1, 2]))
    #expect(bench.machine.log.count == 3 && child.log.count == 3)
    #expect(child.log.head == bench.machine.log.head && child.info.lastUpdate == child.log.head)
    #expect(child.info.history.epochCreated == 10 && child.info.lastEpochStarted == 9)
  }
}
