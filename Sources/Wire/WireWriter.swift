import Buffers

/// Writes Ceph's encoding, little-endian, into slabs.
///
/// Small values are stored; a list of at least `shareBytesMin` bytes is linked in without a copy.
/// Move-only: two writers on one slab would write over each other.
@usableFromInline package struct WireWriter: ~Copyable {
  /// Shorter payloads are cheaper to copy than to carry as a slice of their own.
  @usableFromInline package static let shareBytesMin = 1024

  @usableFromInline let pool: SlabPool
  @usableFromInline var done = BufferList()
  @usableFromInline var slab: Slab
  @usableFromInline var begun = 0
  @usableFromInline var at = 0

  @inlinable
  package init(capacity: Int = 256, pool: SlabPool = .shared) {
    self.pool = pool
    slab = pool.slab(capacity: capacity)
  }

  /// Bytes written so far.
  @inlinable package var count: Int { done.count + at - begun }

  @inlinable
  package consuming func finishList() -> BufferList {
    close()
    return done
  }

  /// All of it in one slice.
  @inlinable
  package consuming func finish() -> ByteSlice {
    if done.isEmpty { return ByteSlice(slab, offset: begun, count: at - begun) }
    return finishList().contiguous()
  }

  @inlinable
  mutating func close() {
    if at > begun { done.append(ByteSlice(slab, offset: begun, count: at - begun)) }
    begun = at
  }

  @inlinable @inline(__always)
  mutating func reserve(_ count: Int) {
    if slab.capacity &- at < count { grow(count) }
  }

  @inline(never) @usableFromInline
  mutating func grow(_ count: Int) {
    let open = at - begun
    let next = pool.slab(capacity: max(2 * (open + count), 2 * slab.capacity))
    next.base.copyMemory(from: slab.base + begun, byteCount: open)
    slab = next
    begun = 0
    at = open
  }

  @inlinable @inline(__always)
  package mutating func write<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    reserve(MemoryLayout<Value>.size)
    slab.base.storeBytes(of: value.littleEndian, toByteOffset: at, as: Value.self)
    at &+= MemoryLayout<Value>.size
  }

  @inlinable
  package mutating func write(_ value: Bool) { write(UInt8(value ? 1 : 0)) }

  @inlinable
  package mutating func write(_ value: Float) { write(value.bitPattern) }

  @inlinable
  package mutating func write(_ value: Double) { write(value.bitPattern) }

  @inlinable @inline(__always)
  package mutating func write(_ value: some WireEncodable) { value.encode(into: &self) }

  /// The bytes alone, without a length.
  @inlinable
  package mutating func writeRaw(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    (slab.base + at).copyMemory(from: source, byteCount: bytes.count)
    at &+= bytes.count
  }

  @inlinable
  package mutating func writeRaw(_ slice: ByteSlice) {
    guard slice.count >= Self.shareBytesMin else { return slice.withUnsafeBytes { writeRaw($0) } }
    close()
    done.append(slice)
  }

  @inlinable
  package mutating func writeRaw(_ list: BufferList) {
    if let single = list.single { return writeRaw(single) }
    for slice in list.slices { writeRaw(slice) }
  }

  @inlinable
  package mutating func writeRaw(_ bytes: [UInt8]) { bytes.withUnsafeBytes { writeRaw($0) } }

  @inlinable
  package mutating func writeZeros(_ count: Int) {
    reserve(count)
    (slab.base + at).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    at &+= count
  }

  /// A `bufferlist` or `std::string`: u32 length, then the bytes.
  @inlinable
  package mutating func write(_ slice: ByteSlice) {
    write(slice.length)
    writeRaw(slice)
  }

  @inlinable
  package mutating func write(_ list: BufferList) {
    write(UInt32(list.count))
    writeRaw(list)
  }

  @inlinable
  package mutating func write(_ name: ByteString) {
    write(UInt32(name.count))
    writeRaw(name.bytes)
  }

  @inlinable
  package mutating func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      write(UInt32(bytes.count))
      writeRaw(UnsafeRawBufferPointer(bytes))
    }
  }

  @inlinable
  package mutating func write<Element>(
    array: some Collection<Element>, _ element: (inout WireWriter, Element) -> Void
  ) {
    write(UInt32(array.count))
    for value in array { element(&self, value) }
  }

  @inlinable
  package mutating func write(array: some Collection<some WireEncodable>) {
    write(UInt32(array.count))
    for value in array { write(value) }
  }

  /// Entries in the order of their keys, as Ceph's sorted maps come.
  @inlinable
  package mutating func write<Key: Comparable, Value>(
    map: [Key: Value], _ entry: (inout WireWriter, Key, Value) -> Void
  ) {
    write(UInt32(map.count))
    if map.isEmpty { return }
    for (key, value) in map.sorted(by: { $0.key < $1.key }) { entry(&self, key, value) }
  }

  @inlinable
  package mutating func write<Key: Comparable & WireEncodable, Value: WireEncodable>(
    map: [Key: Value]
  ) {
    write(map: map) { writer, key, value in
      writer.write(key)
      writer.write(value)
    }
  }

  @inlinable
  package mutating func write<Value>(
    optional value: Value?, _ body: (inout WireWriter, Value) -> Void
  ) {
    write(value != nil)
    if let value { body(&self, value) }
  }

  /// A versioned envelope (`ENCODE_START`): u8 version, u8 compat, u32 length of what `body` wrote.
  @inlinable
  package mutating func writeFramed(
    version: UInt8, compat: UInt8, _ body: (inout WireWriter) -> Void
  ) {
    write(version)
    write(compat)
    let hole = reserveHole()
    let before = count
    body(&self)
    fill(hole, UInt32(count - before))
  }

  /// Leaves room for a u32 that is not known yet; returns where it is to stand.
  @inlinable
  mutating func reserveHole() -> Int {
    let position = count
    write(UInt32(0))
    return position
  }

  /// Stores `value` at `position`: in the open bytes, or in a slice that was closed since.
  @inlinable
  mutating func fill(_ position: Int, _ value: UInt32) {
    if position >= done.count {
      slab.base.storeBytes(
        of: value.littleEndian, toByteOffset: begun + position - done.count, as: UInt32.self)
      return
    }
    var from = 0
    for slice in done.slices {
      if position < from + slice.count {
        let offset = Int(slice.offset) + position - from
        slice.slab.base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
        return
      }
      from += slice.count
    }
  }
}

/// A value that can be written in Ceph's encoding.
@usableFromInline package protocol WireEncodable {
  func encode(into writer: inout WireWriter)
}

@usableFromInline package typealias WireCodable = WireDecodable & WireEncodable

extension WireEncodable {
  @inlinable package var wire: ByteSlice {
    var writer = WireWriter()
    encode(into: &writer)
    return writer.finish()
  }
}
