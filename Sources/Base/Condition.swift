import CLinux

/// Lets threads that hold a `Lock` wait for what another thread will do under it.
package final class Condition: @unchecked Sendable {
  private let handle: OpaquePointer

  package init() { handle = CLinux_conditionCreate() }

  deinit { CLinux_conditionDestroy(handle) }

  /// Lets go of `lock`, which the caller holds, and has it again on return; may return for nothing.
  package func wait(_ lock: Lock) { CLinux_conditionWait(handle, lock.handle) }

  /// The same, but no longer than `duration`; false if that is over.
  package func wait(_ lock: Lock, for duration: Duration) -> Bool {
    CLinux_conditionWaitFor(handle, lock.handle, UInt64(max(0, duration.wholeNanoseconds))) == 0
  }

  package func signal() { CLinux_conditionSignal(handle) }

  package func broadcast() { CLinux_conditionBroadcast(handle) }
}
