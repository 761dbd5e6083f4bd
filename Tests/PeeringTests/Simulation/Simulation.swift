import Base
import Buffers
import ClusterMaps
import Peering
import RadosTypes

/// A cluster of pure machines for one PG, driven by a seed: OSDs crash, hang and come back, maps change,
/// clients write and read.
final class Simulation {
  static let pg = SimMonitor.pg
  static let millisecond: Int64 = 1_000_000
  static let second = 1000 * millisecond

  let seed: UInt64
  var random: SeededRandom
  var monitor: SimMonitor
  var osds: [SimOSD] = []
  let objects: [HObject]
  var settings = PeeringSettings()
  let exactClock = ClockDelta(lowerBound: .zero, upperBound: .zero)

  private(set) var now: Int64 = 1
  private var queue = SimQueue<() -> Void>()
  private var lastArrival: [Int: Int64] = [:]
  /// Faults are made; else everything heals.
  var isChaotic = false
  private(set) var failures: [String] = []
  private(set) var notes: [String] = []
  var takesNotes = false

  private var writeNumber: UInt64 = 0
  /// What clients know to be done, by object: the newest.
  private var known: [HObject: (version: EVersion, write: SimWrite)] = [:]
  private var submissions: [EVersion: SimWrite] = [:]
  /// The newest delete of each object that was begun.
  private var deletes: [HObject: EVersion] = [:]
  private var primaries: [UInt32: Int] = [:]
  private(set) var acknowledgedCount = 0
  private(set) var activationCount = 0
  private(set) var readCount = 0

  init(seed: UInt64) {
    self.seed = seed
    random = SeededRandom(seed: seed)
    let osdCount = 3 + Int(random.next() % 5)
    monitor = SimMonitor(osdCount: osdCount, random: &random)
    objects = (0..<10).map { index in
      let name = ByteString("o\(index)")
      return HObject(pool: 1, hash: ObjectHash.rjenkins(name.bytes), name: name)
    }.sorted()
    settings.readLeaseInterval = TimeSpan(nanoseconds: 2 * Self.second)
    settings.backfillRetry = TimeSpan(nanoseconds: Self.second)
    settings.recoveryRetry = TimeSpan(nanoseconds: Self.second)
    settings.logLimits.trimMin = 5
    settings.logLimits.entriesMax = 20
    settings.logLimits.dupsTracked = 40
    // Small enough that both ways are gone.
    settings.asyncRecoveryMinCost = random.next() % 2 == 0 ? 3 : 100
    settings.forceAuthPrimaryMissingObjects = random.next() % 2 == 0 ? 3 : 100
    osds = (0..<osdCount).map { SimOSD($0, self) }
  }

  // MARK: Time and chance

  var peeringTime: PeeringTime {
    PeeringTime(
      monotonic: TimeSpan(nanoseconds: now), wall: UTime(wallNanoseconds: UInt64(now)))
  }

  func at(_ time: Int64, _ action: @escaping () -> Void) { queue.push(time, action) }
  func after(_ delay: Int64, _ action: @escaping () -> Void) { at(now + delay, action) }

  func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

  /// Milliseconds, mostly near the first.
  func delay(_ least: UInt64, _ most: UInt64) -> Int64 {
    let width = most - least
    let draw = chance(80) ? random.next() % (width / 4 + 1) : random.next() % (width + 1)
    return Int64(least + draw) * Self.millisecond
  }

  func fail(_ text: String) {
    failures.append("seed \(seed) at \(now / Self.millisecond) ms: \(text)")
    note { "FAILED: \(text)" }
  }

  func note(_ text: () -> String) {
    if takesNotes { notes.append("\(now / Self.millisecond) \(text())") }
  }

  /// Runs until `time`, or until something failed.
  func run(until time: Int64) {
    while failures.isEmpty, let (next, action) = queue.pop() {
      now = max(now, next)
      action()
      if now >= time { return }
    }
  }

  // MARK: The network

  func send(_ message: SimMessage, from sender: SimOSD, to osd: Int, epoch: UInt32) {
    let receiver = osds[osd]
    guard !sender.isIsolated, sender.hasBooted, !receiver.isIsolated, receiver.isRunning else {
      return
    }
    let map = monitor.map(sender.mapEpoch).map
    let envelope = SimEnvelope(
      from: sender.number, to: osd, lives: (sender.life, receiver.life),
      upFrom: (map.upFrom(Int32(sender.number)), map.upFrom(Int32(osd))), epoch: epoch,
      message: message)
    let pair = sender.number * osds.count + osd
    let time = max(lastArrival[pair] ?? 0, now + delay(1, 20))
    lastArrival[pair] = time
    note { "osd.\(sender.number) -> osd.\(osd): \(message)" }
    at(time) { [unowned self] in
      guard isCurrent(envelope), !sender.isIsolated, !receiver.isIsolated, receiver.isRunning
      else { return }
      receiver.receive(envelope)
    }
  }

