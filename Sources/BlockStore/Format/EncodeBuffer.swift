import Buffers

/// Bytes that grow at their end: what keys, values and log records are built in.
///
/// Little-endian. Numbers that are mostly small are "varints": seven bits a byte, low ones first, the
/// top bit set on all but the last byte. Reused, so that building costs no allocation.
final class EncodeBuffer {
  private(set) var base: UnsafeMutableRawPointer
  private(set) var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 512) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  func clear() { count = 0 }

  /// Forgets what was put after so many bytes.
  func cut(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  var array: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: count)) }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  @inline(__always)
  private func reserve(_ more: Int) { if capacity &- count < more { grow(more) } }

  @inline(never)
  private func grow(_ more: Int) {
    let larger = max(2 * capacity, count + more)
    let next = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    next.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = next
    capacity = larger
  }

  @inline(__always)
  func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    reserve(MemoryLayout<Value>.size)
    base.storeBytes(of: value.littleEndian, toByteOffset: count, as: Value.self)
    count &+= MemoryLayout<Value>.size
  }

  @inline(__always)
  func putVarint(_ value: UInt64) {
    reserve(10)
    var left = value
    while left >= 0x80 {
      base.storeBytes(
        of: UInt8(truncatingIfNeeded: left) | 0x80, toByteOffset: count, as: UInt8.self)
      count &+= 1
      left >>= 7
    }
    base.storeBytes(of: UInt8(truncatingIfNeeded: left), toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inline(__always)
  func putVarint(_ value: Int) { putVarint(UInt64(value)) }

  func putRaw(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    (base + count).copyMemory(from: source, byteCount: bytes.count)
    count &+= bytes.count
  }

  func putRaw(_ bytes: [UInt8]) { bytes.withUnsafeBytes { putRaw($0) } }

  /// Varint length, then the bytes.
  func putString(_ bytes: [UInt8]) {
    putVarint(bytes.count)
    putRaw(bytes)
  }

  func putString(_ slice: ByteSlice) {
    putVarint(slice.count)
    slice.withUnsafeBytes { putRaw($0) }
  }
}
