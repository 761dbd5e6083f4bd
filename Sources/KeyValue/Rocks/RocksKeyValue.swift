import Base
import Buffers
import CRocksDB

/// What an index may use. The defaults suit one of a few GB: about 45 MiB of memory when busy.
package struct RocksOptions: Hashable, Sendable {
  /// A write buffer; full, it is written to a table in the background.
  package var writeBufferBytes: UInt64 = 8 << 20
  /// Write buffers before `apply` waits.
  package var writeBuffers: Int32 = 3
  package var blockCacheBytes: UInt64 = 16 << 20
  package var blockBytes: UInt64 = 8 << 10
  package var tableBytes: UInt64 = 16 << 20
  package var firstLevelBytes: UInt64 = 64 << 20
  /// Threads for flushes and compactions, shared by all indices of a process.
  package var backgroundJobs: Int32 = 2
  package var bloomBitsPerKey: Int32 = 10
  package var compresses = false
  /// Space for what is written when the device is full otherwise: deletes, marks, maps.
  package var spareBytes: UInt64 = 64 << 20

  package init() {}

  /// Buffers, tables and levels that grow with the device, so that what a compaction needs beside them is
  /// some 3 % of it at most. The larger they are, the less often an entry is merged.
  package func fitted(to deviceBytes: UInt64) -> RocksOptions {
    let share = max(deviceBytes / 1024, 1 << 20)
    var options = self
    options.spareBytes = min(spareBytes, deviceBytes / 256)
    options.writeBufferBytes = min(writeBufferBytes, share)
    options.tableBytes = min(tableBytes, share)
    options.firstLevelBytes = min(firstLevelBytes, 8 * share)
    return options
  }

  /// Most that one compaction writes before it deletes what it read: all of level 0, at the number of
  /// files where RocksDB lets writes wait (20), with the first level; or a table with what it overlaps.
  var compactionBytesMax: UInt64 {
    max(20 * writeBufferBytes + firstLevelBytes, 25 * tableBytes)
  }
}

