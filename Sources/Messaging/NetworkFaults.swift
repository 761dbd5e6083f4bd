import Base
import RadosTypes

/// What a messenger does to itself as if the network had, for tests of those who must bear it.
///
/// Ceph: the options `ms_inject_...`.
package struct NetworkFaults: Sendable {
  /// One of so many receives and sends fails; 0: none. Ceph: `ms_inject_socket_failures`.
  package var failureOdds: Int
  /// Kinds of peers, by name, some of whose messages are kept back. Ceph: `ms_inject_delay_type`.
  package var delayedPeers: String
  /// What part of their messages is, 0 to 1. Ceph: `ms_inject_delay_probability`.
  package var delayProbability: Double
  /// For how long at most. Ceph: `ms_inject_delay_max`.
  package var delayMax: Duration
  private var random: SeededRandom

  package static let none = NetworkFaults()

  package init(
    failureOdds: Int = 0, delayedPeers: String = "", delayProbability: Double = 0,
    delayMax: Duration = .seconds(1), seed: UInt64 = .random(in: 0 ... .max)
  ) {
    self.failureOdds = failureOdds
    self.delayedPeers = delayedPeers
    self.delayProbability = delayProbability
    self.delayMax = delayMax
    random = SeededRandom(seed: seed)
  }

  @inline(__always)
  mutating func failsNow() -> Bool {
    failureOdds > 0 && Int.random(in: 0..<failureOdds, using: &random) == 0
  }

  func delays(_ type: EntityType) -> Bool {
    delayProbability > 0 && delayedPeers.contains(type.name)
  }

  /// How long the next message of such a peer is kept; mostly not at all.
  mutating func nextDelay() -> Duration {
    guard Double.random(in: 0..<1, using: &random) < delayProbability else { return .zero }
    return delayMax * Double.random(in: 0..<1, using: &random)
  }
}
