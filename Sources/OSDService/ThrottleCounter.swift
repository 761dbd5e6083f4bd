import Base
import Messaging

/// A budget as Ceph's loggers `throttle-osd_client_bytes` and `throttle-osd_client_messages`; all of it is
/// set when it is read.
enum ThrottleCounter {
  static func register(_ throttle: Throttle, in registry: PerfRegistry) {
    registry.register(PerfCounters(name: "throttle-osd_client_bytes", declarations)) { counters in
      let tally = throttle.tally
      set(
        counters, now: throttle.bytesHeld, most: throttle.bytesMax, tally,
        gets: tally.bytesTaken, puts: tally.bytesReturned)
    }
    registry.register(PerfCounters(name: "throttle-osd_client_messages", declarations)) {
      counters in
      let tally = throttle.tally
      set(
        counters, now: throttle.messagesHeld, most: throttle.messagesMax, tally,
        gets: tally.taken, puts: tally.returned)
    }
  }

  private static func set(
    _ counters: PerfCounters, now: Int, most: Int, _ tally: Throttle.Counts, gets: UInt64,
    puts: UInt64
  ) {
    counters.set(0, UInt64(clamping: now))
    counters.set(1, UInt64(clamping: most))
    counters.set(2, tally.taken)
    counters.set(3, gets)
    counters.set(4, tally.returned)
    counters.set(5, puts)
    counters.set(6, sum: tally.nanosecondsWaited, count: tally.waits)
  }

  private static let declarations = [
    PerfDeclaration("val", .gauge, "Currently available throttle"),
    PerfDeclaration("max", .gauge, "Max value for throttle"),
    PerfDeclaration("get", .counter, "Gets"),
    PerfDeclaration("get_sum", .counter, "Got data"),
    PerfDeclaration("put", .counter, "Puts"),
    PerfDeclaration("put_sum", .counter, "Put data"),
    PerfDeclaration("wait", .timeAverage, "Waiting latency"),
  ]
}
