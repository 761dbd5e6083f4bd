import Base
import Messages
import Reactors

/// A connection's messages that have arrived and are kept back: what comes behind one that waits, waits
/// too, so they stay in order.
///
/// Ceph: `AsyncConnection::DelayedDelivery`, where the next message pushes the one before it out.
/// Confined to the connection's reactor.
final class DelayedDelivery {
  private let reactor: Reactor
  private let deliver: (RawMessage) -> Void
  private var waiting: [(message: RawMessage, due: Instant)] = []
  private var timer: ReactorTimer?

  init(_ reactor: Reactor, deliver: @escaping (RawMessage) -> Void) {
    self.reactor = reactor
    self.deliver = deliver
  }

  /// Delivers now if nothing is to wait.
  func take(_ message: RawMessage, after delay: Duration) {
    if waiting.isEmpty, delay == .zero { return deliver(message) }
    let due = reactor.now + delay
    waiting.append((message, max(due, waiting.last?.due ?? due)))
    if timer == nil { wait() }
  }

  private func wait() {
    guard let first = waiting.first else { return }
    timer = reactor.schedule(after: first.due - reactor.now) { [weak self] in self?.deliverDue() }
  }

  private func deliverDue() {
    while let first = waiting.first, first.due <= reactor.now {
      waiting.removeFirst()
      deliver(first.message)
    }
    timer = nil
    wait()
  }

  /// Delivers all that waits: its connection is about to end or to begin anew.
  func flush() {
    while !waiting.isEmpty { deliver(waiting.removeFirst().message) }
    discard()
  }

  func discard() {
    waiting.removeAll()
    timer?.cancel()
    timer = nil
  }
}
