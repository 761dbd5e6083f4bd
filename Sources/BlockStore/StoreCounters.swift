import Base

/// The counters of group `bluestore`, under Ceph's names where it has them.
enum StoreCounter {
  static let transactions = 0
  static let commitLatency = 1
  static let flushLatency = 2
  static let indexCommitLatency = 3
  static let indexFlushLatency = 4
  static let readLatency = 5
  static let allocated = 6
  static let stored = 7
  static let onodes = 8
  static let onodeHits = 9
  static let onodeMisses = 10
  static let logBytes = 11
  static let writeBytes = 12
  static let checksumErrors = 13
  static let checkpoints = 14
  static let dataHits = 15
  static let dataMisses = 16
  static let patches = 17
  static let overlayBytes = 18

  static let declarations: [PerfDeclaration] = [
    PerfDeclaration("txc", .counter, "Transactions queued", priority: 5),
    PerfDeclaration(
      "txc_commit_lat", .timeAverage, "From queueing to durable", nick: "c_l", priority: 8),
    PerfDeclaration("state_io_done_lat", .timeAverage, "Flushes of device and log"),
    PerfDeclaration("kv_commit_lat", .timeAverage, "Batches applied to the index", priority: 5),
    PerfDeclaration(
      "kv_flush_lat", .timeAverage, "Flushes of the index", nick: "kf_l", priority: 8),
    PerfDeclaration(
      "read_lat", .timeAverage, "Reads that went to the device", nick: "r_l", priority: 8),
    PerfDeclaration("bluestore_allocated", .gauge, "Bytes allocated", nick: "al_b", isBytes: true),
    PerfDeclaration("bluestore_stored", .gauge, "Bytes stored", nick: "st_b", isBytes: true),
    PerfDeclaration("bluestore_onodes", .gauge, "Onodes in memory"),
    PerfDeclaration("bluestore_onode_hits", .counter, "Onodes found in memory"),
    PerfDeclaration("bluestore_onode_misses", .counter, "Onodes loaded from the index"),
    PerfDeclaration("log_bytes", .counter, "Bytes written to the log", isBytes: true),
    PerfDeclaration("write_bytes", .counter, "Bytes of data written", isBytes: true),
    PerfDeclaration("bluestore_csum_errors", .counter, "Blocks that read as other bytes"),
    PerfDeclaration("checkpoints", .counter, "Checkpoints of the log"),
    PerfDeclaration("bluestore_buffer_hit", .counter, "Blocks read from memory"),
    PerfDeclaration("bluestore_buffer_miss", .counter, "Blocks read from the device"),
    PerfDeclaration("patches", .gauge, "Small writes kept over their blocks"),
    PerfDeclaration("overlay_bytes", .gauge, "Changes that wait for the index", isBytes: true),
  ]
}
