import Base

/// How many objects an OSD copies at a time, over all its PGs, and how long it pauses in between.
///
/// A PG asks for a turn, and in it may begin some objects; turns come in the order of asking. Objects that
/// clients wait for are begun without one, and count all the same. Any thread. Ceph:
/// `OSDService::awaiting_throttle`, `_maybe_queue_recovery`, `OSD::do_recovery`.
package final class RecoveryThrottle: Sendable {
  /// Options of Ceph 16.2, named at each.
  package struct Limits: Hashable, Sendable {
    /// osd_recovery_max_active, or its form for the kind of device: objects copied at a time.
    package var activeMax = 10
    /// osd_recovery_max_single_start: objects begun in a turn.
    package var singleStartMax = 1
    /// osd_recovery_sleep, or its form for the kind of device: from one turn to the next.
    package var pause = Duration.zero
    /// osd_recovery_priority, osd_recovery_cost: of a turn among clients' ops; the latter in bytes.
    package var turnPriority: UInt32 = 5
    package var turnCost = 20 << 20
    /// osd_recovery_op_priority: of recovery's messages.
    package var messagePriority: UInt16 = 3

    package init() {}
  }

  private struct State {
    var limits: Limits
    /// Objects on their way.
    var active = 0
    /// What turns that were given may still begin.
    var reserved = 0
    var waiting = Fifo<@Sendable (Int) -> Void>()
    var nextTurn = Instant(nanoseconds: 0)

    /// Gives turns, as long as there is room.
    mutating func settle() -> [() -> Void] {
      var calls: [() -> Void] = []
      while active + reserved < limits.activeMax, let turn = waiting.popFirst() {
        let most = min(limits.activeMax - active - reserved, max(limits.singleStartMax, 1))
        reserved += most
        calls.append { turn(most) }
      }
      return calls
    }
  }

  private let lock = Lock()
  private nonisolated(unsafe) var state: State

  package init(_ limits: Limits = Limits()) { state = State(limits: limits) }

  package var limits: Limits {
    get { lock.withLock { state.limits } }
    set { change { $0.limits = newValue } }
  }

  /// Objects on their way.
  package var active: Int { lock.withLock { state.active } }

  /// `turn` is called with how many objects may be begun, perhaps within this call, and on any thread;
  /// then `end` must be.
  package func ask(_ turn: @escaping @Sendable (Int) -> Void) { change { $0.waiting.append(turn) } }

  /// Ends a turn; what it began has been counted.
  package func end(_ turn: Int) { change { $0.reserved -= turn } }

  package func countActive(by difference: Int) {
    if difference != 0 { change { $0.active += difference } }
  }

  /// How long a turn that could begin now has to wait.
  package func pause(at now: Instant) -> Duration {
    lock.withLock {
      guard state.limits.pause > .zero else { return .zero }
      let begin = max(now, state.nextTurn)
      state.nextTurn = begin + state.limits.pause
      return begin - now
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let calls = lock.withLock {
      body(&state)
      return state.settle()
    }
    for call in calls { call() }
  }
}
