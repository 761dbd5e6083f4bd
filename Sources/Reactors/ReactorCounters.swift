import Base

/// Indices of a reactor's perf counters, in the order of `declarations`.
package enum ReactorCounter {
  package static let ticks = 0
  package static let sleeps = 1
  package static let jobs = 2
  package static let calls = 3
  package static let timers = 4
  package static let longRuns = 5
  package static let receives = 6
  package static let receivedBytes = 7
  package static let sends = 8
  package static let sentBytes = 9
  package static let partialSends = 10
  package static let accepted = 11

  package static let declarations: [PerfDeclaration] = [
    PerfDeclaration("ticks", .counter, "Turns of the event loop"),
    PerfDeclaration("sleeps", .counter, "Turns in which the thread slept"),
    PerfDeclaration("jobs", .counter, "Jobs of the Swift runtime run"),
    PerfDeclaration("calls", .counter, "Posted closures run"),
    PerfDeclaration("timers", .counter, "Timers fired"),
    PerfDeclaration("long_runs", .counter, "Times that one piece of work ran longer than 1 ms"),
    PerfDeclaration("receives", .counter, "Receive calls on sockets"),
    PerfDeclaration("received_bytes", .counter, "Bytes received", isBytes: true),
    PerfDeclaration("sends", .counter, "Send calls on sockets"),
    PerfDeclaration("sent_bytes", .counter, "Bytes sent", isBytes: true),
    PerfDeclaration("partial_sends", .counter, "Send calls that the socket took only in part"),
    PerfDeclaration("accepted", .counter, "Connections accepted"),
  ]
}
