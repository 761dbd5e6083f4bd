import Base
import Buffers

/// A transaction on its way to the log: what it changes, and what is awaited. Ceph: `TransContext`.
///
///     applied ──data written, or little of it──▶ gathered ──record──▶ written ──flush──▶ committed
///
/// Little data are held until the record is made, and go with it or beside it (`HeldWrites`).
///
/// Confined to the partition's reactor.
final class TransContext {
  /// Held, since a write may end after the store is gone.
  let partition: Partition
  /// The partition's own count of transactions.
  let sequence: UInt64
  let changes: EncodeBuffer
  var nextID: UInt64 = 0
  var dataBytes = 0
  /// Data that are not on their way: all, or none.
  var held: [HeldWrite] = []
  var dataWritesLeft = 0
  var batch: LogBatch?
  var onCommit: (() -> Void)?
  let queuedAt: Instant
  /// When it was on its way.
  var appliedAt = Instant(nanoseconds: 0)
  /// Contents of units, when the transaction copies parts of blocks.
  var contents: [UInt64: ByteSlice]?

  init(_ partition: Partition, sequence: UInt64, changes: EncodeBuffer, queuedAt: Instant) {
    self.partition = partition
    self.sequence = sequence
    self.changes = changes
    self.queuedAt = queuedAt
  }

  /// Large data goes ahead of its record.
  var mayBeRecorded: Bool { dataWritesLeft == 0 || dataBytes <= Limits.inFlightDataBytesMax }

  var heldBytes: Int { held.isEmpty ? 0 : dataBytes }

  var recordBytes: Int { LogChange.headBytes + changes.count }

  /// What it takes of the ring in a record of its own.
  var ringBytesMax: UInt64 { UInt64(LogRecordHead.ringBytes(LogRecordHead.bytes + recordBytes)) }

  func put(_ key: ByteString, _ value: [UInt8]) {
    let old = partition.overlay.active.set(key, value)
    if let old, putEdit(key, value, over: old) { return }
    changes.put(LogChange.Kind.put.rawValue)
    changes.putString(key.bytes)
    changes.putString(value)
  }

  /// The active generation began with the last checkpoint, and so does a replay: what it has, the log has.
  private func putEdit(_ key: ByteString, _ value: [UInt8], over old: [UInt8]) -> Bool {
    let edit = partition.editor
    edit.clear()
    guard ValueEdit.encode(value, over: old, edit) else { return false }
    changes.put(LogChange.Kind.edit.rawValue)
    changes.putString(key.bytes)
    changes.putVarint(edit.count)
    changes.putRaw(edit.bytes)
    return true
  }

  func delete(_ key: ByteString) {
    changes.put(LogChange.Kind.delete.rawValue)
    changes.putString(key.bytes)
    partition.overlay.active.set(key, nil)
  }

  func deleteRange(from: ByteString, to: ByteString) {
    changes.put(LogChange.Kind.deleteRange.rawValue)
    changes.putString(from.bytes)
    changes.putString(to.bytes)
    partition.overlay.active.deleteRange(from: from, to: to)
  }

  func allocated(_ run: UnitRun, check: UInt32) {
    changes.put(LogChange.Kind.allocate.rawValue)
    changes.putVarint(run.unit)
    changes.putVarint(run.count)
    changes.put(check)
  }

  func freed(_ run: UnitRun) {
    changes.put(LogChange.Kind.free.rawValue)
    changes.putVarint(run.unit)
    changes.putVarint(run.count)
  }

  /// Appends what the record has of it.
  func write(to target: UnsafeMutableRawPointer) {
    target.storeBytes(of: UInt16(partition.index).littleEndian, as: UInt16.self)
    target.storeBytes(of: sequence.littleEndian, toByteOffset: 2, as: UInt64.self)
    target.storeBytes(of: nextID.littleEndian, toByteOffset: 10, as: UInt64.self)
    target.storeBytes(of: UInt32(changes.count).littleEndian, toByteOffset: 18, as: UInt32.self)
    (target + LogChange.headBytes).copyMemory(from: changes.base, byteCount: changes.count)
  }
}
