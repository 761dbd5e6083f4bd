import Base

/// Indices of a device's perf counters, in the order of `declarations`.
package enum DeviceCounter {
  package static let reads = 0
  package static let readBytes = 1
  package static let readLatency = 2
  package static let writes = 3
  package static let writeBytes = 4
  package static let writeLatency = 5
  package static let flushes = 6
  package static let flushLatency = 7
  package static let errors = 8

  package static func make() -> PerfCounters { PerfCounters(name: "device", declarations) }

  package static let declarations: [PerfDeclaration] = [
    PerfDeclaration("reads", .counter, "Reads completed"),
    PerfDeclaration("read_bytes", .counter, "Bytes read", isBytes: true),
    PerfDeclaration("read_latency", .timeAverage, "Time from asking for a read to its completion"),
    PerfDeclaration("writes", .counter, "Writes completed"),
    PerfDeclaration("write_bytes", .counter, "Bytes written", isBytes: true),
    PerfDeclaration(
      "write_latency", .timeAverage, "Time from asking for a write to its completion"),
    PerfDeclaration(
      "flushes", .counter, "Flushes completed, and writes that were durable with their completion"),
    PerfDeclaration(
      "flush_latency", .timeAverage, "Time from asking for a flush to its completion"),
    PerfDeclaration("errors", .counter, "Operations that failed"),
  ]
}
