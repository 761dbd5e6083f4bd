import Base
import Buffers
import Reactors
import Synchronization
import TestKit
import Testing

/// Runs `body` on a started reactor and waits until it calls `done`.
func onReactor(
  _ kind: EventDriverKind, _ body: @escaping @Sendable (Reactor, @escaping @Sendable () -> Void) -> Void
) async throws {
  let reactor = Reactor(driver: try kind.makeDriver())
  try reactor.start()
  await withCheckedContinuation { continuation in
    reactor.post { body(reactor) { continuation.resume() } }
  }
  reactor.stop()
  reactor.join()
}

@Suite struct ReactorTests {
  @Test(.timeLimit(.minutes(1)), arguments: EventDriverKind.kernel)
  func `a posted closure runs on the reactor's thread`(kind: EventDriverKind) async throws {
    try await onReactor(kind) { reactor, done in
      #expect(Reactor.current === reactor)
      reactor.spawn {
        #expect(reactor.isCurrent)
        await Task.yield()
        #expect(reactor.isCurrent)
        done()
      }
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: EventDriverKind.kernel)
  func `bytes come back`(kind: EventDriverKind) async throws {
    try await onReactor(kind) { reactor, done in
      let listener = try? reactor.driver.listen(at: .loopback(port: 0)) { socket in
        socket.start(onReceive: { socket.send($0) }, onClose: { _ in })
      }
      guard let listener else { return done() }
      let client = reactor.driver.connect(to: listener.localAddress)
      var got: [UInt8] = []
      client.start(
        onReceive: {
          got += $0.array
          if got.count == 5 { done() }
        }, onClose: { Issue.record("\(String(describing: $0))") })
      client.send(ByteSlice([1, 2, 3, 4, 5]))
    }
  }
}

extension EventDriverKind {
  static let kernel: [EventDriverKind] = [.uring, .epoll]
}
