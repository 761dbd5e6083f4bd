import Base
import ClusterMaps
import Messages
import Messaging
import Peering
import RadosTypes

/// Answers the pings of other OSDs on the front and the back network, on whatever reactor they come;
/// brings the answers to ours home. Ceph: `OSD::handle_osd_ping`.
///
/// Knows the OSD by what `update` told it. A daemon whose reactors are stuck does not answer.
final class HeartbeatDispatcher: Dispatcher, @unchecked Sendable {
  private let parts: OSD.Parts
  /// Set once before anybody can connect.
  weak var owner: OSD?

  private let lock = Lock()
  // Guarded by `lock`.
  private var map: OSDMap?
  private var upFrom: UInt32 = 0
  private var clocks: [Int32: PeerClock] = [:]

  init(_ parts: OSD.Parts) { self.parts = parts }

  /// `upFrom` is 0 while this OSD is down.
  func update(_ map: OSDMap, upFrom: UInt32) {
    lock.withLock {
      self.map = map
      self.upFrom = upFrom
      clocks = clocks.filter { map.isUp($0.key) }
    }
  }

  /// Between which bounds a peer's clock is ahead of this one; leases are counted by it.
  func clock(of peer: Int32) -> ClockDelta {
    let clock = lock.withLock { clocks[peer] }
    return ClockDelta(lowerBound: clock?.least, upperBound: clock?.most)
  }

  func dispatch(_ message: RawMessage, from connection: Connection) {
    guard message.type == .osdPing, connection.peer.type == .osd,
      let peer = Int32(exactly: connection.peer.number)
    else { return }
    do {
      let ping = try message.decode(MOSDPing.self)
      guard ping.fsid == parts.identity.cluster else { return }
      switch ping.op {
      case .ping: answer(ping, of: peer, on: connection)
      case .pingReply: take(ping, of: peer, on: connection)
      case .youDied: bring { $0.heartbeats.toldDead(by: peer, epoch: ping.epoch) }
      case .heartbeat, .startHeartbeat, .stopHeartbeat: break
      }
    } catch {
      parts.log.error(.osd, nil, "ping of \(connection.peer): \(error)")
    }
  }

  // MARK: Theirs

  private func answer(_ ping: MOSDPing, of peer: Int32, on connection: Connection) {
    let (map, bound) = lock.withLock { () -> (OSDMap?, TimeSpan?) in
      var clock = clocks[peer] ?? PeerClock()
      clock.gotPing(
        upFrom: ping.upFrom, sent: ping.monoSendStamp, bound: ping.deltaBound, now: steadyStamp)
      clocks[peer] = clock
      return (self.map, clock.boundForPeer)
    }
    guard let map, !parts.isStuck else { return }
    connection.send(reply(to: ping, .pingReply, map, bound: bound ?? .zero))
    if map.isUp(peer) {
      share(map, with: peer, at: ping.epoch)
    } else if !map.exists(peer) || map.downAt(peer) > ping.epoch {
      // Only who is down in a map that it does not have yet needs to be told.
      connection.send(reply(to: ping, .youDied, map))
    }
  }

  private func reply(
    to ping: MOSDPing, _ op: MOSDPing.Op, _ map: OSDMap, bound: TimeSpan? = nil
  ) -> RawMessage {
    var reply = message(op, map.epoch, bound: bound)
    reply.stamp = ping.stamp
    reply.monoPingStamp = ping.monoPingStamp
    return RawMessage(encoding: reply)
  }

  // MARK: Ours

  /// A ping that leaves now.
  func ping(_ peer: Int32, at now: PingTime, epoch: UInt32) -> RawMessage {
    let bound = lock.withLock { clocks[peer]?.boundForPeer }
    var ping = message(.ping, epoch, bound: bound)
    ping.stamp = now.wall
    ping.monoPingStamp = ping.monoSendStamp
    return RawMessage(encoding: ping)
  }

  private func take(_ reply: MOSDPing, of peer: Int32, on connection: Connection) {
    guard let link = HeartbeatLink.of(connection), link.osd == peer else { return }
    let map = lock.withLock { () -> OSDMap? in
      var clock = clocks[peer] ?? PeerClock()
      clock.gotReply(sent: reply.monoSendStamp, bound: reply.deltaBound, now: steadyStamp)
      clocks[peer] = clock
      return self.map
    }
    bring { $0.heartbeats.replied(link, to: reply.stamp) }
    if let map, map.isUp(peer) { share(map, with: peer, at: reply.epoch) }
  }

  private func message(_ op: MOSDPing.Op, _ epoch: UInt32, bound: TimeSpan?) -> MOSDPing {
    MOSDPing(
      fsid: parts.identity.cluster, epoch: epoch, op: op, stamp: .zero, monoPingStamp: .zero,
      monoSendStamp: steadyStamp, upFrom: lock.withLock { upFrom }, deltaBound: bound,
      byteCountMin: UInt32(clamping: parts.configuration.size("osd_heartbeat_min_size")))
  }

  private var steadyStamp: TimeSpan {
    TimeSpan(nanoseconds: Int64(clamping: parts.clock.now.nanoseconds))
  }

  private func share(_ map: OSDMap, with peer: Int32, at epoch: UInt32) {
    guard epoch != 0, epoch != map.epoch else { return }
    bring { $0.peer(peer, has: epoch) }
  }

  private func bring(_ body: @escaping @Sendable (OSD) -> Void) {
    guard let owner else { return }
    owner.home.post { body(owner) }
  }

  // MARK: Connections

  func connectionReady(_ connection: Connection) {}

  func connectionReset(_ connection: Connection) {
    guard let link = HeartbeatLink.of(connection) else { return }
    connection.session = nil
    bring { $0.heartbeats.connectionLost(link) }
  }

  func remoteReset(_ connection: Connection) {}

  func connectionRefused(_ connection: Connection) {
    let addresses = connection.peerAddresses
    bring { $0.heartbeats.refused(addresses) }
  }
}
