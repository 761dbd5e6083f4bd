import Buffers
import RadosTypes
import Wire

/// CHECKSUM: digests of an object's data, by chunks.
extension OpInterpreter {
  private enum Kind: UInt8 {
    case xxHash32 = 0
    case xxHash64 = 1
    case crc32c = 2

    var byteCount: Int { self == .xxHash64 ? 8 : 4 }
  }

  mutating func checksum() -> Progress {
    var wanted = op.checksum
    let chunk = UInt64(wanted.chunkSize)
    if chunk > 0, wanted.length == 0 || wanted.length % chunk != 0 { return .failed(Errno.EINVAL) }
    let size = state.info.size
    if wanted.offset == 0 && wanted.length == 0 {
      wanted.length = size
    } else if wanted.offset >= size {
      return .done(0)
    } else if wanted.length > size - wanted.offset {
      wanted.length = size - wanted.offset
      if chunk > 0, wanted.length % chunk != 0 { return .failed(Errno.EINVAL) }
    }
    op.checksum = wanted
    guard let kind = Kind(rawValue: wanted.type), op.indata.count >= kind.byteCount else {
      return .failed(Errno.EINVAL)
    }
    guard wanted.length > 0 else { return checksum(of: .empty) }
    return .needs(.data(offset: wanted.offset, length: wanted.length))
  }

  mutating func checksum(got answer: StoreAnswer) -> Progress {
    guard case .data(let data) = answer else { return failure(answer) }
    countRead(data.count)
    guard UInt64(data.count) == op.checksum.length else { return .failed(Errno.EINVAL) }
    return checksum(of: data.contiguous())
  }

  private mutating func checksum(of data: ByteSlice) -> Progress {
    guard let kind = Kind(rawValue: op.checksum.type) else { return .failed(Errno.EINVAL) }
    let chunk = op.checksum.chunkSize > 0 ? Int(op.checksum.chunkSize) : data.count
    let count = chunk > 0 ? data.count / chunk : 0
    let seed = op.indata.contiguous()
    var writer = WireWriter(capacity: 4 + count * kind.byteCount)
    writer.write(UInt32(count))
    for index in 0..<count {
      data.sub(index * chunk, chunk).withUnsafeBytes { bytes in
        switch kind {
        case .xxHash32: writer.write(XXHash.hash32(bytes, seed: Self.number(seed)))
        case .xxHash64: writer.write(XXHash.hash64(bytes, seed: Self.number(seed)))
        case .crc32c: writer.write(CRC32C.checksum(bytes, seed: Self.number(seed)))
        }
      }
    }
    op.outdata = writer.finishList()
    return .done(0)
  }

  /// The number at the start of a slice that is known to be long enough.
  private static func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ slice: ByteSlice
  ) -> Number {
    Number(littleEndian: slice.start.loadUnaligned(as: Number.self))
  }
}
