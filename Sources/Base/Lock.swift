import CLinux

/// A mutex for what more than one reactor touches; held for a few instructions, never over I/O.
@usableFromInline package final class Lock: @unchecked Sendable {
  @usableFromInline let handle: OpaquePointer

  package init() { handle = CLinux_lockCreate() }

  deinit { CLinux_lockDestroy(handle) }

  @inlinable
  package func withLock<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    CLinux_lock(handle)
    defer { CLinux_unlock(handle) }
    return try body()
  }
}
