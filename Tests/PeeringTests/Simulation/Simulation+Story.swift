import Base
import Buffers
import ClusterMaps
import Peering
import RadosTypes

/// The story of one seed: a PG is made and becomes clean, faults are made, all heals, all is compared.
extension Simulation {
  /// What is wrong; empty when nothing is.
  func play() -> [String] {
    if !takesNotes { settings.debugLevel = -1 }
    begin()
    run(until: now + 5 * Self.second)
    guard failures.isEmpty else { return failures }
    if !isSettled { fail("the new PG is not clean: \(summary)") }
    isChaotic = true
    beginClients()
    for _ in 0..<(10 + random.next() % 30) where failures.isEmpty {
      makeFault()
      run(until: now + delay(20, 2500))
    }
    isChaotic = false
    heal()
    let end = now + 120 * Self.second
    while failures.isEmpty, now < end, !isSettled { run(until: now + Self.second) }
    guard failures.isEmpty else { return failures }
    if !isSettled { fail("not clean in the end: \(summary)") }
    // What is under way, such as removals.
    run(until: now + 3 * Self.second)
    compare()
    return failures
  }

  private func begin() {
    var history = PGHistory()
    history.epochCreated = 1
    history.epochPoolCreated = 1
    history.sameIntervalSince = 1
    history.sameUpSince = 1
    history.samePrimarySince = 1
    let primary = Int(monitor.map(1).placement.actingPrimary)
    osds[primary].create(history: history, past: PastIntervals(), at: 1)
  }

  private func beginClients() {
    after(delay(1, 100)) { [unowned self] in
      writeSomething()
      if isChaotic { beginClients() }
    }
    after(delay(1, 50)) { [unowned self] in readSomething() }
  }

  // MARK: Faults

  private func makeFault() {
    let osd = osds[Int(random.next() % UInt64(osds.count))]
    switch random.next() % 16 {
    case 0...3: crash(osd)
    case 4...6: start(osd)
    case 7: isolate(osd)
    case 8:
      // Slow to answer, not dead.
      monitor.markDown(osd.number, isDead: false)
    case 9:
      monitor.osds[osd.number].isIn.toggle()
      monitor.isChanged = true
    case 10:
      monitor.osds[osd.number].rank = random.next()
      monitor.isChanged = true
    case 11:
      monitor.osds[osd.number].declinesPrimary.toggle()
      monitor.isChanged = true
    case 12:
      monitor.pool.minSize = monitor.pool.minSize == 2 ? 1 : 2
      monitor.isChanged = true
    case 13:
      monitor.pool.size = monitor.pool.size == 3 ? 2 : 3
      monitor.isChanged = true
    default: break
    }
    publishSoon()
  }

  private func crash(_ osd: SimOSD) {
    guard osd.isRunning else { return }
    note { "osd.\(osd.number) crashes" }
    osd.crash()
    // Known at once to be dead, or missed after a while.
    let isNoticed = chance(50)
    let life = osd.life
    after(isNoticed ? delay(5, 50) : delay(500, 3000)) { [unowned self] in
      guard osd.life == life, !osd.isRunning else { return }
      monitor.markDown(osd.number, isDead: isNoticed)
      publishSoon()
    }
  }

  private func start(_ osd: SimOSD) {
    if osd.isIsolated {
      rejoin(osd)
    } else if !osd.isRunning {
      note { "osd.\(osd.number) starts" }
      osd.start()
    }
  }

  private func isolate(_ osd: SimOSD) {
    guard osd.isRunning, !osd.isIsolated else { return }
    note { "osd.\(osd.number) is cut off" }
    osd.isIsolated = true
    osd.hasBooted = false
    after(delay(500, 3000)) { [unowned self] in
      guard osd.isIsolated else { return }
      monitor.markDown(osd.number, isDead: false)
      publishSoon()
    }
  }

  private func rejoin(_ osd: SimOSD) {
    note { "osd.\(osd.number) is back" }
    // Whether it was missed or not: its sessions are broken.
    boot(osd.number)
  }

  private func heal() {
    monitor.pool.size = 3
    monitor.pool.minSize = 2
    monitor.isChanged = true
    for osd in osds {
      monitor.osds[osd.number].isIn = true
      start(osd)
    }
    publishSoon()
  }

  // MARK: The end

  private var primary: SimOSD? {
    let placement = monitor.map(monitor.epoch).placement
    return placement.actingPrimary >= 0 ? osds[Int(placement.actingPrimary)] : nil
  }

  var isSettled: Bool {
    guard !monitor.isChanged, let machine = primary?.machine else { return false }
    return machine.epoch == monitor.epoch && machine.isActive && machine.isClean
      && machine.acting == machine.up && machine.actingSet.count == Int(monitor.pool.size)
      && monitor.osds.allSatisfy(\.isUp)
  }

  private var summary: String {
    osds.map { osd in
      let machine = osd.machine
      return "osd.\(osd.number) at \(osd.mapEpoch): "
        + (machine.map { "\($0.stage) \($0.state) acting \($0.acting) up \($0.up)" } ?? "none")
    }.joined(separator: "; ")
  }

  private func compare() {
    guard let primary, let machine = primary.machine, let store = primary.durable else {
      return fail("no primary in the end")
    }
    for object in objects {
      if let reason = staleness(of: object, at: primary) { fail("lost \(object): \(reason)") }
    }
    for osd in osds where osd !== primary {
      guard machine.actingSet.contains(osd.whoami) else {
        if osd.durable != nil { fail("osd.\(osd.number) still has a copy: \(summary)") }
        continue
      }
      guard let other = osd.machine, let copy = osd.durable else {
        fail("osd.\(osd.number) has no copy")
        continue
      }
      for object in objects where copy.objects[object] != store.objects[object] {
        fail("osd.\(osd.number) has another \(object): \(copy.objects[object] as Any)")
      }
      compare(other.log, machine.log, of: osd)
    }
    if !machine.pastIntervals.isEmpty { fail("past intervals of a clean PG") }
  }

  private func compare(_ log: PGLog, _ primary: PGLog, of osd: SimOSD) {
    let tail = max(log.tail, primary.tail)
    if log.head != primary.head || log.entries(after: tail) != primary.entries(after: tail) {
      fail("osd.\(osd.number) has another log")
    }
  }
}
