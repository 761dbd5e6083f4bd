import Auth
import Base
import Configuration
import Messages
import Messaging
import Monitors
import RadosTypes
import Reactors

/// Asks the monitors what their central configuration says to this daemon, before it makes any of its
/// parts: networks, sizes of caches and whatever else counts only at a start can stand there too.
///
/// With a session of its own, which ends when the answer is here. Ceph:
/// `MonClient::get_monmap_and_config`. Confined to its reactor.
package final class CentralConfiguration: MonClientDelegate, Dispatcher, @unchecked Sendable {
  /// Monitors may be started after their OSDs. Ceph: ten times `client_mount_timeout`.
  private static let patience: Duration = .seconds(3000)

  private let configuration: Configuration
  private let log: Log
  private let transport: MessengerTransport
  private let monitors: MonClient
  private var messenger: AsyncMessenger?
  private var answer: MConfig?
  private var waiting: CheckedContinuation<MConfig?, Never>?

  package init(
    _ configuration: Configuration, _ authenticator: ClusterAuthenticator, on reactor: Reactor,
    log: Log
  ) throws {
    self.configuration = configuration
    self.log = log
    transport = MessengerTransport(reactor: reactor)
    monitors = MonClient(
      reactor: reactor, transport: transport, authenticator: authenticator,
      options: try MonClient.Options(configuration), log: log, random: .fromSystem())
    let id = Int64(configuration.identity.id) ?? 0
    let messenger = AsyncMessenger(
      name: EntityName(.osd, id), nonce: UInt32(bitPattern: configuration.identity.pid),
      reactors: [reactor], authenticator: authenticator, dispatcher: self,
      defaultPolicy: .lossyClient, log: log)
    transport.attach(messenger)
    self.messenger = messenger
    monitors.delegate = self
  }

  /// Returns when the configuration has what the monitors say. Throws if they refuse this daemon, or
  /// none answers for long.
  package func fetch() async throws {
    log.write(.osd, 1, nil, "asking the monitors for their configuration")
    monitors.start()
    defer {
      monitors.stop()
      messenger?.shutdown()
      messenger = nil
    }
    try await monitors.authenticate(timeout: Self.patience)
    guard let answer = await wait() else { throw MonError.timedOut("the central configuration") }
    for refusal in configuration.applyFromMonitor(answer.options) {
      log.error(.osd, nil, "central configuration: \(refusal)")
    }
  }

  /// nil: it did not come.
  private func wait() async -> MConfig? {
    if let answer { return answer }
    let timer = monitors.reactor.schedule(after: Self.patience) { [weak self] in self?.finish(nil) }
    defer { timer.cancel() }
    return await withCheckedContinuation { waiting = $0 }
  }

  private func finish(_ found: MConfig?) {
    answer = found
    waiting?.resume(returning: found)
    waiting = nil
  }

  // MARK: MonClientDelegate

  package func monClientDidOpenSession(_ client: MonClient) {}

  package func monClient(_ client: MonClient, received message: RawMessage) {
    guard message.type == .config else { return }
    do { finish(try message.decode(MConfig.self)) } catch {
      log.error(.osd, nil, "\(message.type) from the monitor: \(error)")
    }
  }

  // MARK: Dispatcher

  package func connectionReady(_ connection: Connection) {
    _ = transport.connectionReady(connection)
  }

  package func dispatch(_ message: RawMessage, from connection: Connection) {
    _ = transport.dispatch(message, from: connection)
  }

  package func connectionReset(_ connection: Connection) {
    _ = transport.connectionReset(connection)
  }

  package func remoteReset(_ connection: Connection) {}
  package func connectionRefused(_ connection: Connection) {}
}

extension MonClient.Options {
  init(_ configuration: Configuration) throws {
    let addresses = try MonHosts.parse(configuration.string("mon_host"))
    guard !addresses.isEmpty else { throw ConfigError("mon_host names no monitor") }
    self.init(monitors: addresses)
    hostname = configuration.identity.host
    huntInterval = configuration.seconds("mon_client_hunt_interval")
    pingInterval = configuration.seconds("mon_client_ping_interval")
    pingTimeout = configuration.seconds("mon_client_ping_timeout")
  }
}
