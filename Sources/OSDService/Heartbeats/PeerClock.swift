import RadosTypes

/// How far a peer's steady clock is ahead of ours, as its pings show it: between two bounds, since the
/// way takes time. A lease counts from there.
///
/// Ceph: `HeartbeatStamps` (`src/osd/PeeringState.h`).
struct PeerClock: Hashable, Sendable {
  private(set) var upFrom: UInt32 = 0
  /// Peer's clock less ours, at least and at most.
  private(set) var least: TimeSpan?
  private(set) var most: TimeSpan?

  init() {}

  /// What a ping or an answer tells the peer: how far our clock can be ahead of its own.
  var boundForPeer: TimeSpan? { least.map { TimeSpan(nanoseconds: -$0.nanoseconds) } }

  /// A ping that left at `sent` by the peer's clock is here at `now` by ours. One of an earlier boot of
  /// the peer says nothing.
  mutating func gotPing(upFrom: UInt32, sent: TimeSpan, bound: TimeSpan?, now: TimeSpan) {
    guard upFrom >= self.upFrom else { return }
    self.upFrom = upFrom
    gotReply(sent: sent, bound: bound, now: now)
  }

  mutating func gotReply(sent: TimeSpan, bound: TimeSpan?, now: TimeSpan) {
    least = TimeSpan(nanoseconds: sent.nanoseconds &- now.nanoseconds)
    most = bound
  }
}
