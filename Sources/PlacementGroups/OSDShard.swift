import Base
import ClusterMaps
import Messages
import ObjectStores
import Peering
import RadosTypes
import Reactors
import Scheduling

/// The PGs of one reactor and the ops on their way to them.
///
/// An op waits for the map that its client has seen, then for its share of what may be in flight, then
/// for its PG. Everything here is confined to `reactor`. Ceph: `OSDShard`.
package final class OSDShard: @unchecked Sendable {
  package let reactor: Reactor
  private(set) var store: any ObjectStore
  private(set) var settings: PGSettings
  package let log: Log
  package let perf: PerfCounters
  let histograms: OpHistograms
  weak var host: (any PGHost)?
  unowned let all: OSDShards

  var map: OSDMap?
  /// The epoch in which this daemon was marked up; nil before.
  var bootEpoch: UInt32?
  /// The device is so full that nothing may be written any more.
  var isPastFailsafe = false
  /// Bytes that may be written before the store has to be asked again (OSDShard+Room.swift).
  var roomLeft: Int64 = 0
  var pgs: [ShardPGID: PG] = [:]
  var upThroughWanted: UInt32 = 0
  var postponedCreations: [PGCreation] = []

  private var scheduler: WeightedPriorityQueue<ShardWork>
  var tracker = OpTracker()
  private var bytesInFlight = 0
  private var opsInFlight = 0
  /// Ops of clients that are ahead, in order of arrival.
  private var waitingForMap = Fifo<ClientOp>()
  /// What other OSDs said with newer maps, in order of arrival.
  var peersAhead = Fifo<PeerMessage>()
  /// Ops of PGs that have left to be merged.
  var displaced: [ClientOp] = []
  /// PGs that are being made or merged, and what was said to them meanwhile.
  var births: [ShardPGID: [PeerMessage]] = [:]
  /// What tests ask for, and what waits because of it.
  var faults = InjectedFaults()
  var random: SeededRandom
  var delayedArrivals = Fifo<ShardArrival>()
  private var isPumping = false
  /// Ops for PGs that should be here and are not yet.
  private var waitingForPG: [ShardPGID: Fifo<ClientOp>] = [:]

  init(
    reactor: Reactor, store: any ObjectStore, settings: PGSettings, log: Log, all: OSDShards,
    host: any PGHost
  ) {
    self.reactor = reactor
    perf = PerfCounters(name: "osd", OpCounter.declarations)
    histograms = OpHistograms(perf)
    self.store = store
    self.settings = settings
    self.log = log
    self.all = all
    self.host = host
    random = SeededRandom(seed: UInt64(reactor.index))
    scheduler = WeightedPriorityQueue(cutOff: settings.strictPriority)
  }

  /// By their ids: what they do one after another is the same in every run of a simulation.
  var pgsInOrder: [PG] { pgs.values.sorted { $0.id < $1.id } }

  func take(_ settings: PGSettings) {
    self.settings = settings
    for pg in pgs.values { pg.peering.settings = settings.peering }
  }

  /// For tests; from the first use on reads go through one more layer.
  var damagedStore: DamagedStore {
    let damaged = store as? DamagedStore ?? DamagedStore(store)
    store = damaged
    return damaged
  }

  /// What each PG's log should come to, and how many contexts it may keep.
  var logTarget: Int { settings.log.target(pgCount: pgs.count) }
  var contextsPerPG: Int { max(settings.contextsMax / max(pgs.count, 1), 4) }
}

/// An op's way to its PG: steps 5 and 6 of Docs/OpPath.md.
extension OSDShard {
  func enqueue(_ op: ClientOp) {
    tracker.add(op)
    let now = reactor.clock.now
    if op.queued.nanoseconds == 0 { op.queued = now }
    op.note(.queuedForPG, at: now)
    guard let map, op.request.epoch <= map.epoch, !isBehindOthers(op) else { return waitForMap(op) }
    schedule(op)
  }

  /// An earlier op of the same client waits for a map: this one must not overtake it.
  private func isBehindOthers(_ op: ClientOp) -> Bool {
    !waitingForMap.isEmpty && waitingForMap.contains { $0.source === op.source }
  }

  private func waitForMap(_ op: ClientOp) {
    op.note(.map, at: reactor.clock.now)
    perf.add(OpCounter.delayedForMap)
    waitingForMap.append(op)
    host?.wantMap(op.request.epoch)
  }

  /// 5
  private func schedule(_ op: ClientOp) {
    guard scheduler.isEmpty, hasRoom else {
      op.hasWaited = true
      return scheduler.enqueue(.op(op), priority: op.priority, cost: op.cost, client: op.client)
    }
    start(op)
  }

