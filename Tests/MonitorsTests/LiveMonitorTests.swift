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
/// `LOLIGO_LIVE_CONF` names a ceph.conf with which the stock `ceph` tool comes as a client; its cluster
/// knows an osd.0 that is not running.
@Suite(.serialized)
struct LiveMonitorTests {
  static let monHost = ProcessInfo.processInfo.environment["LOLIGO_LIVE_MON"]
  static let keyring = ProcessInfo.processInfo.environment["LOLIGO_LIVE_KEYRING"]
  /// For how many seconds to watch renewals.
  static let lifetime = ProcessInfo.processInfo.environment["LOLIGO_LIVE_LIFETIME"]
  static let conf = ProcessInfo.processInfo.environment["LOLIGO_LIVE_CONF"]

  @Test(.enabled(if: monHost != nil), .timeLimit(.minutes(5)))
  func `a session with stock daemons, from handshake to report`() async throws {
    let daemon = try LiveDaemon(monHost: Self.monHost ?? "", keyring: Self.keyring)
    defer { daemon.stop() }
    try await daemon.run { try await daemon.converse() }.get()
  }

  @Test(.enabled(if: monHost != nil && conf != nil), .timeLimit(.minutes(5)))
  func `the stock tool authenticates with us, and the manager keeps its session`() async throws {
    let daemon = try LiveDaemon(monHost: Self.monHost ?? "", keyring: Self.keyring)
    defer { daemon.stop() }
    try await daemon.run { try await daemon.boot() }.get()
    // Without a key there is nothing to encrypt with.
    for mode in daemon.usesCephX ? ["crc", "secure"] : ["crc"] {
      let told = try await Self.tell(mode)
      #expect(told.contains("a live test"), "\(told)")
    }
    try await daemon.run { try await daemon.checkGuests() }.get()
  }

  /// Needs a cluster with `auth service ticket ttl = 20` and `auth mon ticket ttl = 40`.
  @Test(.enabled(if: monHost != nil && conf != nil && lifetime != nil), .timeLimit(.minutes(5)))
  func `keys and tickets are renewed before they end`() async throws {
    let daemon = try LiveDaemon(monHost: Self.monHost ?? "", keyring: Self.keyring)
    defer { daemon.stop() }
    try await daemon.run { try await daemon.boot() }.get()
    let before = daemon.authenticator.tickets
    for _ in 0..<(Int(Self.lifetime ?? "") ?? 0) / 5 {
      try await Task.sleep(for: .seconds(5))
      let told = try await Self.tell("secure")
      #expect(told.contains("a live test"), "\(told)")
    }
    let after = daemon.authenticator.tickets
    #expect(daemon.authenticator.rotatingKeys.key(1) == nil)
    #expect(before[.auth]?.sessionKey != after[.auth]?.sessionKey)
    #expect(before[.osd]?.sessionKey != after[.osd]?.sessionKey)
    #expect(before.globalID == after.globalID)
    #expect(daemon.sessions == 1)
  }

  /// What `ceph tell` says when it wants this connection mode.
  static func tell(_ mode: String) async throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = [
      "60", "ceph", "-c", conf ?? "", "--ms_client_mode", mode, "tell", "osd.0", "version",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { _ in
        let text = String(
          decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        continuation.resume(returning: text)
      }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
  }
}

/// As much of an OSD as talks to monitors and managers.
private final class LiveDaemon: Dispatcher, MonClientDelegate, MgrClientDelegate,
  @unchecked Sendable
{
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
  var guests: [AuthenticatedPeer] = []
  var guestModes: Set<ConnectionMode> = []
  var modes: [String: ConnectionMode] = [:]
  let usesCephX: Bool

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
      name: name, key: key, policy: key == nil ? .allNone : AuthPolicy(), clock: SystemClock(),
      log: log)
    var options = MonClient.Options(monitors: try MonHosts.parse(monHost))
    options.hostname = "test"
    monitors = MonClient(
      reactor: reactor, transport: transport, authenticator: authenticator, options: options,
      log: log,
      random: .fromSystem())
    managers = MgrClient(
      reactor: reactor, transport: transport, registry: perf, name: name, log: log)
    let counters = PerfCounters(
      name: "osd", [PerfDeclaration("op", .counter, "Client operations", nick: "ops", priority: 10)]
    )
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

  /// Does `body` on the reactor.
  func run(_ body: @escaping () async throws -> Void) async -> Result<Void, any Error> {
    nonisolated(unsafe) let body = body
    return await withCheckedContinuation { continuation in
      reactor.spawn {
        do {
          try await body()
          continuation.resume(returning: .success(()))
        } catch { continuation.resume(returning: .failure(error)) }
      }
    }
  }

