import Base
import ClusterMaps
import Messages
import Messaging
import RadosTypes
import Synchronization

/// Answers the pings of other OSDs, on the front and the back network (`OSD::handle_osd_ping`).
///
/// Any reactor; knows the OSD only by what `update` told it.
final class HeartbeatDispatcher: Dispatcher, @unchecked Sendable {
  private let parts: OSD.Parts
  private let lock = Lock()
  private var map: OSDMap?
  private var upFrom: UInt32 = 0

  init(_ parts: OSD.Parts) { self.parts = parts }

  func update(_ map: OSDMap, upFrom: UInt32) {
    lock.withLock {
      self.map = map
      self.upFrom = upFrom
    }
  }

  func dispatch(_ message: RawMessage, from connection: Connection) {
    guard message.type == .osdPing else { return }
    do {
      let ping = try message.decode(MOSDPing.self)
      guard ping.op == .ping, ping.fsid == parts.identity.cluster else { return }
      let (map, upFrom) = lock.withLock { (self.map, self.upFrom) }
      guard let map, !isStuck else { return }
      reply(to: ping, .pingReply, map, upFrom, on: connection)
      if Self.isDead(connection.peer, by: map, since: ping.epoch) {
        reply(to: ping, .youDied, map, upFrom, on: connection)
      }
    } catch {
      parts.log.error(.osd, nil, "ping of \(connection.peer): \(error)")
    }
  }

  /// A reactor that has not come round for `osd_op_thread_timeout`: its peers shall notice.
  private var isStuck: Bool {
    let limit = Duration.seconds(parts.configuration.integer("osd_op_thread_timeout"))
    let now = parts.clock.now
    return parts.reactors.contains { reactor in reactor.busySince.map { now - $0 > limit } ?? false
    }
  }

  /// Only who is down in a map that it does not have yet needs to be told (PROTOCOL: YOU_DIED).
  private static func isDead(_ peer: EntityName, by map: OSDMap, since epoch: UInt32) -> Bool {
    guard peer.type == .osd, let id = Int32(exactly: peer.number) else { return false }
    return !map.exists(id) || (!map.isUp(id) && map.downAt(id) > epoch)
  }

  private func reply(
    to ping: MOSDPing, _ op: MOSDPing.Op, _ map: OSDMap, _ upFrom: UInt32, on connection: Connection
  ) {
    let reply = MOSDPing(
      fsid: ping.fsid, epoch: map.epoch, op: op, stamp: ping.stamp,
      monoPingStamp: ping.monoPingStamp,
      monoSendStamp: TimeSpan(nanoseconds: Int64(clamping: parts.clock.now.nanoseconds)),
      upFrom: upFrom,
      byteCountMin: UInt32(clamping: parts.configuration.size("osd_heartbeat_min_size")))
    connection.send(RawMessage(encoding: reply))
  }

  func connectionReady(_ connection: Connection) {}
  func connectionReset(_ connection: Connection) {}
  func remoteReset(_ connection: Connection) {}
  func connectionRefused(_ connection: Connection) {}
}
