import Buffers
import ObjectStores
import RadosTypes
import Wire

/// What a sparse read has learnt: which runs hold data, and those read so far.
struct SparseRead {
  var extents: [DataExtent] = []
  var data = BufferList()
  var done = 0
}

/// This copy's data is not what was written: another one may have it.
package enum ReadDamage: Hashable, Sendable {
  case unreadable
  /// The whole object was read.
  case digest(found: UInt32, expected: UInt32)
}

/// Ops that read an object's data.
extension OpInterpreter {
  /// The part of `offset..<offset+length` that can be read; 0 as length means all.
  private func clip(_ extent: inout OSDOp.Extent) {
    var size = state.info.size
    let (end, overflow) = extent.offset.addingReportingOverflow(extent.length)
    if state.info.truncateSequence < extent.truncateSequence,
      overflow || end > extent.truncateSize, size > extent.truncateSize
    {
      size = extent.truncateSize
    }
    if extent.length == 0 { extent.length = size }
    if extent.offset >= size {
      extent.length = 0
    } else {
      extent.length = min(extent.length, size - extent.offset)
    }
  }

  mutating func read() -> Progress {
    if dataOffset == nil { dataOffset = op.extent.offset }
    var extent = op.extent
    clip(&extent)
    op.extent = extent
    guard extent.length > 0 else {
      countRead(0)
      return .done(0)
    }
    return .needs(.data(offset: extent.offset, length: extent.length))
  }

  mutating func read(got answer: StoreAnswer) -> Progress {
    switch answer {
    case .data(let data):
      guard matchesDigest(data, from: op.extent.offset) else { return .failed(Errno.EIO) }
      op.extent.length = UInt64(data.count)
      op.outdata = data
      countRead(data.count)
      return .done(0)
    default:
      op.extent.length = 0
      return dataFailure(answer)
    }
  }

  /// Data that cannot be read may be had from another copy.
  private mutating func dataFailure(_ answer: StoreAnswer) -> Progress {
    if case .failed(Errno.EIO) = answer { damage = .unreadable }
    return failure(answer)
  }

  /// Whether data that is the whole object is what its digest says.
  private mutating func matchesDigest(_ data: BufferList, from offset: UInt64) -> Bool {
    guard offset == 0, UInt64(data.count) == before.size, before.flags.contains(.dataDigest)
    else { return true }
    let found = CRC32C.checksum(data, seed: .max)
    if found != before.dataDigest { damage = .digest(found: found, expected: before.dataDigest) }
    return found == before.dataDigest
  }

  func failure(_ answer: StoreAnswer) -> Progress {
    guard case .failed(let errno) = answer else {
      preconditionFailure("\(op) got the answer to another question")
    }
    return .failed(errno)
  }

  mutating func mapExtents() -> Progress {
    .needs(.extents(offset: op.extent.offset, length: op.extent.length))
  }

  mutating func mapExtents(got answer: StoreAnswer) -> Progress {
    countRead(0)
    guard case .extents(let extents) = answer else { return failure(answer) }
    var writer = WireWriter()
    Self.write(extents, into: &writer)
    op.outdata = writer.finishList()
    return .unchanged
  }

  private static func write(_ extents: [DataExtent], into writer: inout WireWriter) {
    writer.write(array: extents) { writer, extent in
      writer.write(extent.offset)
      writer.write(extent.length)
    }
  }

  mutating func sparseRead() -> Progress {
    guard op.extent.truncateSequence == 0 else { return .failed(Errno.EINVAL) }
    sparse = SparseRead()
    return .needs(.extents(offset: op.extent.offset, length: op.extent.length))
  }

  mutating func sparseRead(got answer: StoreAnswer) -> Progress {
    switch answer {
    case .extents(let extents): sparse.extents = extents
    case .data(let data):
      sparse.data.append(data)
      sparse.done += 1
    default: return dataFailure(answer)
    }
    if sparse.done < sparse.extents.count {
      let next = sparse.extents[sparse.done]
      return .needs(.data(offset: next.offset, length: next.length))
    }
    guard matchesDigest(sparse.data, from: 0) else { return .failed(Errno.EIO) }
    op.extent.length = UInt64(sparse.data.count)
    var writer = WireWriter()
    Self.write(sparse.extents, into: &writer)
    writer.write(sparse.data)
    op.outdata = writer.finishList()
    countRead(sparse.data.count)
    return .done(0)
  }

  mutating func compareExtent() -> Progress {
    var extent = op.extent
    var size = state.info.size
    let (end, overflow) = extent.offset.addingReportingOverflow(extent.length)
    if state.info.truncateSequence < extent.truncateSequence, overflow || end > extent.truncateSize
    {
      size = extent.truncateSize
    }
    extent.length = extent.offset >= size ? 0 : min(extent.length, size - extent.offset)
    op.extent = extent
    guard extent.length > 0, before.isVisible else { return compare(with: BufferList()) }
    clip(&extent)
    guard extent.length > 0 else { return compare(with: BufferList()) }
    return .needs(.data(offset: extent.offset, length: extent.length))
  }

  mutating func compareExtent(got answer: StoreAnswer) -> Progress {
    guard case .data(let data) = answer else { return failure(answer) }
    countRead(data.count)
    return compare(with: data)
  }

  /// Bytes past what is there count as zeros.
  private func compare(with data: BufferList) -> Progress {
    let wanted = op.indata.contiguous()
    let found = data.contiguous()
    for at in 0..<wanted.count where wanted[at] != (at < found.count ? found[at] : 0) {
      return .done(-Errno.compareMismatchBase - Int32(clamping: at))
    }
    return .done(0)
  }
}