  /// Whether the session still stands that the message came by.
  func isCurrent(_ envelope: SimEnvelope) -> Bool {
    let (from, to) = (envelope.from, envelope.to)
    return envelope.lives == (osds[from].life, osds[to].life) && osds[to].hasBooted
      && envelope.upFrom == (monitor.osds[from].upFrom, monitor.osds[to].upFrom)
  }

  // MARK: The monitors

  func toMonitor(_ osd: SimOSD, _ request: @escaping (inout SimMonitor) -> Void) {
    guard !osd.isIsolated else { return }
    after(delay(1, 50)) { [unowned self] in
      request(&monitor)
      publishSoon()
    }
  }

  private var isPublishing = false

  func publishSoon() {
    guard monitor.isChanged, !isPublishing else { return }
    isPublishing = true
    after(delay(10, 100)) { [unowned self] in publish() }
  }

  private func publish() {
    isPublishing = false
    guard monitor.isChanged else { return }
    monitor.publish()
    note { "map \(monitor.epoch): \(monitor.maps.last!.placement)" }
    for osd in osds { sendMaps(to: osd.number) }
  }

  func sendMaps(to osd: Int) {
    let (epoch, life) = (monitor.epoch, osds[osd].life)
    let receiver = osds[osd]
    after(delay(1, 80)) {
      if receiver.isRunning, !receiver.isIsolated, receiver.life == life {
        receiver.learn(epoch)
      }
    }
  }

  /// The OSD is to be up, if it is still there when it is asked.
  func boot(_ number: Int) {
    let osd = osds[number]
    guard !osd.isBooting else { return }
    osd.isBooting = true
    let life = osd.life
    after(delay(20, 200)) { [unowned self] in
      guard osd.life == life else { return }
      osd.isBooting = false
      guard osd.isRunning else { return }
      osd.isIsolated = false
      osd.hasBooted = true
      monitor.boot(number, isNewProcess: osd.life != osd.bootedLife)
      osd.bootedLife = life
      sendMaps(to: number)
      publishSoon()
    }
  }

  // MARK: Clients

  func submitted(_ entry: PGLogEntry, _ write: SimWrite?) {
    guard let write else { return }
    submissions[entry.version] = write
    if write.isDelete {
      deletes[write.object] = max(deletes[write.object] ?? .zero, entry.version)
    }
  }

  func acknowledged(_ gather: SimGather) {
    acknowledgedCount += 1
    guard let write = gather.write else { return }
    if let old = known[gather.object], old.version >= gather.version {
      fail("\(gather.version) of \(gather.object) is acknowledged after \(old.version)")
    }
    known[gather.object] = (gather.version, write)
  }

  func writeSomething() {
    writeNumber += 1
    let object = objects[Int(random.next() % UInt64(objects.count))]
    let kind = random.next() % 10
    let blocks: [Int] =
      kind == 0 ? [] : kind < 3 ? [0, 1, 2, 3] : [Int(random.next() % 4), Int(random.next() % 4)]
    let write = SimWrite(object: object, number: writeNumber, blocks: blocks)
    for osd in osds where osd.serves {
      osd.write(kind == 1 ? nil : write, number: writeNumber, object: object)
    }
  }

  /// Whoever believes that it may serve must serve what has been acknowledged, or newer.
  func readSomething() {
    let object = objects[Int(random.next() % UInt64(objects.count))]
    for osd in osds where osd.serves {
      guard let machine = osd.machine, !machine.isUnreadable(object) else { continue }
      readCount += 1
      if let reason = staleness(of: object, at: osd) {
        fail("osd.\(osd.number) serves a stale \(object): \(reason)")
      }
    }
  }

  /// Why this copy of the object is not what clients know; nil when it is, or is newer.
  func staleness(of object: HObject, at osd: SimOSD) -> String? {
    guard let (version, write) = known[object] else { return nil }
    if let copy = osd.store?.objects[object] {
      guard copy.version >= version, let last = submissions[copy.version] else {
        return "\(copy.version), \(version) was acknowledged"
      }
      return last.isDelete ? "\(copy.version) is a delete" : nil
    }
    let isDeleted = write.isDelete || deletes[object].map { $0 > version } ?? false
    return isDeleted ? nil : "absent, \(version) was acknowledged"
  }

  func didActivate(_ osd: SimOSD) {
    guard let machine = osd.machine else { return }
    activationCount += 1
    let interval = machine.info.history.sameIntervalSince
    if let other = primaries[interval], other != osd.number {
      fail("osd.\(other) and osd.\(osd.number) are primaries of interval \(interval)")
    }
    primaries[interval] = osd.number
  }
}
