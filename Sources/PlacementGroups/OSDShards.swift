import Base
import ClusterMaps
import Messages
import ObjectStores
import RadosTypes
import Reactors
import Scheduling
import Scrubbing

/// All shards of a daemon: what the daemon speaks to. Any thread.
///
/// A PG is on the reactor that its collection's partition is on; children of a split are beside their
/// parent. `shard(for:)` looks that up.
package final class OSDShards: @unchecked Sendable {
  package private(set) var shards: [OSDShard] = []
  private let store: any ObjectStore
  /// Of PGs that recover or are backfilled, as primary and as replica.
  let localReservations: Reserver<ShardPGID>
  let remoteReservations: Reserver<ShardPGID>
  package let scrubs: ScrubQueue
  /// Objects that are copied, of all PGs.
  package let recoveries: RecoveryThrottle
  let lock = Lock()
  // Under the lock, as of the newest map, which the shards may not have seen yet.
  var places: [ShardPGID: OSDShard] = [:]
  var merges: [PGStep: PGMerge] = [:]
  var map: OSDMap?
  /// Under the lock, while PGs are read: the maps that they had come to.
  var storedEpochs: [ShardPGID: UInt32] = [:]
  var leftovers: Set<ShardPGID> = []

  /// `reactors` are those that the store was mounted on.
  package init(
    reactors: [Reactor], store: any ObjectStore, settings: PGSettings, log: Log, host: any PGHost,
    random: SeededRandom = SeededRandom(seed: 1)
  ) {
    self.store = store
    scrubs = ScrubQueue(settings.scrub, random: random)
    localReservations = Reserver(most: settings.backfillsMax)
    remoteReservations = Reserver(most: settings.backfillsMax)
    recoveries = RecoveryThrottle(settings.recoveries)
    shards = reactors.map {
      OSDShard(reactor: $0, store: store, settings: settings, log: log, all: self, host: host)
    }
  }

  /// The shard that has the PG, or would have it.
  package func shard(for id: ShardPGID) -> OSDShard {
    if let shard = lock.withLock({ places[id] }) { return shard }
    return storeShard(for: id)
  }

  /// Asking the store fixes the place, so that it is the same when the PG is made.
  func storeShard(for id: ShardPGID) -> OSDShard {
    let reactor = store.open(.pg(id))?.reactor ?? store.createHandle(.pg(id)).reactor
    guard let shard = shards.first(where: { $0.reactor === reactor }) else {
      preconditionFailure("\(id) is on a reactor without a shard")
    }
    return shard
  }

  func place(_ id: ShardPGID, on shard: OSDShard) { lock.withLock { places[id] = shard } }
  func forget(_ id: ShardPGID) { lock.withLock { places[id] = nil } }
  /// If it is placed there.
  func forget(_ id: ShardPGID, on shard: OSDShard) {
    lock.withLock { if places[id] === shard { places[id] = nil } }
  }

  /// Takes an op from the network, on any thread; ops that one thread gives are in order.
  ///
  /// An op for a PG that nobody knows goes to any shard, which finds out whether there should be one.
  package func enqueue(_ op: ClientOp) {
    let id = op.request.pgID
    let known = lock.withLock { places[id] }
    (known ?? shards[Int(id.pgID.seed) % shards.count]).take(op)
  }

  /// Takes what another OSD says, as `enqueue` does. Where a PG that nobody knows is to be is found
  /// out when the sender's map is here, which may make it a child of one that is known.
  package func enqueue(_ message: PeerMessage) {
    let known = lock.withLock { places[message.pgID] }
    (known ?? shards[Int(message.pgID.pgID.seed) % shards.count]).take(message)
  }

  /// A map that is durable, in the order of epochs. `bootEpoch` is the one in which this daemon was
  /// marked up, nil before: no PG serves until then.
  package func publish(_ map: OSDMap, bootEpoch: UInt32?) {
    follow(map)
    for shard in shards { shard.reactor.post { shard.publish(map, bootEpoch: bootEpoch) } }
  }

  package var reservations:
    (local: ReserverSnapshot<ShardPGID>, remote: ReserverSnapshot<ShardPGID>)
  { (localReservations.snapshot, remoteReservations.snapshot) }

  /// New options, but for those of recovery and of scrubs, which have places of their own.
  package func setSettings(_ settings: PGSettings) {
    for shard in shards { shard.reactor.post { shard.take(settings) } }
  }

  /// PGs that recover or are backfilled at a time, as primary and as replica each (osd_max_backfills).
  package func setBackfillsMax(_ most: Int) {
    localReservations.setMost(most)
    remoteReservations.setMost(most)
  }

  /// From now on, for tests.
  package func inject(_ faults: InjectedFaults) {
    for shard in shards { shard.reactor.post { shard.faults = faults } }
  }

  /// Some PGs are to recover before others, or not any more (MOSDForceRecovery). Ceph:
  /// `OSD::handle_force_recovery`.
  package func force(_ ids: [ShardPGID], recovery: Bool, backfill: Bool, _ on: Bool) {
    for shard in shards {
      shard.reactor.post {
        for pg in ids.compactMap({ shard.pgs[$0] }) where pg.isPrimary {
          if recovery { pg.feed(.setForceRecovery(on)) }
          if backfill { pg.feed(.setForceBackfill(on)) }
        }
      }
    }
  }

  /// Past the failsafe nothing is written but what was asked for with FULL_TRY.
  package func setPastFailsafe(_ value: Bool) {
    for shard in shards { shard.reactor.post { shard.isPastFailsafe = value } }
  }

  package func create(_ creations: [PGCreation]) {
    for creation in creations {
      let shard = shard(for: creation.pgID)
      shard.reactor.post { shard.create([creation]) }
    }
  }

  /// Reads all PGs that the store has, and takes them to this map; returns how many. A PG that cannot be
  /// read is an error: starting without it would lose it.
  package func loadPGs(_ map: OSDMap) async throws(StoreError) -> Int {
    let ids = store.collections().compactMap { collection -> ShardPGID? in
      if case .pg(let id) = collection { return id }
      return nil
    }
    for shard in shards { await shard.begin(map) }
    if let failure = await load(ids.sorted()) { throw StoreError(Errno.EIO, "load a PG", failure) }
    await follow(to: map)
    for shard in shards { await shard.perform { await shard.catchUp() } }
    return ids.count
  }

  /// Some at once, since a PG's log comes from the index's threads and is understood on its reactor; what
  /// went wrong with one, if anything did.
  private func load(_ ids: [ShardPGID]) async -> String? {
    await withTaskGroup(of: String?.self) { loads in
      for (number, id) in ids.enumerated() {
        if number >= Self.loadedAtOnce, let failure = await loads.next() ?? nil { return failure }
        loads.addTask { await self.load(id) }
      }
      return await loads.first { $0 != nil } ?? nil
    }
  }

  private static let loadedAtOnce = 6

  private func load(_ id: ShardPGID) async -> String? {
    guard let collection = store.open(.pg(id)) else { return nil }
    let shard = shard(for: id)
    place(id, on: shard)
    return await shard.loadHere(id, collection).map { "pg \(id): \($0)" }
  }

  /// Whether a PG of this OSD recovers or is backfilled, here or from here.
  package var isRecovering: Bool { localReservations.isUsed || remoteReservations.isUsed }

  func place(of id: ShardPGID) -> OSDShard? { lock.withLock { places[id] } }

  /// Calls `body` with a PG that is here, on its reactor; any thread.
  func withPG(_ id: ShardPGID, _ body: @escaping @Sendable (PG) -> Void) {
    guard let shard = place(of: id) else { return }
    shard.reactor.post { if let pg = shard.pgs[id] { body(pg) } }
  }

  /// Asks every shard on its own reactor.
  package func collect<Answer: Sendable>(
    _ body: @escaping @Sendable (OSDShard) -> Answer
  ) async -> [Answer] {
    var answers: [Answer] = []
    for shard in shards {
      answers.append(
        await withUnsafeContinuation { continuation in
          shard.reactor.post { continuation.resume(returning: body(shard)) }
        })
    }
    return answers
  }
}

