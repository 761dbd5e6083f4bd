import Base
import Reactors

/// A messenger's share of one reactor: its counters, its connections there, and the links that have
/// something to send in this tick. Confined to `reactor`, but for `load`.
final class Worker: @unchecked Sendable {
  let reactor: Reactor
  let perf: PerfCounters
  /// Connections placed here; guarded by the messenger's lock.
  var load = 0

  var faults: NetworkFaults

  private(set) var connections: [ObjectIdentifier: Connection] = [:]
  private(set) var acceptors: [ObjectIdentifier: Acceptor] = [:]
  private var unflushed: [Link] = []
  private var unflushedBatch: [Link] = []
  private lazy var flushBody: () -> Void = { [weak self] in self?.flushAll() }

  init(reactor: Reactor, faults: NetworkFaults) {
    self.reactor = reactor
    self.faults = faults
    perf = PerfCounters(
      name: "AsyncMessenger::Worker-\(reactor.index)", MessengerCounter.declarations)
  }

  func add(_ connection: Connection) {
    connections[ObjectIdentifier(connection)] = connection
    perf.add(MessengerCounter.createdConnections)
    perf.add(MessengerCounter.activeConnections)
  }

  func remove(_ connection: Connection) {
    guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    perf.subtract(MessengerCounter.activeConnections)
  }

  func add(_ acceptor: Acceptor) { acceptors[ObjectIdentifier(acceptor)] = acceptor }
  func remove(_ acceptor: Acceptor) { acceptors[ObjectIdentifier(acceptor)] = nil }

  /// Calls the link's `flush` at the end of the tick.
  func flushLater(_ link: Link) {
    if unflushed.isEmpty { reactor.atEndOfTick(flushBody) }
    unflushed.append(link)
  }

  private func flushAll() {
    swap(&unflushed, &unflushedBatch)
    for link in unflushedBatch { link.flush() }
    unflushedBatch.clear()
  }

  /// Ends everything; nobody is told.
  func shutDown() {
    for acceptor in acceptors.values { acceptor.end() }
    for connection in connections.values { connection.markDown() }
  }
}

/// Indices and names of a worker's counters; the names are Ceph's.
enum MessengerCounter {
  static let receivedMessages = 0
  static let sentMessages = 1
  static let receivedBytes = 2
  static let sentBytes = 3
  static let createdConnections = 4
  static let activeConnections = 5

  static let declarations: [PerfDeclaration] = [
    PerfDeclaration("msgr_recv_messages", .counter, "Network received messages"),
    PerfDeclaration("msgr_send_messages", .counter, "Network sent messages"),
    PerfDeclaration("msgr_recv_bytes", .counter, "Network received bytes", isBytes: true),
    PerfDeclaration("msgr_send_bytes", .counter, "Network sent bytes", isBytes: true),
    PerfDeclaration("msgr_created_connections", .counter, "Created connection number"),
    PerfDeclaration("msgr_active_connections", .counter, "Active connection number"),
    PerfDeclaration("msgr_running_total_time", .time, "The total time of thread running"),
    PerfDeclaration("msgr_running_send_time", .time, "The total time of message sending"),
    PerfDeclaration("msgr_running_recv_time", .time, "The total time of message receiving"),
    PerfDeclaration("msgr_running_fast_dispatch_time", .time, "The total time of fast dispatch"),
    PerfDeclaration("msgr_send_messages_queue_lat", .timeAverage, "Network sent messages lat"),
    PerfDeclaration("msgr_handle_ack_lat", .timeAverage, "Connection handle ack lat"),
  ]
}
