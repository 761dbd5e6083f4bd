import CLinux

/// A thread of the system's, for what blocks or is an event loop. To be joined or detached once.
package final class SystemThread: Sendable {
  private let handle: UInt64

  /// Starts `body`; the first 15 bytes of `name` are shown by the system's tools.
  package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let box = Unmanaged.passRetained(Body(run: body))
    var made: UInt64 = 0
    let result = CLinux_threadStart(name, Self.enter, box.toOpaque(), &made)
    if result < 0 { box.release() }
    handle = made
    try SystemError.check(result, "pthread_create")
  }

  package func join() { CLinux_threadJoin(handle) }

  package func detach() { CLinux_threadDetach(handle) }

  /// Sends it SIGABRT: the process ends there, see `CrashTrace`. The thread must not have ended.
  package func abort() { CLinux_threadAbort(handle) }

  /// Blocks the caller.
  package static func sleep(_ duration: Duration) {
    CLinux_sleep(UInt64(max(0, duration.wholeNanoseconds)))
  }

  private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context else { return }
    Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
