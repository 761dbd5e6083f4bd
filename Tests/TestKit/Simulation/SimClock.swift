import Base

/// Virtual time, and what happens at which moment of it; one thread, shared by all that is simulated.
///
/// Events of one moment happen in an order that the seed decides. Nothing here sleeps.
package final class SimClock: Clock, @unchecked Sendable {
  package private(set) var now = Instant(nanoseconds: 1_000_000_000)
  package var random: SeededRandom
  private let wallOrigin: UInt64 = 1_700_000_000_000_000_000
  private var heap: [Event] = []
  private var sequence: UInt64 = 0

  private struct Event {
    var at: UInt64
    var rank: UInt64
    var driver: SimDriver
    var action: () -> Void

    func isBefore(_ other: Event) -> Bool { at == other.at ? rank < other.rank : at < other.at }
  }

  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  package var wallNanoseconds: UInt64 { wallOrigin + now.nanoseconds }

  package var next: Instant? { heap.first.map { Instant(nanoseconds: $0.at) } }

  /// Calls `action` on the driver's reactor, `delay` from now; among the events of that moment in
  /// seeded order.
  package func after(
    nanoseconds delay: UInt64, on driver: SimDriver, _ action: @escaping () -> Void
  ) {
    add(Event(at: now.nanoseconds + delay, rank: random.next(), driver: driver, action: action))
  }

  /// As `after`, but events of one moment keep the order in which they were added.
  package func inOrder(
    nanoseconds delay: UInt64, on driver: SimDriver, _ action: @escaping () -> Void
  ) {
    sequence += 1
    add(Event(at: now.nanoseconds + delay, rank: sequence, driver: driver, action: action))
  }

  package func advance(to instant: Instant) { if instant > now { now = instant } }

  /// Hands what is due to the drivers that it is for.
  package func distribute() {
    while let first = heap.first, first.at <= now.nanoseconds {
      let last = heap.removeLast()
      if !heap.isEmpty {
        heap[0] = last
        sink()
      }
      first.driver.whenReady(first.action)
    }
  }

  /// Forgets all that was to happen.
  package func removeAll() { heap.removeAll() }

  private func add(_ event: Event) {
    heap.append(event)
    var place = heap.count - 1
    while place > 0, heap[place].isBefore(heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private func sink() {
    var place = 0
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(heap[place]) else { break }
      heap.swapAt(child, place)
      place = child
    }
  }
}