extension OSDShards {
  /// Reports of the PGs that this OSD leads: all, or those that have news.
  package func pgStats(changedOnly: Bool) async -> [PGID: PGStat] {
    var all: [PGID: PGStat] = [:]
    for reports in await collect({ $0.reports(changedOnly: changedOnly) }) {
      all.merge(reports) { $1 }
    }
    return all
  }

  /// The OSDs that share a PG with this one, itself included.
  package func heartbeatPeers() async -> Set<Int32> {
    await collect { $0.heartbeatPeers }.reduce(into: []) { $0.formUnion($1) }
  }

  /// Whether this OSD leads the PG; nil if it is not here.
  package func isPrimary(_ id: ShardPGID) async -> Bool? {
    await collect { $0.pgs[id]?.isPrimary }.compactMap { $0 }.first
  }

  /// The answer to `pg query`; nil if the PG is not here.
  package func query(_ id: ShardPGID) async -> String? {
    await collect { $0.query(id) }.compactMap { $0 }.first
  }

  /// The answer to `pg list_unfound`; nil if the PG is not here.
  package func listUnfound(
    _ id: ShardPGID, after offset: HObject, most: Int, pretty: Bool
  ) async -> String? {
    await collect { $0.pgs[id]?.listUnfound(after: offset, most: most, pretty: pretty) }
      .compactMap { $0 }.first
  }

  /// Gives up what is unfound; nil if the PG is not here.
  package func markUnfoundLost(_ id: ShardPGID, _ mode: LostMode) async -> PGAnswer? {
    for shard in shards {
      let answer: PGAnswer? = await withUnsafeContinuation { continuation in
        shard.reactor.post {
          guard let pg = shard.pgs[id] else { return continuation.resume(returning: nil) }
          pg.markUnfoundLost(mode) { continuation.resume(returning: $0) }
        }
      }
      if let answer { return answer }
    }
    return nil
  }
}

extension OSDShard {
  fileprivate func begin(_ map: OSDMap) async {
    await withUnsafeContinuation { continuation in
      reactor.post {
        self.map = map
        continuation.resume()
      }
    }
  }

  /// Runs `body` as a task of the shard's reactor.
  func perform<Answer: Sendable>(_ body: @escaping () async -> Answer) async -> Answer {
    nonisolated(unsafe) let body = body
    return await withUnsafeContinuation { continuation in
      reactor.post {
        self.reactor.spawn { continuation.resume(returning: await body()) }
      }
    }
  }

  /// nil, or what went wrong.
  fileprivate func loadHere(_ id: ShardPGID, _ collection: StoreCollection) async -> String? {
    await perform {
      do throws(StoredPG.Failure) {
        try await self.load(id, collection)
        return nil
      } catch {
        return "\(error)"
      }
    }
  }
}
