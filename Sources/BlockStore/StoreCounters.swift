import Base

/// Indices of what a store counts, in the order of `declarations`.
///
/// Ceph's logger `bluestore`, under its names where something here is what the name says
/// (Docs/Counters.md); those after `readErrors` are this store's own.
enum StoreCounter {
  static let flushLatency = 0
  static let recordLatency = 1
  static let syncLatency = 2
  static let finalLatency = 3
  static let dataLatency = 4
  static let throttleLatency = 5
  static let submitLatency = 6
  static let commitLatency = 7
  static let readLatency = 8
  static let deviceReadLatency = 9
  static let deferredWrites = 10
  static let deferredBytes = 11
  static let allocated = 12
  static let stored = 13
  static let compressed = 14
  static let compressedAllocated = 15
  static let compressedOriginal = 16
  static let onodes = 17
  static let onodeHits = 18
  static let onodeMisses = 19
  static let buffers = 20
  static let bufferBytes = 21
  static let bufferHitBytes = 22
  static let bufferMissBytes = 23
  static let transactions = 24
  static let readErrors = 25
  static let indexCommitLatency = 26
  static let indexFlushLatency = 27
  static let logBytes = 28
  static let writeBytes = 29
  static let checkpoints = 30
  static let onodeBytes = 31

  static let declarations: [PerfDeclaration] = [
    PerfDeclaration(
      "kv_flush_lat", .timeAverage, "Flushes of the device for the log", nick: "fl_l", priority: 8),
    PerfDeclaration("kv_commit_lat", .timeAverage, "Records from their writing to being written"),
    PerfDeclaration(
      "kv_sync_lat", .timeAverage, "Records from their writing to being durable", nick: "ks_l",
      priority: 8),
    PerfDeclaration(
      "kv_final_lat", .timeAverage, "Telling whoever waits for a record", nick: "kf_l", priority: 8),
    PerfDeclaration(
      "state_aio_wait_lat", .timeAverage, "Transactions from being applied to their data's writing",
      nick: "io_l", priority: 8),
    PerfDeclaration(
      "throttle_lat", .timeAverage, "Transactions from being queued to being applied", nick: "th_l",
      priority: 10),
    PerfDeclaration(
      "submit_lat", .timeAverage, "Transactions from being queued to being on their way",
      nick: "s_l",
      priority: 10),
    PerfDeclaration(
      "commit_lat", .timeAverage, "Transactions from being queued to being durable", nick: "c_l",
      priority: 10),
    PerfDeclaration("read_lat", .timeAverage, "Reads of data", nick: "r_l", priority: 10),
    PerfDeclaration("read_wait_aio_lat", .timeAverage, "Reads of data that went to the device"),
    PerfDeclaration("deferred_write_ops", .counter, "Writes whose data went to the log first"),
    PerfDeclaration(
      "deferred_write_bytes", .counter, "Bytes of data that went to the log first",
      nick: "def", isBytes: true),
    PerfDeclaration("bluestore_allocated", .gauge, "Sum for allocated bytes"),
    PerfDeclaration("bluestore_stored", .gauge, "Sum for stored bytes"),
    PerfDeclaration(
      "bluestore_compressed", .gauge, "Sum for stored compressed bytes", nick: "c", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "bluestore_compressed_allocated", .gauge, "Sum for bytes allocated for compressed data",
      nick: "c_a", priority: 5, isBytes: true),
    PerfDeclaration(
      "bluestore_compressed_original", .gauge, "Sum for original bytes that were compressed",
      nick: "c_o", priority: 5, isBytes: true),
    PerfDeclaration("bluestore_onodes", .gauge, "Number of onodes in cache"),
    PerfDeclaration(
      "onode_hits", .counter, "Count of onode cache lookup hits", nick: "o_ht", priority: 5),
    PerfDeclaration(
      "onode_misses", .counter, "Count of onode cache lookup misses", nick: "o_ms", priority: 5),
    PerfDeclaration("bluestore_buffers", .gauge, "Number of buffers in cache"),
    PerfDeclaration(
      "bluestore_buffer_bytes", .gauge, "Number of buffer bytes in cache", isBytes: true),
    PerfDeclaration(
      "bluestore_buffer_hit_bytes", .counter, "Sum for bytes of read hit in the cache",
      isBytes: true),
    PerfDeclaration(
      "bluestore_buffer_miss_bytes", .counter, "Sum for bytes of read missed in the cache",
      isBytes: true),
    PerfDeclaration("bluestore_txc", .counter, "Transactions committed"),
    PerfDeclaration(
      "bluestore_read_eio", .counter, "Blocks that read as other bytes than were written"),
    PerfDeclaration("index_commit_lat", .timeAverage, "Checkpoints' batches applied to the index"),
    PerfDeclaration("index_flush_lat", .timeAverage, "Flushes of the index"),
    PerfDeclaration("log_bytes", .counter, "Bytes written to the log", isBytes: true),
    PerfDeclaration("write_bytes", .counter, "Bytes of data written", isBytes: true),
    PerfDeclaration("checkpoints", .counter, "Checkpoints of the log"),
    PerfDeclaration("onode_bytes", .gauge, "Memory of onodes in cache", isBytes: true),
  ]
}
