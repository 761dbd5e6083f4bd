import Buffers

/// An ordered map of byte strings, kept on disk: the store's index behind its log.
///
/// Keys are ordered as bytes. Calls but `peek` block, so they are made on an index thread and never on
/// a reactor; any thread may call, also several at once. `apply` is readable at once, but durable only
/// when a later `flush` has returned. What survives a crash is a prefix of the batches in the order
/// of `apply`, each whole or absent, and never shorter than at the last completed flush; it may be
/// longer, since an index may write by itself.
package protocol KeyValue: AnyObject, Sendable {
  func get(_ key: ByteString) throws(KeyValueError) -> ByteSlice?
  /// What memory alone can tell, which is nothing of an empty value. Does not wait for the device, so that a
  /// reactor may ask.
  func peek(_ key: ByteString) -> KeyValuePeek
  /// Atomic.
  func apply(_ batch: KeyValueBatch) throws(KeyValueError)
  /// Returns when every batch that was applied before the call is durable.
  func flush() throws(KeyValueError)
  /// The map as it is now, whatever is applied later.
  func snapshot() throws(KeyValueError) -> any KeyValueSnapshot
  /// Roughly how many bytes the keys in `from..<to` take on the device; for statistics.
  func approximateBytes(from: ByteString, to: ByteString) -> UInt64
  var usage: KeyValueUsage { get }
  /// Memory for buffers and caches.
  var memoryBytes: UInt64 { get }
  /// Nil: it has no files.
  var files: KeyValueFiles? { get }
  /// Lets the space of what was deleted be had again, soon; returns before that.
  func reclaim() throws(KeyValueError)
  /// Merges all that there is, which takes long.
  func compact() throws(KeyValueError)
  /// Flushes nothing; nothing is written any more when it returns, and no other call may follow.
  func close()
}

/// The map at one moment. Costs the index space for what is overwritten while it lives.
package protocol KeyValueSnapshot: AnyObject, Sendable {
  func get(_ key: ByteString) throws(KeyValueError) -> ByteSlice?
  /// The entries with `from <= key < to` in order, or from the highest down; no `to`: to the end.
  func iterate(
    from: ByteString, to: ByteString?, reverse: Bool
  ) throws(KeyValueError)
    -> any KeyValueCursor
}

extension KeyValueSnapshot {
  package func iterate(
    from: ByteString, to: ByteString?
  ) throws(KeyValueError)
    -> any KeyValueCursor
  { try iterate(from: from, to: to, reverse: false) }
}

extension KeyValue {
  /// As the snapshot's, over the map as it is now.
  package func iterate(
    from: ByteString, to: ByteString?, reverse: Bool = false
  )
    throws(KeyValueError) -> any KeyValueCursor
  { try snapshot().iterate(from: from, to: to, reverse: reverse) }
}

extension KeyValue {
  package var files: KeyValueFiles? { nil }
  package func compact() throws(KeyValueError) {}
}

/// What an index has done with its files since it was opened, and how they are now.
package struct KeyValueFiles: Sendable {
  package var count: UInt64 = 0
  /// Space that they have.
  package var usedBytes: UInt64 = 0
  /// What that is allotted in.
  package var unitBytes: UInt64 = 0
  /// Reads at any place, and what was read of the device for them.
  package var randomReads: UInt64 = 0
  package var randomReadBytes: UInt64 = 0
  package var randomReadDeviceBytes: UInt64 = 0
  /// Reads from the beginning on.
  package var reads: UInt64 = 0
  package var readBytes: UInt64 = 0
  package var tablesWritten: UInt64 = 0
  package var tableBytesWritten: UInt64 = 0
  /// The durable list of files: how long it is, and what was written of such.
  package var directoryBytes: UInt64 = 0
  package var directoryBytesWritten: UInt64 = 0
  /// What the cache of blocks may take.
  package var cacheBytesMax: UInt64 = 0
  package var cacheBytes: UInt64 = 0

  package init() {}
}

/// What an index has in memory of a key.
package enum KeyValuePeek: Hashable, Sendable {
  case value(ByteSlice)
  case absent
  /// The device has to be asked, or a call that may fail.
  case unknown
}

/// Walks entries in order; used by one thread at a time.
package protocol KeyValueCursor: AnyObject {
  /// The next entry, or nil past the last.
  func next() throws(KeyValueError) -> KeyValueEntry?
}

package struct KeyValueEntry: Hashable, Sendable {
  package let key: ByteString
  package let value: ByteSlice

  package init(_ key: ByteString, _ value: ByteSlice) {
    self.key = key
    self.value = value
  }
}

/// What an index holds, in bytes.
package struct KeyValueUsage: Hashable, Sendable {
  /// Space on the device that it has leased.
  package var allocated: UInt64 = 0
  /// Keys and values, roughly.
  package var stored: UInt64 = 0
  /// Space that it must have or be able to lease, or a flush or compaction may fail; 0: it leases none.
  package var needed: UInt64 = 0
  /// Of `needed`, what is there to grow by when all else is full.
  package var spare: UInt64 = 0

  package init() {}
}

extension ByteString {
  /// The first string after all that begin with this one; nil if there is none (all bytes 0xff).
  package var afterPrefix: ByteString? {
    var bytes = self.bytes
    while let last = bytes.popLast() {
      if last < 0xff { return ByteString(bytes + [last + 1]) }
    }
    return nil
  }
}
