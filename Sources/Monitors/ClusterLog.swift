import Base
import Buffers
import Messages
import RadosTypes
import Reactors

/// Lines for the cluster's log, `ceph -w` and `ceph log last`; kept until a monitor has them.
///
/// Write from any thread. Ceph: `LogClient`, channel `cluster`. Source: src/common/LogClient.cc.
package final class ClusterLog: @unchecked Sendable {
  private let name: AuthName
  private let reactor: Reactor

  // Confined to `reactor`.
  weak var client: MonClient?
  /// What we are called in the cluster, `osd.3`.
  package var rank: EntityName
  private var entries: [LogEntry] = []
  private var lastNumber: UInt64 = 0
  private var lastSent: UInt64 = 0

  init(name: AuthName, reactor: Reactor) {
    self.name = name
    self.reactor = reactor
    rank = EntityName(name.type, Int64(name.id.text) ?? -1)
  }

  package func debug(_ text: String) { write(.debug, text) }
  package func info(_ text: String) { write(.info, text) }
  package func warning(_ text: String) { write(.warning, text) }
  package func error(_ text: String) { write(.error, text) }

  package func write(_ level: LogEntry.Level, _ text: String) {
    let stamp = UTime(wallNanoseconds: reactor.clock.wallNanoseconds)
    reactor.post { [self] in append(level, text, stamp) }
  }

  private func append(_ level: LogEntry.Level, _ text: String, _ stamp: UTime) {
    client?.log.write(
      .monc, level == .error ? -1 : 0, nil, "log_channel(cluster) log [\(level.name)] : \(text)")
    lastNumber += 1
    entries.append(
      LogEntry(
        name: name, rank: rank, addresses: client?.transport.addresses ?? EntityAddresses(),
        stamp: stamp, sequence: lastNumber, level: level, text: ByteString(text), channel: "cluster"
      ))
    if entries.count > Limits.clusterLogEntriesMax { entries.removeFirst() }
  }

  /// Sends what the session has not had yet; in a new session that is all that no monitor has confirmed.
  func flush(isNewSession: Bool) {
    if isNewSession { lastSent = 0 }
    guard lastSent < lastNumber, let client, client.isOpen, let fsid = client.fsid else { return }
    let unsent = entries.drop { $0.sequence <= lastSent }.prefix(Limits.clusterLogEntriesPerMessage)
    guard let last = unsent.last else { return }
    lastSent = last.sequence
    client.send(RawMessage(encoding: MLog(fsid: fsid, entries: Array(unsent))))
  }

  func acknowledged(_ last: UInt64) { entries.removeAll { $0.sequence <= last } }
}

extension LogEntry.Level {
  /// As the daemons' own logs have it.
  fileprivate var name: String {
    switch self {
    case .debug: "DBG"
    case .info: "INF"
    case .security: "SEC"
    case .warning: "WRN"
    case .error: "ERR"
    case .unknown: "???"
    }
  }
}

extension Limits {
  /// Lines kept while no monitor takes them; the oldest go first.
  package static let clusterLogEntriesMax = 10_000
  /// `mon client max log entries per message`.
  package static let clusterLogEntriesPerMessage = 1000
}
