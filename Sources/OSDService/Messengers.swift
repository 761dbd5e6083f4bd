import Auth
import Base
import ClusterMaps
import Configuration
import Glibc
import Messaging
import Monitors
import PlacementGroups
import RadosTypes
import Reactors

/// The daemon's messengers: clients, other OSDs, and heartbeats on both networks, each listening on a
/// port of its own; two more from which heartbeats are sent.
///
/// Ceph: the seven messengers of `src/ceph_osd.cc`, less the objecter's, which is the client one here.
final class Messengers {
  let client: AsyncMessenger
  let cluster: AsyncMessenger
  let heartbeatFront: AsyncMessenger
  let heartbeatBack: AsyncMessenger
  let heartbeatFrontClient: AsyncMessenger
  let heartbeatBackClient: AsyncMessenger
  let clientDispatcher: ClientDispatcher
  let heartbeatDispatcher: HeartbeatDispatcher
  let transport: MessengerTransport
  /// What messages of clients may hold.
  let budget: Throttle
  /// Names of the network interfaces that clients and other OSDs come in by; known before this OSD boots.
  private(set) var interfaces = (front: "", back: "")

  init(_ parts: OSD.Parts, _ shards: OSDShards, home: Reactor) {
    let transport = MessengerTransport(reactor: home)
    let clientDispatcher = ClientDispatcher(parts, shards, transport)
    let heartbeats = HeartbeatDispatcher(parts)
    let configuration = parts.configuration
    let nonce = UInt32(bitPattern: configuration.identity.pid)
    func make(
      _ dispatcher: any Dispatcher, _ standard: Policy, _ policies: [EntityType: Policy] = [:]
    )
      -> AsyncMessenger
    {
      AsyncMessenger(
        name: parts.identity.name, nonce: nonce, reactors: parts.reactors,
        authenticator: parts.authenticator, dispatcher: dispatcher, defaultPolicy: standard,
        policies: policies, log: parts.log, perf: parts.perf,
        faults: NetworkFaults(configuration))
    }
    budget = Throttle(bytesMax: .max)
    ThrottleCounter.register(budget, in: parts.perf)
    client = make(
      clientDispatcher, .statelessRegisteredServer(throttle: budget),
      [.monitor: .lossyClient, .manager: .lossyClient, .osd: .statelessServer()])
    cluster = make(clientDispatcher, .losslessPeer, [.client: .statelessServer()])
    heartbeatFront = make(heartbeats, .statelessServer())
    heartbeatBack = make(heartbeats, .statelessServer())
    heartbeatFrontClient = make(heartbeats, .lossyClient)
    heartbeatBackClient = make(heartbeats, .lossyClient)
    transport.attach(client)
    self.clientDispatcher = clientDispatcher
    heartbeatDispatcher = heartbeats
    self.transport = transport
  }

  /// Listens with all four, in the configured range of ports.
  func bind(_ configuration: Configuration) throws {
    let front = try Self.address("public", configuration)
    let back =
      configuration.string("cluster_addr").isEmpty
        && configuration.string("cluster_network").isEmpty
      ? front : try Self.address("cluster", configuration)
    let ports = try Self.ports(configuration)
    for (messenger, address) in [
      (client, front), (cluster, back), (heartbeatBack, back), (heartbeatFront, front),
    ] {
      try messenger.bind(address, ports: ports)
    }
  }

  private static func ports(_ configuration: Configuration) throws -> ClosedRange<UInt16> {
    let low = configuration.integer("ms_bind_port_min")
    let high = configuration.integer("ms_bind_port_max")
    guard let first = UInt16(exactly: low), let last = UInt16(exactly: high), first <= last else {
      throw ConfigError("ms_bind_port_min \(low) to ms_bind_port_max \(high) is no range of ports")
    }
    return first...last
  }

  /// A new life in the eyes of other OSDs: the cluster's messenger listens at another port, with another
  /// nonce, and all that was said between OSDs is forgotten. Clients notice nothing.
  func rebind(_ configuration: Configuration) async throws {
    for messenger in [heartbeatFront, heartbeatBack, heartbeatFrontClient, heartbeatBackClient] {
      messenger.markDownAll()
    }
    try await cluster.rebind(ports: Self.ports(configuration))
  }

  /// Who listens at any address is told by the monitor which one is ours; it holds for all messengers.
  func completeAddresses() {
    guard let known = client.addresses.first else { return }
    for messenger in [cluster, heartbeatFront, heartbeatBack] { messenger.learn(known) }
    interfaces = (
      LocalAddresses.interface(of: client.addresses.first),
      LocalAddresses.interface(of: cluster.addresses.first)
    )
  }

  /// `public_addr`, or this machine's address in `public_network`, or any.
  private static func address(
    _ which: String, _ configuration: Configuration
  ) throws -> EntityAddress {
    let text = configuration.string("\(which)_addr")
    if !text.isEmpty {
      guard var address = EntityAddress(text) else {
        throw ConfigError("\(which)_addr = \(text) is no address")
      }
      address.kind = .v2
      return address
    }
    let networks = configuration.string("\(which)_network")
    guard networks.isEmpty else {
      guard let address = LocalAddresses.first(in: networks) else {
        throw ConfigError("no address of this machine is in \(which)_network = \(networks)")
      }
      return address
    }
    return configuration.flag("ms_bind_ipv6") && !configuration.flag("ms_bind_ipv4")
      ? EntityAddress(kind: .v2, ipv6: [UInt8](repeating: 0, count: 16))
      : EntityAddress(kind: .v2, ipv4: (0, 0, 0, 0), port: 0)
  }

  private var all: [AsyncMessenger] {
    [client, cluster, heartbeatFront, heartbeatBack, heartbeatFrontClient, heartbeatBackClient]
  }

  func setFaults(_ faults: NetworkFaults) { for messenger in all { messenger.setFaults(faults) } }

  func shutdown() { for messenger in all { messenger.shutdown() } }
}

extension NetworkFaults {
  init(_ configuration: Configuration) {
    self.init(
      failureOdds: configuration.integer("ms_inject_socket_failures"),
      delayedPeers: configuration.string("ms_inject_delay_type"),
      delayProbability: configuration.real("ms_inject_delay_probability"),
      delayMax: .seconds(configuration.real("ms_inject_delay_max")))
  }
}

extension EntityAddress {
  init(kind: Kind, ipv6: [UInt8]) {
    self.init(kind: kind)
    setIP(ipv6)
  }
}
