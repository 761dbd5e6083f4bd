/// Faults that tests ask for, by the options of the stock daemon; none unless asked for.
package struct InjectedFaults: Equatable, Sendable {
  /// osd_debug_reject_backfill_probability: requests of a place for a backfill that are refused, as if
  /// there were no room for it.
  package var rejectBackfill = 0.0
  /// osd_debug_inject_dispatch_delay_probability: clients' ops and other OSDs' messages that wait
  /// before a shard looks at them, and all that follow them with them.
  package var delayProbability = 0.0
  /// osd_debug_inject_dispatch_delay_duration: for how long.
  package var delay = Duration.zero

  package init() {}

  func rejectsBackfill(_ random: inout some RandomNumberGenerator) -> Bool {
    happens(rejectBackfill, &random)
  }

  /// How long the next arrival waits.
  func nextDelay(_ random: inout some RandomNumberGenerator) -> Duration {
    happens(delayProbability, &random) ? delay : .zero
  }

  private func happens(_ probability: Double, _ random: inout some RandomNumberGenerator) -> Bool {
    probability > 0 && Double.random(in: 0..<1, using: &random) < probability
  }
}