/// A `KeyValue` on disk: RocksDB without a log of its own, its files in a volume on our own device.
package final class RocksKeyValue: KeyValue, @unchecked Sendable {
  private let volume: RocksVolume
  private let options: RocksOptions
  fileprivate let handle: OpaquePointer
  private let lock = Lock()
  private var isClosed = false
  /// Snapshots that the database must outlive, and one while it is open.
  private var users = 1

  /// Leases nothing before it returns; its background threads may, later.
  package init(
    volume: RocksVolume, options: RocksOptions = RocksOptions()
  ) throws(KeyValueError) {
    var wanted = CRocksDB_Options()
    wanted.writeBufferBytes = options.writeBufferBytes
    wanted.writeBuffers = options.writeBuffers
    wanted.blockCacheBytes = options.blockCacheBytes
    wanted.blockBytes = options.blockBytes
    wanted.tableBytes = options.tableBytes
    wanted.firstLevelBytes = options.firstLevelBytes
    wanted.backgroundJobs = options.backgroundJobs
    wanted.bloomBitsPerKey = options.bloomBitsPerKey
    wanted.compressLZ4 = options.compresses ? 1 : 0
    var opened: OpaquePointer?
    let result = CRocksDB_open(volume.handle, &wanted, &opened)
    guard result >= 0, let opened else { throw .last(result, "open of the index") }
    handle = opened
    self.volume = volume
    self.options = options
  }

  deinit { close() }

  /// Nothing is written any more when it returns. Snapshots may live on.
  package func close() {
    let isFirst = lock.withLock {
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    CRocksDB_stop(handle)
    leave()
  }

  fileprivate func enter() throws(KeyValueError) {
    try lock.withLock { () throws(KeyValueError) in
      if isClosed { throw KeyValueError(errno: 9, "the index is closed") }
      users += 1
    }
  }

  fileprivate func leave() {
    let isLast = lock.withLock {
      users -= 1
      return users == 0
    }
    if isLast { CRocksDB_destroy(handle) }
  }

  package func get(_ key: ByteString) throws(KeyValueError) -> ByteSlice? {
    try get(key, snapshot: nil)
  }

  fileprivate func get(
    _ key: ByteString, snapshot: OpaquePointer?
  ) throws(KeyValueError) -> ByteSlice? {
    let (result, value) = look(key, snapshot, inMemory: false)
    guard result >= 0 else { throw .last(result, "get") }
    return value
  }

  package func peek(_ key: ByteString) -> KeyValuePeek {
    let (result, value) = look(key, nil, inMemory: true)
    guard result >= 0 else { return .unknown }
    return value.map { .value($0) } ?? .absent
  }

  /// Below 0: an error, or memory alone cannot tell.
  private func look(
    _ key: ByteString, _ snapshot: OpaquePointer?, inMemory: Bool
  ) -> (result: Int32, value: ByteSlice?) {
    var value: OpaquePointer?
    var bytes: UnsafeRawPointer?
    var count = 0
    let result = key.bytes.withUnsafeBytes {
      CRocksDB_get(
        handle, snapshot, inMemory ? 1 : 0, $0.baseAddress, $0.count, &value, &bytes, &count)
    }
    guard result == 1 else { return (result, nil) }
    defer { CRocksDB_valueDestroy(value) }
    return (1, ByteSlice(copying: UnsafeRawBufferPointer(start: bytes, count: count)))
  }

  package func apply(_ batch: KeyValueBatch) throws(KeyValueError) {
    guard !batch.isEmpty else { return }
    let result = batch.bytes.withUnsafeBytes {
      CRocksDB_apply(handle, $0.baseAddress, UInt64($0.count))
    }
    guard result >= 0 else { throw .last(result, "apply") }
  }

  package func flush() throws(KeyValueError) {
    let result = CRocksDB_flush(handle)
    guard result >= 0 else { throw .last(result, "flush") }
  }

  package func snapshot() throws(KeyValueError) -> any KeyValueSnapshot {
    try RocksSnapshot(self)
  }

  package func approximateBytes(from: ByteString, to: ByteString) -> UInt64 {
    from.bytes.withUnsafeBytes { from in
      to.bytes.withUnsafeBytes { to in
        CRocksDB_approximateBytes(handle, from.baseAddress, from.count, to.baseAddress, to.count)
      }
    }
  }

  package var usage: KeyValueUsage {
    var usage = KeyValueUsage()
    usage.allocated = volume.regionCount * volume.layout.regionBytes
    usage.stored = CRocksDB_storedBytes(handle)
    let tables = CRocksDB_tableBytes(handle)
    usage.spare = options.spareBytes
    // Files end within units of 64 KiB, and buffers are on their way.
    usage.needed =
      tables + tables / 16 + UInt64(options.writeBuffers) * options.writeBufferBytes
      + min(tables, options.compactionBytesMax) + options.spareBytes
    return usage
  }

  package var memoryBytes: UInt64 { CRocksDB_memoryBytes(handle) }

  package var files: KeyValueFiles? {
    var files = volume.files
    files.cacheBytesMax = options.blockCacheBytes
    files.cacheBytes = lock.withLock { isClosed ? 0 : CRocksDB_cacheBytes(handle) }
    return files
  }

  /// Deleted ranges hide what is below them; only a compaction of both frees it, and nothing asks for
  /// one by itself.
  package func reclaim() throws(KeyValueError) {
    let result = CRocksDB_suggestCompact(handle)
    guard result >= 0 else { throw .last(result, "reclaim") }
  }

  /// Merges all tables; for tests and repair.
  package func compact() throws(KeyValueError) {
    let result = CRocksDB_compact(handle)
    guard result >= 0 else { throw .last(result, "compact") }
  }
}

private final class RocksSnapshot: KeyValueSnapshot, @unchecked Sendable {
  private let index: RocksKeyValue
  private let snapshot: OpaquePointer

  init(_ index: RocksKeyValue) throws(KeyValueError) {
    try index.enter()
    self.index = index
    snapshot = CRocksDB_snapshotCreate(index.handle)
  }

  deinit {
    CRocksDB_snapshotDestroy(index.handle, snapshot)
    index.leave()
  }

  func get(_ key: ByteString) throws(KeyValueError) -> ByteSlice? {
    try index.get(key, snapshot: snapshot)
  }

  func iterate(
    from: ByteString, to: ByteString?, reverse: Bool
  ) throws(KeyValueError)
    -> any KeyValueCursor
  {
    if let to, to <= from { return EmptyCursor() }
    let iterator = from.bytes.withUnsafeBytes { from in
      guard let to else {
        return CRocksDB_iteratorCreate(
          index.handle, snapshot, from.baseAddress, from.count, nil, 0, reverse ? 1 : 0)
      }
      return to.bytes.withUnsafeBytes { to in
        CRocksDB_iteratorCreate(
          index.handle, snapshot, from.baseAddress, from.count, to.baseAddress, to.count,
          reverse ? 1 : 0)
      }
    }
    guard let iterator else { throw .last(-12, "iterate") }
    return RocksCursor(self, iterator)
  }
}

private final class EmptyCursor: KeyValueCursor {
  func next() throws(KeyValueError) -> KeyValueEntry? { nil }
}

private final class RocksCursor: KeyValueCursor {
  /// Keeps the snapshot that the iterator reads.
  private let snapshot: RocksSnapshot
  private let iterator: OpaquePointer

  init(_ snapshot: RocksSnapshot, _ iterator: OpaquePointer) {
    self.snapshot = snapshot
    self.iterator = iterator
  }

  deinit { CRocksDB_iteratorDestroy(iterator) }

  func next() throws(KeyValueError) -> KeyValueEntry? {
    var key: UnsafeRawPointer?
    var value: UnsafeRawPointer?
    var keyBytes = 0
    var valueBytes = 0
    let result = CRocksDB_iteratorNext(iterator, &key, &keyBytes, &value, &valueBytes)
    guard result >= 0 else { throw .last(result, "iterate") }
    guard result == 1 else { return nil }
    return KeyValueEntry(
      ByteString(Array(UnsafeRawBufferPointer(start: key, count: keyBytes))),
      ByteSlice(copying: UnsafeRawBufferPointer(start: value, count: valueBytes)))
  }
}
