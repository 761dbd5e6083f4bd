import Base
import Reactors

/// Several reactors on one simulated clock and one thread.
package final class SimWorld {
  package let clock: SimClock
  package let network: SimNetwork
  package private(set) var reactors: [Reactor] = []
  /// Turns of all loops together that `run` may still make: what goes on for ever ends there.
  package var turnsLeft = Int.max

  package init(seed: UInt64) {
    clock = SimClock(seed: seed)
    network = SimNetwork(clock: clock)
  }

  package func makeReactor(log: Log? = nil) -> Reactor {
    let reactor = Reactor(
      index: reactors.count, driver: SimDriver(clock: clock, network: network), clock: clock,
      log: log)
    reactors.append(reactor)
    return reactor
  }

  /// Its process dies: nothing on it runs any more.
  package func remove(_ reactor: Reactor) { reactors.removeAll { $0 === reactor } }

  /// Runs all reactors, in seeded order, until `isDone`; false if nothing can ever happen any more, or
  /// there are no turns left.
  @discardableResult
  package func run(until isDone: () -> Bool) -> Bool {
    while !isDone() {
      guard turnsLeft > 0 else { return false }
      turnsLeft -= 1
      clock.distribute()
      var ran = false
      for reactor in reactors.shuffled(using: &clock.random) where isReady(reactor) {
        reactor.runOnce(poll: true)
        ran = true
      }
      if !ran, !advance() { return isDone() }
    }
    return true
  }

  private func isReady(_ reactor: Reactor) -> Bool {
    reactor.hasWork || reactor.hasMail || reactor.nextTimer.map { $0 <= clock.now } ?? false
  }

  private func advance() -> Bool {
    let moments = reactors.compactMap(\.nextTimer) + (clock.next.map { [$0] } ?? [])
    guard let next = moments.min() else { return false }
    clock.advance(to: next)
    return true
  }
}
