import Base
import RadosTypes

/// An OSD that is pinged: what was sent, and what came back.
///
/// Ceph: `OSD::HeartbeatInfo`.
struct HeartbeatPeer: Sendable {
  /// The boot of the peer that this speaks of.
  let upFrom: UInt32
  /// The last epoch in which a PG, or its place beside us, made it a peer.
  var epoch: UInt32
  private(set) var firstSent: Instant?
  private(set) var averages: PingAverages
  private var lastBack: Instant?
  private var lastFront: Instant?
  /// In order of sending; a ping goes when it or a later one is answered over both networks.
  private var pings: [Ping] = []

  private struct Ping: Sendable {
    let stamp: UTime
    let sent: Instant
    let deadline: Instant
    var back: Instant?
    var front: Instant?
  }

  init(upFrom: UInt32, epoch: UInt32, at now: PingTime) {
    self.upFrom = upFrom
    self.epoch = epoch
    averages = PingAverages(at: now.steady)
  }

  var pingsAwaited: Int { pings.count }

  mutating func sent(at now: PingTime, grace: Duration) {
    firstSent = firstSent ?? now.steady
    pings.append(Ping(stamp: now.wall, sent: now.steady, deadline: now.steady + grace))
  }

  /// An answer to the ping of `stamp`; one to a ping that is settled says nothing new.
  mutating func replied(to stamp: UTime, over network: HeartbeatNetwork, at now: PingTime) {
    guard let index = pings.firstIndex(where: { $0.stamp == stamp }) else { return }
    switch network {
    case .back:
      lastBack = now.steady
      pings[index].back = now.steady
    case .front:
      lastFront = now.steady
      pings[index].front = now.steady
    }
    let ping = pings[index]
    guard let back = ping.back, let front = ping.front else { return }
    averages.add(back: back - ping.sent, front: front - ping.sent, at: now)
    pings.removeFirst(index + 1)
  }

  /// What was sent over a connection that is gone will not be answered.
  mutating func forgetPings() { pings.removeAll() }

  /// The oldest ping that is not answered has waited for the whole grace.
  func isUnhealthy(at now: Instant) -> Bool { pings.first.map { now > $0.deadline } ?? false }

  /// It has answered over both networks, and does so still.
  func isHealthy(at now: Instant) -> Bool {
    lastBack != nil && lastFront != nil && !isUnhealthy(at: now)
  }

  /// Silent for so long that a new beginning is better than more waiting.
  func isStale(at now: Instant, after limit: Duration) -> Bool {
    pings.first.map { $0.deadline + limit <= now } ?? false
  }

  /// Since when it does not answer: its last answer over the network that is silent for longer, or the
  /// first ping if one of them never answered.
  var silentSince: Instant? {
    guard let lastBack, let lastFront else { return firstSent }
    return min(lastBack, lastFront)
  }
}
