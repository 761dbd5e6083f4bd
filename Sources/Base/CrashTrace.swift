import CLinux

/// The backtrace of the thread on which the process aborts, written to stderr and the log.
package enum CrashTrace {
  /// From now on; once.
  package static func install() { CLinux_traceAborts() }

  /// Where else it is written, beside stderr.
  static func write(to descriptor: Int32) { CLinux_traceTo(descriptor) }
}
