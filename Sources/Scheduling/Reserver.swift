import Base

/// Places for something that only a few may do at a time: the greatest priority first, then who came
/// first. Any thread.
///
/// Who has a place may lose it to one of a greater priority, if it said how it wants to be told.
/// Ceph: `AsyncReserver`.
package final class Reserver<Item: Hashable & Sendable>: Sendable {
  package struct Request: Sendable {
    var priority: UInt32
    let order: UInt64
    let grant: @Sendable () -> Void
    let preempt: (@Sendable () -> Void)?
  }

  private struct State {
    var most: Int
    var counter: UInt64 = 0
    var waiting: [Item: Request] = [:]
    var granted: [Item: Request] = [:]

    /// Those that come first now, and those that have to make room.
    mutating func settle() -> [@Sendable () -> Void] {
      var calls: [@Sendable () -> Void] = []
      while let (item, request) = waiting.min(by: { $0.value.comes(before: $1.value) }) {
        if granted.count >= most {
          let victim = granted.filter { $0.value.preempt != nil }.max {
            $0.value.comes(before: $1.value)
          }
          guard most > 0, let victim, victim.value.priority < request.priority else { break }
          granted[victim.key] = nil
          if let preempt = victim.value.preempt { calls.append(preempt) }
        }
        waiting[item] = nil
        granted[item] = request
        calls.append(request.grant)
      }
      return calls
    }
  }

  private let lock = Lock()
  private nonisolated(unsafe) var state: State

  package init(most: Int) { state = State(most: most) }

  /// `grant`, and later perhaps `preempt`, are called on any thread, perhaps within this call.
  package func request(
    _ item: Item, priority: UInt32, grant: @escaping @Sendable () -> Void,
    preempt: (@Sendable () -> Void)?
  ) {
    change { state in
      precondition(state.waiting[item] == nil && state.granted[item] == nil, "\(item) asks twice")
      state.counter += 1
      state.waiting[item] = Request(
        priority: priority, order: state.counter, grant: grant, preempt: preempt)
    }
  }

  package func update(_ item: Item, priority: UInt32) {
    change { state in
      state.waiting[item]?.priority = priority
      state.granted[item]?.priority = priority
    }
  }

  /// Gives a place back, or does not want it any more.
  package func cancel(_ item: Item) {
    change { state in
      state.waiting[item] = nil
      state.granted[item] = nil
    }
  }

  /// How it stands: who waits and who has a place, each in order.
  package var snapshot: ReserverSnapshot<Item> {
    lock.withLock {
      func entries(_ requests: [Item: Request]) -> [ReserverSnapshot<Item>.Entry] {
        requests.sorted { $0.value.comes(before: $1.value) }.map {
          .init(item: $0.key, priority: $0.value.priority, isPreemptible: $0.value.preempt != nil)
        }
      }
      return ReserverSnapshot(
        most: state.most, waiting: entries(state.waiting), granted: entries(state.granted))
    }
  }

  /// Somebody has a place.
  package var isUsed: Bool { lock.withLock { !state.granted.isEmpty } }

  package func setMost(_ most: Int) { change { $0.most = most } }

  private func change(_ body: (inout State) -> Void) {
    let calls = lock.withLock {
      body(&state)
      return state.settle()
    }
    for call in calls { call() }
  }
}

/// What a `Reserver` has given and has not.
package struct ReserverSnapshot<Item: Sendable>: Sendable {
  package struct Entry: Sendable {
    package let item: Item
    package let priority: UInt32
    package let isPreemptible: Bool
  }

  package let most: Int
  package let waiting: [Entry]
  package let granted: [Entry]
}

extension Reserver.Request {
  func comes(before other: Self) -> Bool {
    priority != other.priority ? priority > other.priority : order < other.order
  }
}
