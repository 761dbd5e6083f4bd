import Base

extension OpCounter {
  /// In the order of the indices; names, kinds, priorities and units are those of Ceph's logger `osd`.
  package static let declarations = [
    PerfDeclaration(
      "op_wip", .gauge, "Replication operations currently being processed (primary)", priority: 5),
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
      "op_process_latency", .timeAverage, "Latency of client operations (excluding queue time)",
      priority: 5),
    PerfDeclaration(
      "op_prepare_latency", .timeAverage,
      "Latency of client operations (excluding queue time and wait for finished)", priority: 5),
    PerfDeclaration("op_r", .counter, "Client read operations", priority: 5),
    PerfDeclaration("op_r_out_bytes", .counter, "Client data read", priority: 5, isBytes: true),
    PerfDeclaration(
      "op_r_latency", .timeAverage, "Latency of read operation (including queue time)", priority: 5),
    PerfDeclaration(
      "op_r_latency_out_bytes_histogram", .histogram,
      "Histogram of operation latency (including queue time) + data read", priority: 5,
      axes: latencyAndSize),
    PerfDeclaration(
      "op_r_process_latency", .timeAverage, "Latency of read operation (excluding queue time)",
      priority: 5),
    PerfDeclaration(
      "op_r_prepare_latency", .timeAverage,
      "Latency of read operations (excluding queue time and wait for finished)", priority: 5),
    PerfDeclaration("op_w", .counter, "Client write operations", priority: 5),
    PerfDeclaration("op_w_in_bytes", .counter, "Client data written", priority: 5),
    PerfDeclaration(
      "op_w_latency", .timeAverage, "Latency of write operation (including queue time)", priority: 5
    ),
    PerfDeclaration(
      "op_w_latency_in_bytes_histogram", .histogram,
      "Histogram of operation latency (including queue time) + data written", priority: 5,
      axes: latencyAndSize),
    PerfDeclaration(
      "op_w_process_latency", .timeAverage, "Latency of write operation (excluding queue time)",
      priority: 5),
    PerfDeclaration(
      "op_w_prepare_latency", .timeAverage,
      "Latency of write operations (excluding queue time and wait for finished)", priority: 5),
    PerfDeclaration("op_rw", .counter, "Client read-modify-write operations", priority: 5),
    PerfDeclaration(
      "op_rw_in_bytes", .counter, "Client read-modify-write operations write in", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "op_rw_out_bytes", .counter, "Client read-modify-write operations read out ", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "op_rw_latency", .timeAverage,
      "Latency of read-modify-write operation (including queue time)", priority: 5),
    PerfDeclaration(
      "op_rw_latency_in_bytes_histogram", .histogram,
      "Histogram of rw operation latency (including queue time) + data written", priority: 5,
      axes: latencyAndSize),
    PerfDeclaration(
      "op_rw_latency_out_bytes_histogram", .histogram,
      "Histogram of rw operation latency (including queue time) + data read", priority: 5,
      axes: latencyAndSize),
    PerfDeclaration(
      "op_rw_process_latency", .timeAverage,
      "Latency of read-modify-write operation (excluding queue time)", priority: 5),
    PerfDeclaration(
      "op_rw_prepare_latency", .timeAverage,
      "Latency of read-modify-write operations (excluding queue time and wait for finished)",
      priority: 5),
    PerfDeclaration(
      "op_before_queue_op_lat", .timeAverage,
      "Latency of IO before calling queue(before really queue into ShardedOpWq)"),
    PerfDeclaration(
      "op_before_dequeue_op_lat", .timeAverage,
      "Latency of IO before calling dequeue_op(already dequeued and get PG lock)"),
    PerfDeclaration("subop", .counter, "Suboperations"),
    PerfDeclaration("subop_in_bytes", .counter, "Suboperations total size", isBytes: true),
    PerfDeclaration("subop_latency", .timeAverage, "Suboperations latency"),
    PerfDeclaration("subop_w", .counter, "Replicated writes"),
    PerfDeclaration("subop_w_in_bytes", .counter, "Replicated written data size", isBytes: true),
    PerfDeclaration("subop_w_latency", .timeAverage, "Replicated writes latency"),
    PerfDeclaration("push", .counter, "Push messages sent"),
    PerfDeclaration("push_out_bytes", .counter, "Pushed size", isBytes: true),
    PerfDeclaration(
      "recovery_ops", .counter, "Started recovery operations", nick: "rop", priority: 8),
    PerfDeclaration("recovery_bytes", .counter, "recovery bytes", nick: "rbt", priority: 8),
    PerfDeclaration("loadavg", .gauge, "CPU load"),
    PerfDeclaration("numpg", .gauge, "Placement groups", nick: "pgs", priority: 5),
    PerfDeclaration("numpg_primary", .gauge, "Placement groups for which this osd is primary"),
    PerfDeclaration("numpg_replica", .gauge, "Placement groups for which this osd is replica"),
    PerfDeclaration("numpg_stray", .gauge, "Placement groups ready to be deleted from this osd"),
    PerfDeclaration(
      "numpg_removing", .gauge, "Placement groups queued for local deletion", nick: "pgsr",
      priority: 5),
    PerfDeclaration("heartbeat_to_peers", .gauge, "Heartbeat (ping) peers we send to"),
    PerfDeclaration("map_messages", .counter, "OSD map messages"),
    PerfDeclaration("map_message_epochs", .counter, "OSD map epochs"),
    PerfDeclaration("map_message_epoch_dups", .counter, "OSD map duplicates"),
    PerfDeclaration("messages_delayed_for_map", .counter, "Operations waiting for OSD map"),
    PerfDeclaration("stat_bytes", .gauge, "OSD size", nick: "size", priority: 5, isBytes: true),
    PerfDeclaration(
      "stat_bytes_used", .gauge, "Used space", nick: "used", priority: 5, isBytes: true),
    PerfDeclaration("stat_bytes_avail", .gauge, "Available space", isBytes: true),
    PerfDeclaration("object_ctx_cache_hit", .counter, "Object context cache hits"),
    PerfDeclaration("object_ctx_cache_total", .counter, "Object context cache lookups"),
  ]

  /// Nanoseconds by 100 us, bytes by 512 (`op_hist_x_axis_config`, `op_hist_y_axis_config`).
  private static let latencyAndSize = PerfHistogram.Axes(
    x: PerfHistogram.Axis("Latency (usec)", quantum: 100_000, buckets: 32),
    y: PerfHistogram.Axis("Request size (bytes)", quantum: 512, buckets: 32))
}