  func converse() async throws {
    monitors.start()
    monitors.subscribe(to: "osdmap", from: 1)
    try await monitors.authenticate(timeout: .seconds(60))
    #expect(monitors.fsid != nil)
    try await monitors.waitForRotatingKeys(timeout: .seconds(60))
    #expect(!authenticator.needsRotatingKeys)
    let reply = try await monitors.command(
      #"{"prefix": "osd crush create-or-move", "id": 0, "weight": 0.01, "args": ["host=test", "root=default"]}"#
    )
    #expect(reply.result == 0, "\(reply.status)")
    let (newest, oldest) = try await monitors.version(of: "osdmap")
    #expect(newest >= oldest && newest > 0)
    managers.follow(monitors)
    monitors.clusterLog.info("a line of the live test")
    for _ in 0..<1200 where statsWanted == 0 || !managers.isConnected {
      await pause(.milliseconds(100))
    }
    #expect(sessions == 1)
    #expect(seen[.osdMap, default: 0] > 0)
    #expect(seen[.config, default: 0] > 0)
    #expect(seen[.monMap, default: 0] > 0)
    #expect(statsWanted > 0, "no MGR_CONFIGURE came")
    if usesCephX { #expect(modes["mon"] == .secure) }
    if usesCephX { #expect(modes["mgr"] == .secure) }
    print("live: seen \(seen), modes \(modes), osdmap \(oldest)...\(newest)")
  }

  /// Tells the monitor that osd.0 is up, so that clients come.
  func boot() async throws {
    monitors.start()
    try await monitors.authenticate(timeout: .seconds(60))
    try await monitors.waitForRotatingKeys(timeout: .seconds(60))
    managers.follow(monitors)
    let dump = try await monitors.command(#"{"prefix": "osd dump", "format": "json"}"#)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(dump.output.array)) as? [String: Any])
    let osds = try #require(json["osds"] as? [[String: Any]])
    let epoch = try #require(json["epoch"] as? Int)
    var block = OSDSuperblock()
    block.clusterFSID = try #require(monitors.fsid)
    block.whoami = 0
    block.currentEpoch = UInt32(epoch)
    block.newestMap = UInt32(epoch)
    block.purgedSnapsLast = UInt32(epoch)
    block.osdFSID = try #require((osds[0]["uuid"] as? String).flatMap { UniqueID($0) })
    let own = transport.addresses
    monitors.send(
      RawMessage(
        encoding: MOSDBoot(
          paxos: PaxosHeader(UInt64(epoch)), superblock: block, heartbeatBack: own, cluster: own,
          bootEpoch: 0, heartbeatFront: own,
          metadata: [
            "hostname": "test", "ceph_version": "ceph version 16.2.15", "osd_objectstore": "none",
          ])))
    for _ in 0..<600 {
      let dump = try await monitors.command(#"{"prefix": "osd dump"}"#)
      let lines = dump.output.contiguous().text.split(separator: "\n")
      let mine = own.first?.description ?? "?"
      if lines.contains(where: { $0.hasPrefix("osd.0 up") && $0.contains(mine) }) { return }
      await pause(.milliseconds(100))
    }
    Issue.record("the monitor does not take our boot")
  }

  func checkGuests() async throws {
    for _ in 0..<1200 where statsWanted < 2 { await pause(.milliseconds(100)) }
    #expect(statsWanted >= 2, "the manager did not keep its session")
    if usesCephX {
      let guest = try #require(guests.first { $0.name == AuthName(.client, "admin") })
      #expect(guest.caps == "allow *")
      #expect(guestModes == [.crc, .secure])
    }
    print("live: guests \(guests.map(\.name)), modes \(guestModes)")
  }

  private func pause(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      reactor.schedule(after: duration) { continuation.resume() }
    }
  }

  // MARK: Dispatcher

  func connectionReady(_ connection: Connection) {
    modes[connection.peerType.name] = connection.mode
    if transport.connectionReady(connection) { return }
    if let guest = connection.auth { guests.append(guest) }
    if let mode = connection.mode { guestModes.insert(mode) }
  }

  func dispatch(_ message: RawMessage, from connection: Connection) {
    if transport.dispatch(message, from: connection) { return }
    seen[message.type, default: 0] += 1
    guard let command = try? message.decode(MCommand.self) else { return }
    let descriptions = #"{"cmd000":{"sig":["version"],"help":""}}"#
    let isAsking = command.command.joined().contains("get_command_descriptions")
    let output = isAsking ? descriptions : #"{"version":"a live test"}"#
    connection.send(
      RawMessage(
        encoding: MCommandReply(result: 0, status: "", data: BufferList(Array(output.utf8))),
        tid: message.header.tid))
  }

  func connectionReset(_ connection: Connection) { _ = transport.connectionReset(connection) }
  func remoteReset(_ connection: Connection) {}
  func connectionRefused(_ connection: Connection) {}

  // MARK: Delegates

  func monClientDidOpenSession(_ client: MonClient) { sessions += 1 }

  func monClient(_ client: MonClient, received message: RawMessage) {
    seen[message.type, default: 0] += 1
  }

  func mgrClient(_ client: MgrClient, prepares done: @escaping () -> Void) { done() }
  func mgrClientWantsStats(_ client: MgrClient) { statsWanted += 1 }
  func mgrClient(_ client: MgrClient, asksFor order: ScrubOrder) {}
  func mgrClientHealth(_ client: MgrClient) -> [DaemonHealthMetric] { [] }
  func mgrClientConfiguration(_ client: MgrClient) -> (config: ByteSlice, defaults: ByteSlice) {
    (.empty, .empty)
  }
}