  /// Something that runs when its turn comes, not before the tick's end.
  func enqueue(_ work: ShardWork, priority: UInt32, cost: Int, client: UInt64) {
    scheduler.enqueue(work, priority: priority, cost: cost, client: client)
    pumpSoon()
  }

  /// What waits in the scheduler.
  package var queueLengths: [QueueLength] {
    scheduler.lengths.map {
      QueueLength(priority: $0.priority, isStrict: $0.isStrict, count: $0.count)
    }
  }

  private var hasRoom: Bool {
    opsInFlight < settings.opsInFlightMax && bytesInFlight < settings.bytesInFlightMax
  }

  private func start(_ op: ClientOp) {
    admit(op)
    deliver(op)
  }

  func admit(_ op: ClientOp) {
    guard !op.isAdmitted else { return }
    op.isAdmitted = true
    opsInFlight += 1
    bytesInFlight += op.cost
  }

  /// Gives back an op's share: while it waits for its PG, others may run.
  func release(_ op: ClientOp) {
    guard op.isAdmitted else { return }
    op.isAdmitted = false
    release(ops: 1, bytes: op.cost)
  }

  func release(ops: Int, bytes: Int) {
    opsInFlight -= ops
    bytesInFlight -= bytes
    if !scheduler.isEmpty { pumpSoon() }
  }

  /// 7. To the PG that its object is in now, which may be a child of the one the client knew.
  private func deliver(_ op: ClientOp) {
    let id = op.request.object.pool
    guard let map, let seed = map.seed(ofHash: op.request.object.hash, pool: id) else {
      return finish(op)
    }
    admit(op)
    let target = ShardPGID(PGID(pool: id, seed: seed), shard: op.request.pgID.shard)
    // The client means another PG than the map: it has another map, and will send it again.
    if target != op.request.pgID, op.source.features.contains(.resendOnSplit) { return finish(op) }
    if let pg = pgs[target] { return pg.enter(op) }
    guard isAddressed(by: op, map.placement(of: target.pgID)) else { return finish(op) }
    guard all.shard(for: target) === self else { return handOver(op, to: target) }
    release(op)
    op.note(.pg, at: reactor.clock.now)
    waitingForPG[target, default: Fifo()].append(op)
  }

  private func isAddressed(by op: ClientOp, _ placement: PGPlacement) -> Bool {
    placement.actingPrimary == settings.whoami
      || op.mayGoToReplica && placement.acting.contains(settings.whoami)
  }

  /// A split puts children beside their parent, which may not be where their number alone says.
  private func handOver(_ op: ClientOp, to target: ShardPGID) {
    guard tracker.remove(op) else { return }
    release(op)
    all.shard(for: target).take(op)
  }

  /// From another shard or from the network, whatever the thread.
  package func take(_ op: ClientOp) {
    if reactor.isCurrent { return arrive(.op(op)) }
    reactor.post { self.arrive(.op(op)) }
  }

  /// An op is answered or dropped.
  func finish(_ op: ClientOp) {
    guard tracker.remove(op) else { return }
    let now = reactor.clock.now
    if op.isAnswered {
      op.note(.commitSent, at: now)
      if op.isCounted { count(op, over: now) }
    } else {
      log.write(.osd, 10, nil, "osd.\(settings.whoami) drops \(op.summary)")
    }
    tracker.end(op, at: now)
    release(op)
  }

  /// Once a tick, so that a batch runs together.
  private func pumpSoon() {
    guard !isPumping else { return }
    isPumping = true
    nonisolated(unsafe) let shard = self
    reactor.atEndOfTick { shard.pump() }
  }

  private func pump() {
    isPumping = false
    while hasRoom, let work = scheduler.dequeue() {
      switch work {
      case .op(let op): start(op)
      case .step(let cost, let begin):
        opsInFlight += 1
        bytesInFlight += cost
        begin()
      case .turn(let turn): turn()
      }
    }
  }

  /// Ops whose PG begins a new interval start over, before any that come now.
  func requeue(_ ops: [ClientOp]) {
    for op in ops { deliver(op) }
  }

  /// After a map: those that waited for it, in order, as far as it goes.
  func wakeMapWaiters() {
    var blocked: Set<ObjectIdentifier> = []
    guard let map else { return }
    for op in waitingForMap.takeAll() {
      let source = ObjectIdentifier(op.source)
      if op.request.epoch > map.epoch || blocked.contains(source) {
        blocked.insert(source)
        waitingForMap.append(op)
      } else {
        schedule(op)
      }
    }
  }

  /// After a map or a creation: those whose PG is there now, or will never be.
  func wakePGWaiters() {
    guard !waitingForPG.isEmpty else { return }
    let waiting = waitingForPG
    waitingForPG = [:]
    for (_, ops) in waiting.sorted(by: { $0.key < $1.key }) { for op in ops { deliver(op) } }
  }
}
