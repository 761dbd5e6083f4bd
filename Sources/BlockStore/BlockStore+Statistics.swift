import Base
import KeyValue
import ObjectStores

extension BlockStore {
  package var memory: StoreMemory { lock.withLock { mounted }?.memory ?? StoreMemory() }

  package var freeSpace: FreeSpace? {
    lock.withLock { mounted }.map { store in
      let unit = UInt64(Limits.unitBytes)
      return FreeSpace(
        capacity: store.superblock.deviceBytes, unitBytes: unit,
        runs: store.shared.spaceMap.freeRuns.map {
          FreeSpace.Run(offset: $0.unit * unit, length: UInt64($0.count) * unit)
        })
    }
  }

  package func dropCaches() async {
    guard let store = lock.withLock({ mounted }) else { return }
    for commitLog in store.logs {
      await Self.run(on: commitLog.reactor) {
        commitLog.host.data.removeAll()
        for partition in commitLog.partitions where partition.waiting.isEmpty {
          partition.onodes.trim(to: 0)
        }
      }
    }
  }

  package func compact() async throws(StoreError) {
    guard let store = lock.withLock({ mounted }) else { return }
    let index = store.index
    let reactor = store.logs[0].reactor
    let result = await Self.run(on: reactor) {
      await withUnsafeContinuation {
        (continuation: UnsafeContinuation<Result<Void, any Error>, Never>) in
        index.change(on: reactor) {
          try $0.compact()
        } done: {
          continuation.resume(returning: $0)
        }
      }
    }
    if case .failure(let error) = result { throw StoreError(5, "compact", "\(error)") }
  }
}

extension MountedStore {
  /// Of plain words and what is under locks of their own; any thread.
  var memory: StoreMemory {
    func sum(_ counter: Int) -> UInt64 { hosts.reduce(0) { $0 &+ $1.perf.value(counter).sum } }
    var memory = StoreMemory()
    memory.data.bytes = sum(StoreCounter.bufferBytes)
    memory.data.items = sum(StoreCounter.buffers)
    memory.data.bytesMax = hosts.reduce(0) { $0 + UInt64($1.data.bytesMax) }
    memory.onodes.bytes = sum(StoreCounter.onodeBytes)
    memory.onodes.items = sum(StoreCounter.onodes)
    memory.onodes.bytesMax = hosts.first.map { UInt64($0.options.onodeCacheBytes) } ?? 0
    if let files = index.keyValue.files {
      memory.index.bytes = files.cacheBytes
      memory.index.bytesMax = files.cacheBytesMax
    }
    let inIndex = index.keyValue.memoryBytes
    memory.indexBuffers = inIndex - min(memory.index.bytes, inIndex)
    memory.pending = shared.pendingBytes
    return memory
  }

  /// Gauges of this store, set when they are read.
  func registerGauges(_ registry: PerfRegistry?) {
    guard let registry, let perf = hosts.first?.perf else { return }
    let shared = shared
    registry.beforeReading {
      let usage = shared.usage(of: nil)
      perf.set(StoreCounter.allocated, usage.allocatedUnits * UInt64(Limits.unitBytes))
      perf.set(StoreCounter.stored, usage.storedBytes)
    }
    guard index.keyValue.files != nil else { return }
    let (index, hosts, deviceBytes) = (index, hosts, superblock.deviceBytes)
    registry.register(PerfCounters(name: "bluefs", IndexCounter.declarations)) { counters in
      guard let files = index.keyValue.files else { return }
      let logged = hosts.reduce(0) { $0 &+ $1.perf.value(StoreCounter.logBytes).sum }
      IndexCounter.set(files, logBytes: logged, deviceBytes: deviceBytes, in: counters)
    }
  }
}

