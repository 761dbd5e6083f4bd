import Base

/// What a shard counts of client ops; names, kinds and priorities as in Ceph's logger `osd`.
package enum OpCounter {
  package static let wip = 0
  package static let all = 1
  package static let inBytes = 2
  package static let outBytes = 3
  package static let latency = 4
  package static let processLatency = 5
  package static let reads = 6
  package static let readOutBytes = 7
  package static let readLatency = 8
  package static let readProcessLatency = 9
  package static let writes = 10
  package static let writeInBytes = 11
  package static let writeLatency = 12
  package static let writeProcessLatency = 13
  package static let both = 14
  package static let bothInBytes = 15
  package static let bothOutBytes = 16
  package static let bothLatency = 17
  package static let bothProcessLatency = 18
  package static let pgs = 19
  package static let pgsPrimary = 20
  package static let heartbeatPeers = 21

  package static let declarations = [
    PerfDeclaration("op_wip", .gauge, "Replication operations currently being processed (primary)"),
    PerfDeclaration("op", .counter, "Client operations", nick: "ops", priority: 10),
    PerfDeclaration(
      "op_in_bytes", .counter, "Client operations total write size", nick: "wr", priority: 8,
      isBytes: true),
    PerfDeclaration(
      "op_out_bytes", .counter, "Client operations total read size", nick: "rd", priority: 8,
      isBytes: true),
    PerfDeclaration(
      "op_latency", .timeAverage, "Latency of client operations (including queue time)", nick: "l",
      priority: 9),
    PerfDeclaration(
      "op_process_latency", .timeAverage, "Latency of client operations (excluding queue time)"),
    PerfDeclaration("op_r", .counter, "Client read operations"),
    PerfDeclaration("op_r_out_bytes", .counter, "Client data read", isBytes: true),
    PerfDeclaration(
      "op_r_latency", .timeAverage, "Latency of read operation (including queue time)"),
    PerfDeclaration(
      "op_r_process_latency", .timeAverage, "Latency of read operation (excluding queue time)"),
    PerfDeclaration("op_w", .counter, "Client write operations"),
    PerfDeclaration("op_w_in_bytes", .counter, "Client data written", isBytes: true),
    PerfDeclaration(
      "op_w_latency", .timeAverage, "Latency of write operation (including queue time)"),
    PerfDeclaration(
      "op_w_process_latency", .timeAverage, "Latency of write operation (excluding queue time)"),
    PerfDeclaration("op_rw", .counter, "Client read-modify-write operations"),
    PerfDeclaration(
      "op_rw_in_bytes", .counter, "Client read-modify-write operations write in", isBytes: true),
    PerfDeclaration(
      "op_rw_out_bytes", .counter, "Client read-modify-write operations read out", isBytes: true),
    PerfDeclaration(
      "op_rw_latency", .timeAverage,
      "Latency of read-modify-write operation (including queue time)"),
    PerfDeclaration(
      "op_rw_process_latency", .timeAverage,
      "Latency of read-modify-write operation (excluding queue time)"),
    PerfDeclaration("numpg", .gauge, "Placement groups", nick: "pgs", priority: 10),
    PerfDeclaration("numpg_primary", .gauge, "Placement groups for which this osd is primary"),
    PerfDeclaration("heartbeat_to_peers", .gauge, "Heartbeat (ping) peers we send to"),
  ]
}

extension OSDShard {
  /// Ceph: `PrimaryLogPG::log_op_stats`.
  func count(_ op: ClientOp) {
    let now = reactor.clock.now.nanoseconds
    let latency = now &- (op.reached(.initiated)?.nanoseconds ?? now)
    let process = now &- (op.reached(.reachedPG)?.nanoseconds ?? now)
    let (bytesIn, bytesOut) = (UInt64(op.bytesWritten), UInt64(op.bytesRead))
    perf.add(OpCounter.all)
    perf.add(OpCounter.inBytes, bytesIn)
    perf.add(OpCounter.outBytes, bytesOut)
    perf.sample(OpCounter.latency, latency)
    perf.sample(OpCounter.processLatency, process)
    switch (op.kind.reads, op.kind.writes) {
    case (true, true):
      perf.add(OpCounter.both)
      perf.add(OpCounter.bothInBytes, bytesIn)
      perf.add(OpCounter.bothOutBytes, bytesOut)
      perf.sample(OpCounter.bothLatency, latency)
      perf.sample(OpCounter.bothProcessLatency, process)
    case (false, true):
      perf.add(OpCounter.writes)
      perf.add(OpCounter.writeInBytes, bytesIn)
      perf.sample(OpCounter.writeLatency, latency)
      perf.sample(OpCounter.writeProcessLatency, process)
    default:
      perf.add(OpCounter.reads)
      perf.add(OpCounter.readOutBytes, bytesOut)
      perf.sample(OpCounter.readLatency, latency)
      perf.sample(OpCounter.readProcessLatency, process)
    }
  }
}
