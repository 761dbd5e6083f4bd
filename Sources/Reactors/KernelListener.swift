import Base
import CLinux
import Glibc

/// A listening socket of the kernel's. Confined to its reactor.
final class KernelListener: Listener, ReadinessWatcher, @unchecked Sendable {
  private let host: SocketHost
  private var descriptor: Int32
  private var slot: Int?
  private let onAccept: (any StreamSocket) -> Void
  let localAddress: SocketAddress

  init(
    host: SocketHost, address: SocketAddress, onAccept: @escaping (any StreamSocket) -> Void
  ) throws(SystemError) {
    (descriptor, localAddress) = try address.listen(backlog: 512)
    self.host = host
    self.onAccept = onAccept
    slot = try host.watch(descriptor, self)
  }

  deinit { if descriptor >= 0 { CLinux_close(descriptor) } }

  func ready(_ mask: UInt32) { goOn() }

  func goOn() {
    for _ in 0..<Limits.acceptsPerTick {
      guard descriptor >= 0 else { return }
      let accepted = CLinux_accept(descriptor)
      guard accepted >= 0 else { return stopAccepting(-accepted) }
      host.perf.add(ReactorCounter.accepted)
      onAccept(KernelSocket(host: host, descriptor: accepted))
    }
    if descriptor >= 0 { host.goOnLater(self) }
  }

  /// Nobody waits; or no descriptor or memory is free, which may pass.
  private func stopAccepting(_ error: Int32) {
    switch error {
    case EAGAIN: break
    case EINTR, ECONNABORTED, EPROTO: host.goOnLater(self)
    default:
      host.reactor.log?.error(.ms, nil, "\(SystemError(error, "accept on \(localAddress)"))")
      host.reactor.schedule(after: .milliseconds(100)) { [weak self] in self?.goOn() }
    }
  }

  func close() {
    if let slot { host.unwatch(slot) }
    slot = nil
    abandon()
  }

  func abandon() {
    slot = nil
    if descriptor >= 0 { CLinux_close(descriptor) }
    descriptor = -1
  }
}
