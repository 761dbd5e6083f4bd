import Base
import RadosTypes

/// Leaving everybody, and coming again as another.
extension AsyncMessenger {
  /// Takes the place of all that was: other ports than the present ones, another nonce, no connections.
  /// Returns what is then in `addresses`. Peers that knew this side take it for another process.
  @discardableResult
  package func rebind(ports: ClosedRange<UInt16>) async throws(SystemError) -> EntityAddresses {
    markDownAll()
    let result = await withUnsafeContinuation { continuation in
      workers[0].reactor.post { [self] in continuation.resume(returning: listenAnew(ports)) }
    }
    return try result.get()
  }

  private func listenAnew(_ ports: ClosedRange<UInt16>) -> Result<EntityAddresses, SystemError> {
    for listener in listeners { listener.close() }
    listeners = []
    let old = lock.withLock {
      defer { myAddresses = EntityAddresses() }
      myNonce &+= Limits.nonceStep
      learnedIP = nil
      return myAddresses
    }
    let free = ports.filter { port in !old.addresses.contains { $0.port == port } }
    do throws(SystemError) {
      for address in old.addresses { try listen(address, free) }
    } catch { return .failure(error) }
    return .success(addresses)
  }

  /// Closes the connection to this peer, if there is one, for good. Any thread.
  package func markDown(_ addresses: EntityAddresses) { peerConnection(addresses)?.markDown() }

  /// Closes every connection; the dispatcher is not told. Any thread; done when the reactors have come
  /// round.
  package func markDownAll() {
    for worker in workers { worker.reactor.post { worker.shutDown() } }
  }
}

extension Limits {
  /// What a messenger adds to its nonce when it binds anew; process ids stay below it, so two processes
  /// do not meet. Source: `AsyncMessenger::rebind`.
  static let nonceStep: UInt32 = 1_000_000
}
