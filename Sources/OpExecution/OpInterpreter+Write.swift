import Buffers
import RadosTypes

/// Ops that change an object's data, or make and remove the object.
extension OpInterpreter {
  /// WRITE; also what APPEND and WRITESAME come down to.
  mutating func write(offset: UInt64, data: BufferList, length: UInt64) -> Progress {
    guard length == UInt64(data.count) else { return .failed(Errno.EINVAL) }
    var data = data
    var length = length
    let known = state.info.truncateSequence
    let sequence = UInt64(op.extent.truncateSequence)
    if known != 0, known > sequence, offset &+ length > state.info.size {
      // An old write that comes after the truncation that followed it (CephFS).
      length = offset > state.info.size ? 0 : state.info.size - offset
      data = data.sub(0, Int(length))
      op.extent.length = length
    }
    guard sequence <= known || op.extent.truncateSize <= limits.objectBytesMax, fits(offset, length)
    else { return .failed(Errno.EFBIG) }
    if sequence > known { truncateFirst(to: op.extent.truncateSize, sequence: sequence) }
    createIfAbsent()
    // Before the size moves: an object that only grows is no longer what its digest says.
    updateDigest(offset: offset, data: data)
    if length > 0 {
      transaction.write(object, in: collection, offset: offset, data: data)
    } else if offset > state.info.size {
      transaction.truncate(object, in: collection, size: offset)
      setSize(offset)
    }
    if length > 0 && offset + length > state.info.size { setSize(offset + length) }
    countWrite(length)
    markDirty(offset, length)
    return .done(0)
  }

  /// A write that comes before the truncation that precedes it (CephFS).
  private mutating func truncateFirst(to size: UInt64, sequence: UInt64) {
    state.info.truncateSequence = sequence
    state.info.truncateSize = size
    guard state.isVisible else { return }
    isTouched = true
    transaction.truncate(object, in: collection, size: size)
    if state.info.size > size {
      markDirty(size, state.info.size - size)
      state.info.clearDataDigest()
    }
    setSize(size)
  }

  /// The digest is kept for what was written from the start to the end, in one piece or appended.
  private mutating func updateDigest(offset: UInt64, data: BufferList) {
    if offset == 0 && UInt64(data.count) >= state.info.size {
      state.info.setDataDigest(CRC32C.checksum(data, seed: .max))
    } else if offset == state.info.size && state.info.flags.contains(.dataDigest) {
      state.info.setDataDigest(CRC32C.checksum(data, seed: state.info.dataDigest))
    } else {
      state.info.clearDataDigest()
    }
  }

  private mutating func setSize(_ size: UInt64) {
    delta.bytes += Int64(size) - Int64(state.info.size)
    state.info.size = size
  }

  private mutating func countWrite(_ bytes: UInt64) {
    delta.writes += 1
    delta.writeKB += kilobytes(Int(bytes))
  }

  mutating func append() -> Progress {
    // As if CephFS had sent it with what the object knows, so that it is neither old nor early.
    let sent = op.extent
    defer { op.extent = sent }
    op.extent.truncateSequence = UInt32(truncatingIfNeeded: state.info.truncateSequence)
    return write(offset: state.info.size, data: op.indata, length: sent.length)
  }

  mutating func writeFull() -> Progress {
    let length = op.extent.length
    guard length == UInt64(op.indata.count) else { return .failed(Errno.EINVAL) }
    guard fits(0, length) else { return .failed(Errno.EFBIG) }
    createIfAbsent()
    if length < state.info.size { transaction.truncate(object, in: collection, size: length) }
    if length > 0 { transaction.write(object, in: collection, offset: 0, data: op.indata) }
    state.info.setDataDigest(CRC32C.checksum(op.indata, seed: .max))
    markDirty(0, max(length, state.info.size))
    setSize(length)
    countWrite(length)
    return .done(0)
  }

