import Auth
import Base
import ClusterMaps
import Configuration
import Messages
import Messaging
import Monitors
import ObjectStores
import PlacementGroups
import RadosTypes
import Reactors

/// The daemon between its parts: follows the maps, boots, makes PGs, reports, ends.
///
///     initializing ──maps and PGs loaded──▶ preboot ──gates passed──▶ booting ──up in a map──▶ active
///                                            ▲                                                  │
///                                            └──peers answer── waitingForHealthy ◀──down in a map
///     any ──TERM──▶ stopping
///
/// Ops do not come through here: see `ClientDispatcher`. Confined to `home`, the reactor of the meta
/// collection. Ceph: `OSD` (`src/osd/OSD.cc`).
package final class OSD: LogPrefixed, @unchecked Sendable {
  /// As `status` names them.
  package enum State: String, Sendable {
    case initializing, preboot, booting, active, stopping
    case waitingForHealthy = "waiting_for_healthy"
  }

  /// What it is made of, in the order in which it is made.
  package struct Parts {
    package var identity: OSDIdentity
    package var configuration: Configuration
    package var clock: any Clock
    package var log: Log
    package var perf: PerfRegistry
    package var reactors: [Reactor]
    package var store: any ObjectStore
    package var authenticator: ClusterAuthenticator
    /// Facts about the device for the monitors: `bluestore_bdev_*`, `rotational`.
    package var deviceFacts: [String: String]
    /// Ends the process with this exit code; the reason is in the log.
    package var onFatal: @Sendable (Int32) -> Void
    /// Stops the daemon as TERM does; the reason is in the log.
    package var onShutdown: @Sendable () -> Void

    package init(
      identity: OSDIdentity, configuration: Configuration, clock: any Clock, log: Log,
      perf: PerfRegistry, reactors: [Reactor], store: any ObjectStore,
      authenticator: ClusterAuthenticator, deviceFacts: [String: String],
      onFatal: @escaping @Sendable (Int32) -> Void, onShutdown: @escaping @Sendable () -> Void
    ) {
      self.identity = identity
      self.configuration = configuration
      self.clock = clock
      self.log = log
      self.perf = perf
      self.reactors = reactors
      self.store = store
      self.authenticator = authenticator
      self.deviceFacts = deviceFacts
      self.onFatal = onFatal
      self.onShutdown = onShutdown
    }
  }

  let parts: Parts
  package let home: Reactor
  let messengers: Messengers
  let shards: OSDShards
  private let requests = PGRequests()
  let peers: PeerLinks
  let monitors: MonClient
  let manager: MgrClient
  let history: MapHistory
  let intake: MapIntake
  private(set) lazy var heartbeats = Heartbeats(self)
  package let commands = CommandTable()

  private(set) var state = State.initializing
  /// The epoch in which this process was first, and is now, up; 0 before.
  var bootEpoch: UInt32 = 0
  var pgCount = 0
  /// The epoch in which this OSD was last marked up; 0 while it is down.
  var upFrom: UInt32 = 0
  /// Only a map in which it is up since later than this speaks of the addresses that it has now.
  var bindEpoch: UInt32 = 0
  var reports = ReportState()
  var mapsWaiting: [MOSDMap] = []
  var creationsWaiting: [MOSDPGCreate2] = []
  var scrubLoad = ScrubLoad()
  var heap = HeapMemory()
  /// PGs are being asked whether they can be scrubbed now.
  var isChoosingScrub = false
  var isTakingMaps = false
  var isBooting = false
  var isRebinding = false
  var hasPlacedItself = false
  var beaconTimer: ReactorTimer?
  var onMarkedDown: (() -> Void)?

  var identity: OSDIdentity { parts.identity }
  var log: Log { parts.log }
  var configuration: Configuration { parts.configuration }
  var map: OSDMap { intake.current }

  package var logPrefix: String { "osd.\(identity.whoami) \(map.epoch)" }

  /// Loads the maps and the PGs. On `meta.reactor`.
  package init(_ parts: Parts, meta: StoreCollection) async throws {
    self.parts = parts
    home = meta.reactor
    history = try await MapHistory.load(store: parts.store, meta: meta)
    intake = try await MapIntake(history: history, log: parts.log, whoami: parts.identity.whoami)
    requests.history = history
    shards = OSDShards(
      reactors: parts.reactors, store: parts.store,
      settings: PGSettings(parts.configuration, whoami: parts.identity.whoami), log: parts.log,
      host: requests, random: .fromSystem())
    for shard in shards.shards { parts.perf.register(shard.perf) }
    messengers = Messengers(parts, shards, home: home)
    peers = PeerLinks(
      messengers.cluster, whoami: parts.identity.whoami)
    requests.peers = peers
    monitors = try Self.monClient(parts, messengers.transport, on: home)
    manager = MgrClient(
      reactor: home, transport: messengers.transport, registry: parts.perf,
      name: parts.authenticator.name,
      log: parts.log)
    pgCount = try await shards.loadPGs(intake.current)
    messengers.clientDispatcher.epoch = intake.current.epoch
  }

  /// What a new store begins with.
  package static func format(_ identity: OSDIdentity) -> Transaction {
    var superblock = OSDSuperblock()
    superblock.clusterFSID = identity.cluster
    superblock.osdFSID = identity.osd
    superblock.whoami = identity.whoami
    return MapHistory.format(superblock)
  }

  func enter(_ next: State) {
    guard state != next, state != .stopping else { return }
    log.write(.osd, 1, self, "state: \(state.rawValue) -> \(next.rawValue)")
    state = next
  }

  /// Listens, finds a monitor, and boots when it may. On `home`.
  package func start() throws {
    try messengers.bind(configuration)
    requests.owner = self
    peers.owner = self
    messengers.clientDispatcher.owner = self
    messengers.heartbeatDispatcher.owner = self
    addCommands()
    registerGauges()
    followOpTracker()
    followFaults()
    monitors.delegate = self
    manager.delegate = self
    enter(.preboot)
    manager.follow(monitors)
    monitors.subscribe(to: "osd_pg_creates", from: 0)
    monitors.subscribe(to: "osdmap", from: UInt64(map.epoch) + 1)
    monitors.start()
    heartbeats.start()
    tickLater()
    followOptions()
  }

  /// Marks itself down, waits until the monitor knows, stops taking ops and leaves the store clean.
  /// On `home`.
  package func stop() async {
    let wasActive = state == .active
    enter(.stopping)
    if wasActive, map.isUp(identity.whoami) { await markDown() }
    messengers.shutdown()
    manager.stop()
    monitors.stop()
    await recordCleanEnd(wasActive)
  }
}