/// The index's files, as Ceph's logger `bluefs`; all of them are set when they are read.
private enum IndexCounter {
  static func set(
    _ files: KeyValueFiles, logBytes: UInt64, deviceBytes: UInt64, in counters: PerfCounters
  ) {
    let values = [
      deviceBytes, files.usedBytes, 0, 0, 0, 0, files.count, files.directoryBytes,
      files.directoryBytesWritten, files.tablesWritten, logBytes, files.tableBytesWritten, 0, 0,
      files.unitBytes, 0, files.randomReads, files.randomReadBytes, files.randomReads,
      files.randomReadDeviceBytes, files.reads, files.readBytes, 0, 0,
    ]
    precondition(values.count == declarations.count, "a value for each counter")
    for (index, value) in values.enumerated() { counters.set(index, value) }
  }

  static let declarations = [
    PerfDeclaration(
      "db_total_bytes", .gauge, "Total bytes (main db device)", nick: "b", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "db_used_bytes", .gauge, "Used bytes (main db device)", nick: "u", priority: 5, isBytes: true),
    PerfDeclaration(
      "wal_total_bytes", .gauge, "Total bytes (wal device)", nick: "walb", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "wal_used_bytes", .gauge, "Used bytes (wal device)", nick: "walu", priority: 5, isBytes: true),
    PerfDeclaration(
      "slow_total_bytes", .gauge, "Total bytes (slow device)", nick: "slob", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "slow_used_bytes", .gauge, "Used bytes (slow device)", nick: "slou", priority: 5,
      isBytes: true),
    PerfDeclaration("num_files", .gauge, "File count", nick: "f", priority: 5),
    PerfDeclaration(
      "log_bytes", .gauge, "Size of the metadata log", nick: "jlen", priority: 8, isBytes: true),
    PerfDeclaration(
      "logged_bytes", .counter, "Bytes written to the metadata log", nick: "j", priority: 10,
      isBytes: true),
    PerfDeclaration("files_written_sst", .counter, "Files written to SSTs"),
    PerfDeclaration(
      "bytes_written_wal", .counter, "Bytes written to WAL", nick: "wal", priority: 10),
    PerfDeclaration(
      "bytes_written_sst", .counter, "Bytes written to SSTs", nick: "sst", priority: 10,
      isBytes: true),
    PerfDeclaration(
      "bytes_written_slow", .counter, "Bytes written to WAL/SSTs at slow device", priority: 5,
      isBytes: true),
    PerfDeclaration(
      "alloc_unit_main", .counter, "Allocation unit size (in bytes) for primary/shared device",
      nick: "aumb", priority: 10, isBytes: true),
    PerfDeclaration(
      "alloc_unit_db", .counter, "Allocation unit size (in bytes) for standalone DB device",
      nick: "audb", priority: 10, isBytes: true),
    PerfDeclaration(
      "alloc_unit_wal", .counter, "Allocation unit size (in bytes) for standalone WAL device",
      nick: "auwb", priority: 10, isBytes: true),
    PerfDeclaration("read_random_count", .counter, "random read requests processed"),
    PerfDeclaration(
      "read_random_bytes", .counter, "Bytes requested in random read mode", priority: 5,
      isBytes: true),
    PerfDeclaration("read_random_disk_count", .counter, "random reads requests going to disk"),
    PerfDeclaration(
      "read_random_disk_bytes", .counter, "Bytes read from disk in random read mode", priority: 5,
      isBytes: true),
    PerfDeclaration("read_count", .counter, "buffered read requests processed"),
    PerfDeclaration(
      "read_bytes", .counter, "Bytes requested in buffered read mode", priority: 5, isBytes: true),
    PerfDeclaration(
      "alloc_slow_fallback", .counter,
      "Amount of allocations that required fallback to  slow/shared device", nick: "asdf",
      priority: 5),
    PerfDeclaration(
      "alloc_slow_size_fallback", .counter,
      "Amount of allocations that required fallback to shared device's regular unit size",
      nick: "assf", priority: 5),
  ]
}
