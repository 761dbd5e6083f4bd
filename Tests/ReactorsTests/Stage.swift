import Base
import Buffers
import Glibc
import Reactors
import Synchronization
import TestKit
import Testing

/// Where a test of sockets or of the loop plays: each of the kernel's drivers, or the simulation.
enum Stage: String, CaseIterable, Sendable {
  case uring, epoll, simulated

  static let kernel: [Stage] = [.uring, .epoll]

  private var kind: EventDriverKind { self == .uring ? .uring : .epoll }

  /// Runs `body` on a reactor until it calls `done`, once or more often.
  func play(
    _ body: @escaping @Sendable (Reactor, @escaping @Sendable () -> Void) -> Void
  ) async throws {
    try await play(reactors: 1) { reactors, done in body(reactors[0], done) }
  }

  /// As above with several reactors; `body` runs on the first.
  func play(
    reactors count: Int,
    _ body: @escaping @Sendable ([Reactor], @escaping @Sendable () -> Void) -> Void
  ) async throws {
    if self == .simulated { return playSimulated(count, body) }
    let reactors = try (0..<count).map { Reactor(index: $0, driver: try kind.makeDriver()) }
    for reactor in reactors { try reactor.start() }
    let isDone = Mutex(false)
    await withCheckedContinuation { continuation in
      let done: @Sendable () -> Void = {
        let isFirst = isDone.withLock { was in
          defer { was = true }
          return !was
        }
        if isFirst { continuation.resume() }
      }
      reactors[0].post { body(reactors, done) }
    }
    for reactor in reactors { reactor.stop() }
    for reactor in reactors { reactor.join() }
  }

  private func playSimulated(
    _ count: Int, _ body: @escaping @Sendable ([Reactor], @escaping @Sendable () -> Void) -> Void
  ) {
    for seed in 0..<5 as Range<UInt64> {
      let world = SimWorld(seed: seed)
      let reactors = (0..<count).map { _ in world.makeReactor() }
      nonisolated(unsafe) var isDone = false
      reactors[0].post { body(reactors) { isDone = true } }
      #expect(world.run { isDone }, "seed \(seed): nothing moves any more")
    }
  }
}

/// `count` bytes that depend on the seed.
func pattern(_ count: Int, seed: UInt64) -> ByteSlice {
  var random = SeededRandom(seed: seed)
  let slab = Slab(capacity: max((count + 7) & ~7, 4096))
  for at in stride(from: 0, to: count, by: 8) {
    slab.base.storeBytes(of: random.next(), toByteOffset: at, as: UInt64.self)
  }
  return ByteSlice(slab, count: count)
}

/// A mutable variable that a reactor's closures share.
final class Box<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}

/// A listener whose sockets send back what they get.
func echo(on reactor: Reactor) throws(SystemError) -> any Listener {
  try reactor.driver.listen(at: .loopback(port: 0)) { socket in
    socket.start(onReceive: { socket.send($0) }, onClose: { _ in })
  }
}

/// Ends the play with an issue if `body` throws.
func attempt(_ done: () -> Void, _ body: () throws -> Void) {
  do { try body() } catch {
    Issue.record(error)
    done()
  }
}
