import Buffers

/// Numbers that are mostly small, as our own records have them (Ceph's encodings do not): seven bits a byte,
/// low ones first, the top bit set on all but the last byte.
extension WireWriter {
  @inlinable
  package mutating func write(varint value: UInt64) {
    reserve(10)
    var left = value
    while left >= 0x80 {
      slab.base.storeBytes(
        of: UInt8(truncatingIfNeeded: left) | 0x80, toByteOffset: at, as: UInt8.self)
      at &+= 1
      left >>= 7
    }
    slab.base.storeBytes(of: UInt8(truncatingIfNeeded: left), toByteOffset: at, as: UInt8.self)
    at &+= 1
  }

  /// One that may be negative: 0, -1, 1, -2 and so on are 0, 1, 2, 3.
  @inlinable
  package mutating func write(zigzag value: Int64) {
    write(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  /// Varint length, then the bytes.
  @inlinable
  package mutating func write(short name: ByteString) {
    write(varint: UInt64(name.count))
    writeRaw(name.bytes)
  }
}

extension WireReader {
  /// One that is too large for `Value` is refused.
  @inlinable
  package mutating func readVarint<Value: FixedWidthInteger & UnsignedInteger>(
    _: Value.Type = Value.self
  ) throws(DecodeError) -> Value {
    let value = try readVarint64()
    guard let fitting = Value(exactly: value) else { throw .implausible("varint", value) }
    return fitting
  }

  @inlinable
  mutating func readVarint64() throws(DecodeError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try read(UInt8.self)
      guard shift < 63 || byte <= 1 else { throw .invalid("varint") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
  }

  @inlinable
  package mutating func readZigzag<Value: FixedWidthInteger & SignedInteger>(
    _: Value.Type = Value.self
  ) throws(DecodeError) -> Value {
    let raw = try readVarint64()
    let value = Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    guard let fitting = Value(exactly: value) else { throw .implausible("varint", raw) }
    return fitting
  }

  @inlinable
  package mutating func readShortName() throws(DecodeError) -> ByteString {
    let count = try readVarint64()
    guard count <= UInt64(remaining) else {
      throw .truncated(needed: Int(clamping: count), remaining: remaining)
    }
    return ByteString(try readSlice(Int(count)))
  }
}
