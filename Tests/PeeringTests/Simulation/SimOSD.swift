import Buffers
import ClusterMaps
import Messages
import Peering
import RadosTypes

/// One OSD of the simulation: its store, its copy of the PG, and the model of a driver around it.
final class SimOSD {
  let number: Int
  unowned let sim: Simulation
  /// Counts its processes: what was asked for or sent in an earlier one does not come.
  var life = 0
  var isRunning = true
  /// Runs, but hears and says nothing.
  var isIsolated = false
  var isBooting = false
  /// Whether this process, or what is left of its sessions, is the one that the monitors know.
  var hasBooted = true
  /// The process that the monitors have let in last.
  var bootedLife = 0
  var mapEpoch: UInt32 = 1

  var machine: PeeringState? {
    didSet { for peer in sim.osds { machine?.peerClocks[Int32(peer.number)] = sim.exactClock } }
  }
  /// As all transactions leave it that have been queued, and as it is on the disk.
  var store: StoredCopy?
  var durable: StoredCopy?
  var pending: [(result: StoredCopy?, then: [() -> Void])] = []
  var lastCommitTime: Int64 = 0

  /// What of others' messages waits for a newer map.
  var waitingForMap: [Int: [SimEnvelope]] = [:]
  /// Reservations that have been asked for and not been given back.
  var localReservation = 0
  var remoteReservation = 0
  var gathers: [SimGather] = []
  /// Counts the intervals: writes that an earlier one had begun are over.
  var interval = 0
  /// Counts what recovery and backfill begin; what an earlier one had begun is over.
  var generation = 0
  var recoveringObject: HObject?
  var pullSource: PGShard?
  var backfillStarted = HObject.min
  var backfillWaits: Set<Int> = []
  var backfillPosition = HObject.min

  init(_ number: Int, _ sim: Simulation) {
    self.number = number
    self.sim = sim
  }

  var whoami: PGShard { PGShard(osd: Int32(number)) }
  static let id = ShardPGID(Simulation.pg)

  // MARK: Life

  func crash() {
    life += 1
    isRunning = false
    isIsolated = false
    isBooting = false
    hasBooted = false
    machine = nil
    pending = []
    store = durable
    lastCommitTime = 0
    waitingForMap = [:]
    clearOps()
  }

  func start() {
    isRunning = true
    mapEpoch = durable?.epoch ?? sim.monitor.epoch
    if let durable {
      let (map, placement) = sim.monitor.map(mapEpoch)
      machine = PeeringState(
        Self.id, whoami: whoami, map: map, pool: map.pool(1)!, placement: placement,
        info: durable.info, isNew: false, pastIntervals: durable.pastIntervals,
        log: durable.log, missing: MissingSet(Missing(items: durable.missing)),
        settings: sim.settings)
      // Not to act on a map of old: the new ones come before it boots.
      feed(PGPeeringEvent(at: mapEpoch, .initialize))
    }
    sim.sendMaps(to: number)
    sim.boot(number)
  }

  func create(history: PGHistory, past: PastIntervals, at epoch: UInt32) {
    let (map, placement) = sim.monitor.map(epoch)
    var info = PGInfo(Self.id)
    info.history = history
    machine = PeeringState(
      Self.id, whoami: whoami, map: map, pool: map.pool(1)!, placement: placement, info: info,
      isNew: true, pastIntervals: past, settings: sim.settings)
    store = StoredCopy(info: info, epoch: epoch)
    feed(PGPeeringEvent(at: epoch, .initialize))
    feed(PGPeeringEvent(at: epoch, .activateMap))
    if epoch < mapEpoch { take(maps: epoch + 1...mapEpoch) }
  }

  func clearOps() {
    interval += 1
    generation += 1
    gathers = []
    recoveringObject = nil
    pullSource = nil
    backfillStarted = .min
    backfillWaits = []
    backfillPosition = .min
  }

  // MARK: Maps

