import Base
import Buffers
import Glibc
import ObjectStores
import RadosTypes

/// `ceph tell osd.N bench`: writes to the store alone, as fast as it takes them.
extension OSD {
  func addBenchCommand() {
    let numbers = ["count", "size", "object_size", "object_num"].map {
      CommandParameter($0, .integer, required: false)
    }
    add(
      "bench",
      "OSD benchmark: write <count> <size>-byte objects(with <obj_size> <obj_num>), (default "
        + "count=1G default size=4MB). Results in log.", numbers
    ) { osd, arguments in
      let job: BenchJob
      switch osd.benchJob(arguments) {
      case .success(let found): job = found
      case .failure(let refusal): return .failure(EINVAL, refusal.reason)
      }
      return await osd.bench(job, arguments)
    }
  }

  private struct BenchJob {
    var count: UInt64
    var blockBytes: UInt64
    /// Zero: each block is an object of its own.
    var objectBytes: UInt64
    var objects: UInt64
  }

  private struct Refusal: Error { let reason: String }

  /// Bounds and words are stock's (`OSD::asok_command`).
  private func benchJob(_ arguments: CommandArguments) -> Result<BenchJob, Refusal> {
    func number(_ name: String, _ standard: UInt64) -> UInt64 {
      arguments.integer(name).map { UInt64(clamping: $0) } ?? standard
    }
    var job = BenchJob(
      count: number("count", 1 << 30), blockBytes: number("size", 4 << 20),
      objectBytes: number("object_size", 0), objects: number("object_num", 0))
    let seconds = UInt64(clamping: configuration.integer("osd_bench_duration"))
    let largest = configuration.size("osd_bench_max_block_size")
    guard job.blockBytes > 0 else { return .failure(Refusal(reason: "block 'size' must not be 0")) }
    guard job.blockBytes <= largest else {
      return .failure(
        Refusal(
          reason: "block 'size' values are capped at \(largest) B. If you wish to use a higher "
            + "value, please adjust 'osd_bench_max_block_size'"))
    }
    let isSmall = job.blockBytes < 1 << 20
    let most =
      isSmall
      ? job.blockBytes * seconds
        * UInt64(clamping: configuration.integer("osd_bench_small_size_max_iops"))
      : seconds * configuration.size("osd_bench_large_size_max_throughput")
    let option = isSmall ? "small_size_max_iops" : "large_size_max_throughput"
    guard job.count <= most else {
      return .failure(
        Refusal(
          reason:
            "'count' values greater than \(most) for a block size of \(job.blockBytes) B, for "
            + "\(seconds) seconds, can cause ill effects on osd.  Please adjust 'osd_bench_\(option)' "
            + "with a higher value if you wish to use a higher 'count'."))
    }
    if job.objectBytes > 0 { job.blockBytes = min(job.blockBytes, job.objectBytes) }
    return .success(job)
  }

  private func bench(_ job: BenchJob, _ arguments: CommandArguments) async -> CommandResult {
    let names = job.objectBytes > 0 && job.objects > 0 ? job.objects : 0
    var written: Set<GHObject> = []
    if names > 0 {
      let whole = ByteSlice(zeros: Int(job.objectBytes))
      for number in 0..<names { await write(whole, at: 0, to: name(number), &written) }
    }
    let block = ByteSlice(zeros: Int(job.blockBytes))
    let began = parts.clock.now
    var position: UInt64 = 0
    var random = SeededRandom.fromSystem()
    let writes = BenchWrites(bytesMax: 64 << 20)
    while position < job.count {
      let object = name(names > 0 ? random.next() % names : position)
      let blocks = max(job.objectBytes / job.blockBytes, 1)
      let offset = names > 0 ? random.next() % blocks * job.blockBytes : 0
      written.insert(object)
      await writes.begin(block.count)
      queueWrite(block, at: offset, to: object) { writes.end(block.count) }
      position += job.blockBytes
    }
    await writes.allEnded()
    let took = parts.clock.now - began
    await remove(written)
    let rate = Double(job.count) / max(took.inSeconds, 1e-9)
    log.write(.osd, 1, self, "bench wrote \(job.count) bytes in \(took.inSeconds) s")
    return arguments.json { json in
      json.object { json in
        json.integer("bytes_written", job.count)
        json.integer("blocksize", job.blockBytes)
        json.seconds("elapsed_sec", took)
        json.real("bytes_per_sec", rate)
        json.real("iops", rate / Double(job.blockBytes))
      }
    }
  }

  private func name(_ number: UInt64) -> GHObject { .meta(ByteString("disk_bw_test_\(number)")) }

  private func queueWrite(
    _ bytes: ByteSlice, at offset: UInt64, to object: GHObject, _ done: @escaping () -> Void
  ) {
    var transaction = Transaction()
    transaction.write(object, in: .meta, offset: offset, data: BufferList(bytes))
    parts.store.queue(transaction, on: history.meta, onCommit: done)
  }

  private func write(
    _ bytes: ByteSlice, at offset: UInt64, to object: GHObject, _ written: inout Set<GHObject>
  ) async {
    written.insert(object)
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      queueWrite(bytes, at: offset, to: object) { continuation.resume() }
    }
  }

  /// Some at a time, so that nobody else waits long.
  private func remove(_ objects: Set<GHObject>) async {
    var left = Array(objects)
    while !left.isEmpty {
      var transaction = Transaction()
      for object in left.suffix(64) { transaction.remove(object, in: .meta) }
      left.removeLast(min(64, left.count))
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        parts.store.queue(transaction, on: history.meta) { continuation.resume() }
      }
    }
  }
}

/// Keeps so many bytes of writes under way. Confined to the OSD's home.
private final class BenchWrites {
  private let bytesMax: Int
  private var bytes = 0
  private var waiter: (most: Int, continuation: UnsafeContinuation<Void, Never>)?

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Returns when there is room for a write.
  func begin(_ count: Int) async {
    await wait(until: max(bytesMax - count, 0))
    bytes += count
  }

  func end(_ count: Int) {
    bytes -= count
    guard let waiter, bytes <= waiter.most else { return }
    self.waiter = nil
    waiter.continuation.resume()
  }

  func allEnded() async { await wait(until: 0) }

  private func wait(until most: Int) async {
    guard bytes > most else { return }
    await withUnsafeContinuation { waiter = (most, $0) }
  }
}
