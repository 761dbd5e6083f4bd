import CLinux

/// Lets threads that hold a `Lock` wait for what another thread will do under it.
package final class Condition: @unchecked Sendable {
  private let handle: OpaquePointer

  package init() { handle = CLinux_conditionCreate() }

  deinit { CLinux_conditionDestroy(handle) }

  /// Lets go of `lock`, which the caller holds, and has it again on return; may return for nothing.
  package func wait(_ lock: Lock) { CLinux_conditionWait(handle, lock.handle) }

  package func signal() { CLinux_conditionSignal(handle) }

  package func broadcast() { CLinux_conditionBroadcast(handle) }
}
