import Auth
import Base
import Buffers
import Foundation
import Messages
import Messaging
import Monitors
import RadosTypes
import Reactors
import Testing
import Wire

/// Against a stock monitor and manager, when `LOLIGO_LIVE_MON` says where the monitor is (as `mon host`)
/// and `LOLIGO_LIVE_KEYRING` names a keyring with the key of osd.0, or nothing for auth none.
struct LiveMonitorTests {
  static let monHost = ProcessInfo.processInfo.environment["LOLIGO_LIVE_MON"]
  static let keyring = ProcessInfo.processInfo.environment["LOLIGO_LIVE_KEYRING"]

  @Test(.enabled(if: monHost != nil), .timeLimit(.minutes(1)))
  func `a session with stock daemons, from handshake to report`() async throws {
    let daemon = try LiveDaemon(monHost: Self.monHost ?? "", keyring: Self.keyring)
    defer { daemon.stop() }
    let outcome = await daemon.run()
    try outcome.get()
  }
}

/// As much of an OSD as talks to monitors and managers.
private final class LiveDaemon: Dispatcher, MonClientDelegate, MgrClientDelegate, @unchecked Sendable {
  let reactor: Reactor
  let log = Log(clock: SystemClock(), level: 10)
  let transport: MessengerTransport
  let authenticator: ClusterAuthenticator
  let monitors: MonClient
  let managers: MgrClient
  let perf = PerfRegistry()
  private var messenger: AsyncMessenger?
  var seen: [MessageType: Int] = [:]
  var sessions = 0
  var statsWanted = 0
  var modes: [String: ConnectionMode] = [:]
  private let usesCephX: Bool

  init(monHost: String, keyring: String?) throws {
    reactor = Reactor(driver: try EpollDriver(), log: log)
    transport = MessengerTransport(reactor: reactor)
    let name = AuthName(.osd, "0")
    var key: CryptoKey?
    if let keyring, !keyring.isEmpty {
      let text = try #require(FileManager.default.contents(atPath: keyring))
      key = try KeyRing(parsing: text).key(of: name)
    }
    usesCephX = key != nil
    authenticator = ClusterAuthenticator(
      name: name, key: key, policy: key == nil ? .allNone : AuthPolicy(), clock: SystemClock(), log: log)
    var options = MonClient.Options(monitors: try MonHosts.parse(monHost))
    options.hostname = "test"
    monitors = MonClient(
      reactor: reactor, transport: transport, authenticator: authenticator, options: options, log: log,
      random: .fromSystem())
    managers = MgrClient(
      reactor: reactor, transport: transport, registry: perf, name: name, log: log)
    let counters = PerfCounters(
      name: "osd", [PerfDeclaration("op", .counter, "Client operations", nick: "ops", priority: 10)])
    perf.register(counters)
    let messenger = AsyncMessenger(
      name: EntityName(.osd, 0), nonce: UInt32(getpid()), reactors: [reactor],
      authenticator: authenticator, dispatcher: self, defaultPolicy: .statelessRegisteredServer(),
      policies: [.monitor: .lossyClient, .manager: .lossyClient], log: log)
    self.messenger = messenger
    transport.attach(messenger)
    monitors.delegate = self
    managers.delegate = self
    try reactor.start()
    let local = EntityAddress(kind: .v2, ipv4: (127, 0, 0, 1), port: 0)
    try messenger.bind(local, ports: 28_000...28_100)
  }

  func stop() {
    reactor.post { [self] in
      managers.stop()
      monitors.stop()
      messenger?.shutdown()
    }
    usleep(100_000)
    reactor.stop()
    reactor.join()
  }

  func run() async -> Result<Void, any Error> {
    await withCheckedContinuation { continuation in
      reactor.spawn { [self] in
        do {
          try await converse()
          continuation.resume(returning: .success(()))
        } catch { continuation.resume(returning: .failure(error)) }
      }
    }
  }

  private func converse() async throws {
    monitors.start()
    monitors.subscribe(to: "osdmap", from: 1)
    try await monitors.authenticate(timeout: .seconds(10))
    #expect(monitors.fsid != nil)
    try await monitors.waitForRotatingKeys(timeout: .seconds(10))
    if usesCephX { #expect(authenticator.rotatingKeys.key(1) != nil) }
    let reply = try await monitors.command(
      #"{"prefix": "osd crush create-or-move", "id": 0, "weight": 0.01, "args": ["host=test", "root=default"]}"#
    )
    #expect(reply.result == 0, "\(reply.status)")
    let (newest, oldest) = try await monitors.version(of: "osdmap")
    #expect(newest >= oldest && newest > 0)
    managers.follow(monitors)
    monitors.clusterLog.info("a line of the live test")
    for _ in 0..<100 where statsWanted == 0 || !managers.isConnected { await pause(.milliseconds(100)) }
    #expect(sessions == 1)
    #expect(seen[.osdMap, default: 0] > 0)
    #expect(seen[.config, default: 0] > 0)
    #expect(seen[.monMap, default: 0] > 0)
    #expect(statsWanted > 0, "no MGR_CONFIGURE came")
    if usesCephX { #expect(modes["mon"] == .secure) }
    if usesCephX { #expect(modes["mgr"] == .secure) }
    print("live: seen \(seen), modes \(modes), osdmap \(oldest)...\(newest)")
  }

  private func pause(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      reactor.schedule(after: duration) { continuation.resume() }
    }
  }

  // MARK: Dispatcher

  func connectionReady(_ connection: Connection) {
    modes[connection.peerType.name] = connection.mode
    _ = transport.connectionReady(connection)
  }

  func dispatch(_ message: RawMessage, from connection: Connection) {
    if !transport.dispatch(message, from: connection) { seen[message.type, default: 0] += 1 }
  }

  func connectionReset(_ connection: Connection) { _ = transport.connectionReset(connection) }
  func remoteReset(_ connection: Connection) {}
  func connectionRefused(_ connection: Connection) {}

  // MARK: Delegates

  func monClientDidOpenSession(_ client: MonClient) { sessions += 1 }

  func monClient(_ client: MonClient, received message: RawMessage) {
    seen[message.type, default: 0] += 1
  }

  func mgrClientWantsStats(_ client: MgrClient) { statsWanted += 1 }
  func mgrClientHealth(_ client: MgrClient) -> [DaemonHealthMetric] { [] }
  func mgrClientConfiguration(_ client: MgrClient) -> (config: ByteSlice, defaults: ByteSlice) {
    (.empty, .empty)
  }
}
