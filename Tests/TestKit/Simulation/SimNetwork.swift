import Base
import Buffers
import Glibc
import Reactors

/// A network in memory: listeners by address, connections that deliver after seeded delays.
package final class SimNetwork: @unchecked Sendable {
  package let clock: SimClock
  /// Longest that bytes are on their way; each batch takes a seeded part of it.
  package var delayMax: UInt64 = 50_000
  /// Cuts what is sent into pieces at seeded places, as TCP may.
  package var cutsPieces = true
  private var listeners: [SocketAddress: SimListener] = [:]
  private var nextPort: UInt16 = 40_000
  private var sockets: [WeakSocket] = []

  private struct WeakSocket { weak var socket: SimSocket? }

  package init(clock: SimClock) { self.clock = clock }

  func listen(
    at address: SocketAddress, driver: SimDriver, onAccept: @escaping (any StreamSocket) -> Void
  ) throws(SystemError) -> any Listener {
    let bound = address.port == 0 ? address.with(port: freePort()) : address
    guard listeners[bound] == nil else { throw SystemError(EADDRINUSE, "listen on \(bound)") }
    let listener = SimListener(network: self, address: bound, driver: driver, onAccept: onAccept)
    listeners[bound] = listener
    return listener
  }

  fileprivate func unlisten(_ address: SocketAddress) { listeners[address] = nil }

  private func freePort() -> UInt16 {
    nextPort += 1
    return nextPort
  }

  func delay() -> UInt64 { 1000 + clock.random.next() % delayMax }

  func connect(
    to address: SocketAddress, from local: SocketAddress?, driver: SimDriver
  ) -> SimSocket {
    let socket = SimSocket(
      network: self, driver: driver, local: (local ?? .loopback(port: 0)).with(port: freePort()),
      peer: address)
    sockets.removeAll { $0.socket == nil }
    sockets.append(WeakSocket(socket: socket))
    clock.after(nanoseconds: delay(), on: driver) {
      guard let listener = self.listeners[address] else {
        return socket.fail(SystemError(ECONNREFUSED, "connect to \(address)"))
      }
      listener.accept(socket)
    }
    return socket
  }

  /// Cuts a connection that a seeded draw names: what is under way to one end, seeded too, is lost,
  /// the other end still gets what was sent to it.
  package func cutOne() {
    let open = sockets.compactMap(\.socket).filter(\.isConnected)
    guard !open.isEmpty else { return }
    let chosen = open[Int(clock.random.next() % UInt64(open.count))]
    let end = clock.random.next() % 2 == 0 ? chosen : chosen.otherEnd ?? chosen
    end.cut()
  }

  package var connectionCount: Int { sockets.count { $0.socket?.isConnected ?? false } }

  func adopt(_ detached: DetachedSocket, driver: SimDriver) -> SimSocket {
    guard let socket = detached.simulated as? SimSocket else {
      preconditionFailure("a simulated network adopts only its own sockets")
    }
    socket.move(to: driver, unread: detached.unread)
    return socket
  }
}

final class SimListener: Listener, @unchecked Sendable {
  private let network: SimNetwork
  let localAddress: SocketAddress
  private let driver: SimDriver
  private let onAccept: (any StreamSocket) -> Void

  init(
    network: SimNetwork, address: SocketAddress, driver: SimDriver,
    onAccept: @escaping (any StreamSocket) -> Void
  ) {
    self.network = network
    localAddress = address
    self.driver = driver
    self.onAccept = onAccept
  }

  func accept(_ socket: SimSocket) {
    let accepted = SimSocket(
      network: network, driver: driver, local: localAddress, peer: socket.name)
    accepted.join(socket)
    driver.whenReady { self.onAccept(accepted) }
  }

  func close() { network.unlisten(localAddress) }
}