  func learn(_ epoch: UInt32) {
    guard epoch > mapEpoch else { return }
    let first = mapEpoch + 1
    mapEpoch = epoch
    take(maps: first...epoch)
    if sim.monitor.map(epoch).map.isDown(Int32(number)), epoch == sim.monitor.epoch {
      sim.boot(number)
    }
    for from in waitingForMap.keys.sorted() { drain(from) }
  }

  private func take(maps: ClosedRange<UInt32>) {
    for epoch in maps {
      guard let machine else { return }
      guard epoch > machine.epoch else { continue }
      let (map, placement) = sim.monitor.map(epoch)
      feed(PGPeeringEvent(at: epoch, .advanceMap(map, placement)))
    }
    feed(PGPeeringEvent(at: maps.upperBound, .activateMap))
  }

  // MARK: Messages

  func send(_ message: SimMessage, to osd: Int) {
    sim.send(message, from: self, to: osd, epoch: machine?.epoch ?? mapEpoch)
  }

  func receive(_ envelope: SimEnvelope) {
    waitingForMap[envelope.from, default: []].append(envelope)
    drain(envelope.from)
  }

  /// In their order; none before this OSD has the map that its sender had.
  private func drain(_ from: Int) {
    while let first = waitingForMap[from]?.first, first.epoch <= mapEpoch {
      waitingForMap[from]?.removeFirst()
      let map = sim.monitor.map(mapEpoch).map
      let sender = Int32(from)
      if map.isDown(sender) || map.upFrom(sender) > first.epoch { continue }
      guard sim.isCurrent(first) else { continue }
      dispatch(first)
    }
  }

  private func dispatch(_ envelope: SimEnvelope) {
    switch envelope.message {
    case .peering(let message): take(message, from: envelope.from)
    default: takeOp(envelope)
    }
  }

  private func take(_ message: PeeringMessage, from osd: Int) {
    let from = Int32(osd)
    switch message {
    case .notify(let message):
      if machine == nil { createAsPrimary(message.notify) }
      feed(PGPeeringEvent(message, from: from))
    case .query(let message):
      guard machine != nil else { return answerWithout(message.query, to: osd) }
      feed(PGPeeringEvent(message, from: from))
    case .info(let message): feed(PGPeeringEvent(message, from: from))
    case .log(let message):
      if machine == nil {
        create(history: message.info.history, past: message.pastIntervals, at: message.queryEpoch)
      }
      feed(PGPeeringEvent(message, from: from))
    case .lease(let message): feed(PGPeeringEvent(message, from: from))
    case .leaseAck(let message): feed(PGPeeringEvent(message, from: from))
    case .trim(let message): feed(PGPeeringEvent(message, from: from))
    case .remove(let message): feed(PGPeeringEvent(at: message.epoch, .deleteStart))
    case .recoveryReserve(let message):
      if let event = PGPeeringEvent(message, from: from) { feed(event) }
    case .backfillReserve(let message):
      if let event = PGPeeringEvent(message, from: from) { feed(event) }
    }
  }

  /// A holder tells of a PG that this OSD, its primary, does not have.
  private func createAsPrimary(_ notify: PGNotify) {
    let placement = sim.monitor.map(notify.queryEpoch).placement
    guard placement.actingPrimary == whoami.osd else { return }
    create(
      history: notify.info.history, past: notify.pastIntervals, at: notify.queryEpoch)
  }

  /// Source: `OSD::handle_pg_query_nopg`.
  private func answerWithout(_ query: PGQuery, to osd: Int) {
    let empty = PGInfo(Self.id)
    guard query.kind != .info else {
      let notify = PGNotify(queryEpoch: query.epochSent, epochSent: mapEpoch, info: empty)
      return send(.peering(.notify(MOSDPGNotify2(pgID: Self.id, notify: notify))), to: osd)
    }
    let log = MOSDPGLog(
      epoch: mapEpoch, info: empty, log: PGLogRecord(), missing: Missing(),
      queryEpoch: query.epochSent)
    send(.peering(.log(log)), to: osd)
  }
}
