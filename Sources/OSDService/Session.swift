import Auth
import Base
import Messages
import Messaging
import OpExecution
import PlacementGroups
import RadosTypes

/// A client behind its connection: what it may do, which map it has, and where its replies go.
///
/// Made and used on the connection's reactor, but for what `OpSource` calls from anywhere.
/// Ceph: `Session` (`src/osd/Session.h`).
final class Session: OpSource, @unchecked Sendable {
  private let connection: Connection
  private let caps: OSDCaps
  let peer: EntityName
  let peerAddress: EntityAddress
  let features: Features
  /// The last epoch that was sent to it or that it showed to have. Confined to the connection's reactor.
  var knownEpoch: UInt32 = 0

  init(_ connection: Connection, log: Log) {
    self.connection = connection
    peer = connection.peer
    peerAddress = connection.peerAddresses.first ?? .none
    features = Features(rawValue: connection.peerFeatures)
    guard let auth = connection.auth else {
      // The other side is the server: nobody has asked for anything.
      caps = .none
      return
    }
    do { caps = try OSDCaps(parsing: auth.caps) } catch {
      log.error(
        .osd, nil, "\(connection.peer) has capabilities that cannot be read, so none: \(error)")
      caps = .none
    }
  }

  static func of(_ connection: Connection) -> Session? { connection.session as? Session }

  var isOpen: Bool { connection.isOpen }

  func reply(_ message: RawMessage) { connection.post(message) }

  /// What `tell` asks for (`OSDCap::allow_all`).
  var allowsAll: Bool { caps.allowsAll }

  func allows(_ request: CapabilityRequest) -> Bool {
    caps.allows(
      OSDCaps.Request(
        pool: request.poolName, namespace: request.namespace, object: request.object,
        reads: request.reads, writes: request.writes, applications: request.applications,
        ip: peerAddress.ip))
  }
}