  mutating func writeSame() -> Progress {
    let wanted = op.writeSame
    guard wanted.length > 0 else { return .done(0) }
    guard wanted.dataLength > 0, wanted.length % wanted.dataLength == 0,
      wanted.dataLength == UInt64(op.indata.count)
    else { return .failed(Errno.EINVAL) }
    // Before memory is taken for it.
    guard fits(wanted.offset, wanted.length) else { return .failed(Errno.EFBIG) }
    let slab = SlabPool.shared.slab(capacity: Int(wanted.length))
    for at in stride(from: 0, to: Int(wanted.length), by: op.indata.count) {
      op.indata.copy(to: slab.base + at)
    }
    let data = BufferList(ByteSlice(slab, count: Int(wanted.length)))
    // The pattern's length stands where WRITE has its truncation's size.
    let sent = op.extent
    defer { op.extent = sent }
    op.extent.truncateSequence = 0
    return write(offset: wanted.offset, data: data, length: wanted.length)
  }

  mutating func zero() -> Progress {
    let (offset, length) = (op.extent.offset, op.extent.length)
    let most = limits.objectBytesMax
    if state.exists, offset < most, length >= 1, length <= most, offset + length >= state.info.size
    {
      return offset >= state.info.size ? .unchanged : truncate(to: offset)
    }
    guard fits(offset, length) else { return .failed(Errno.EFBIG) }
    // Stock fails an assertion here.
    guard length > 0 else { return .failed(Errno.EINVAL) }
    guard state.isVisible else { return .done(0) }
    isTouched = true
    transaction.zero(object, in: collection, offset: offset, length: length)
    markDirty(offset, length)
    delta.writes += 1
    state.info.clearDataDigest()
    return .done(0)
  }

  /// CephFS: the size to truncate to stands with the sequence.
  mutating func trimTruncate() -> Progress {
    op.extent.offset = op.extent.truncateSize
    return truncate(to: op.extent.offset)
  }

  mutating func truncate(to size: UInt64) -> Progress {
    guard state.isVisible else { return .done(0) }
    guard fits(size, op.extent.length) else { return .failed(Errno.EFBIG) }
    let sequence = UInt64(op.extent.truncateSequence)
    if sequence != 0 {
      // Stock fails an assertion here.
      guard size == op.extent.truncateSize else { return .failed(Errno.EINVAL) }
      guard sequence > state.info.truncateSequence else { return .done(0) }
      state.info.truncateSequence = sequence
      state.info.truncateSize = size
    }
    isTouched = true
    transaction.truncate(object, in: collection, size: size)
    let (low, high) = (min(size, state.info.size), max(size, state.info.size))
    markDirty(low, high - low)
    setSize(size)
    delta.writes += 1
    state.info.clearDataDigest()
    return .done(0)
  }

  /// Changes nothing, and counts as a change.
  mutating func startSync() -> Progress {
    isTouched = true
    return .done(0)
  }

  mutating func create() -> Progress {
    if state.isVisible && op.flags.contains(.exclusive) { return .failed(Errno.EEXIST) }
    if !op.indata.isEmpty {
      // A category, which means nothing any more but must be one.
      var reader = input
      guard (try? reader.readBytes()) != nil else { return .failed(Errno.EINVAL) }
    }
    createIfAbsent()
    return .done(0)
  }

  mutating func delete() -> Progress {
    // A whiteout lists clones: it is what a delete leaves.
    guard state.isVisible || state.exists && !before.hasClones else {
      return .failed(Errno.ENOENT)
    }
    isTouched = true
    wasRemoved = true
    transaction.remove(object, in: collection)
    markDirty(0, state.info.size)
    isOmapDirty = true
    delta.writes += 1
    setSize(0)
    state.info.clearDataDigest()
    state.info.clearOmapDigest()
    state.info.watchers.removeAll()
    delta.objects -= 1
    if !state.isVisible { delta.whiteouts -= 1 }
    state.info.flags.remove(.whiteout)
    state.exists = false
    return .done(0)
  }

  mutating func setAllocationHint() -> Progress {
    createIfAbsent()
    let hint = op.allocationHint
    state.info.expectedObjectSize = hint.objectSize
    state.info.expectedWriteSize = hint.writeSize
    state.info.allocationHintFlags = hint.flags
    transaction.setAllocationHint(
      object, in: collection, objectSize: hint.objectSize, writeSize: hint.writeSize,
      flags: hint.flags)
    return .done(0)
  }
}
