import Buffers
import Wire

/// Reads what `EncodeBuffer` wrote; every step is checked, since the bytes come from a device.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count &- offset }
  var isAtEnd: Bool { remaining == 0 }

  @inline(__always)
  private func need(_ count: Int) throws(DecodeError) {
    guard count >= 0, count <= remaining else {
      throw .truncated(needed: count, remaining: remaining)
    }
  }

  @inline(__always)
  mutating func take<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self
  ) throws(DecodeError) -> Value {
    try need(MemoryLayout<Value>.size)
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    offset &+= MemoryLayout<Value>.size
    return Value(littleEndian: value)
  }

  @inline(__always)
  mutating func takeVarint() throws(DecodeError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try take(UInt8.self)
      guard shift < 63 || byte <= 1 else { throw .invalid("varint") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
  }

  mutating func takeCount() throws(DecodeError) -> Int {
    let value = try takeVarint()
    guard value <= UInt64(Int32.max) else { throw .implausible("count", value) }
    return Int(value)
  }

  mutating func takeRaw(_ count: Int) throws(DecodeError) -> UnsafeRawBufferPointer {
    try need(count)
    defer { offset &+= count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  mutating func takeString() throws(DecodeError) -> [UInt8] {
    Array(try takeRaw(try takeCount()))
  }
}
