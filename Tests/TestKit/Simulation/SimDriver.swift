import Base
import Reactors

/// A driver without a kernel: it "sleeps" by moving the clock to what happens next.
///
/// `Reactor(driver: SimDriver(clock: clock), clock: clock)`, then `reactor.run(until:)` on the test's
/// thread. It returns false when nothing can ever happen any more. For several reactors on one clock
/// see `SimWorld`.
package final class SimDriver: EventDriver, @unchecked Sendable {
  package let name = "simulated"
  package let clock: SimClock
  package let network: SimNetwork?
  private var sockets: [SimSocket] = []
  private var ready: [() -> Void] = []

  package init(clock: SimClock, network: SimNetwork? = nil) {
    self.clock = clock
    self.network = network
  }

  package func attach(to reactor: Reactor) {}

  package func detach() { ready.removeAll() }

  package func wait(until deadline: Instant?, poll: Bool) -> Bool {
    if !poll, ready.isEmpty {
      let next: Instant
      switch (clock.next, deadline) {
      case (nil, nil): return false
      case (let event?, nil): next = event
      case (nil, let timer?): next = timer
      case (let event?, let timer?): next = min(event, timer)
      }
      clock.advance(to: next)
    }
    clock.distribute()
    return true
  }

  package func deliver() {
    guard !ready.isEmpty else { return }
    let batch = ready
    ready.removeAll(keepingCapacity: true)
    for action in batch { action() }
  }

  /// Calls `action` on this driver's reactor when it comes round.
  package func whenReady(_ action: @escaping () -> Void) { ready.append(action) }

  package func flush() {
    guard !sockets.isEmpty else { return }
    let batch = sockets
    sockets.removeAll(keepingCapacity: true)
    for socket in batch { socket.flush() }
  }

  func sendLater(_ socket: SimSocket) { sockets.append(socket) }

  package func wake() {}

  package var hasPending: Bool { !ready.isEmpty }

  package func listen(
    at address: SocketAddress, onAccept: @escaping (any StreamSocket) -> Void
  ) throws(SystemError) -> any Listener {
    try requireNetwork().listen(at: address, driver: self, onAccept: onAccept)
  }

  package func connect(to address: SocketAddress, from local: SocketAddress?) -> any StreamSocket {
    requireNetwork().connect(to: address, from: local, driver: self)
  }

  package func adopt(_ socket: DetachedSocket) -> any StreamSocket {
    requireNetwork().adopt(socket, driver: self)
  }

  private func requireNetwork() -> SimNetwork {
    guard let network else { preconditionFailure("a simulated driver without a network") }
    return network
  }
}
