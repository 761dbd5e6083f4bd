import CLinux

/// What a crash leaves behind: one line, and the backtrace of the thread that crashed, on stderr and in
/// the log. Ceph: `src/global/signal_handler.cc`, `handle_fatal_signal`.
package enum CrashTrace {
  /// From now on, for aborts, bad memory accesses and Swift's traps.
  package static func install() { CLinux_traceCrashes() }

  /// Where else it is written, beside stderr.
  static func write(to descriptor: Int32) { CLinux_traceTo(descriptor) }
}
