import Buffers

/// What is wrong with bytes that were to be a value.
@usableFromInline package enum DecodeError: Error, Hashable, Sendable, CustomStringConvertible {
  case truncated(needed: Int, remaining: Int)
  /// A count or length that no such input can hold.
  case implausible(String, UInt64)
  /// Written by a version of Ceph that a decoder of `understood` must not read.
  case tooNew(String, compat: UInt8, understood: UInt8)
  /// A version older than any that this project reads.
  case tooOld(String, version: UInt8)
  case invalid(String)

  @usableFromInline package var description: String {
    switch self {
    case .truncated(let needed, let remaining): "needs \(needed) bytes, \(remaining) are left"
    case .implausible(let what, let value): "implausible \(what): \(value)"
    case .tooNew(let what, let compat, let understood):
      "\(what) needs a decoder of version \(compat), this one is \(understood)"
    case .tooOld(let what, let version): "\(what) of version \(version) is too old"
    case .invalid(let what): "invalid \(what)"
    }
  }
}

/// A cursor over bytes off the wire: little-endian, every read checked, never a trap on input.
///
/// Holds the slab alive; slices that it hands out share it.
@usableFromInline package struct WireReader {
  @usableFromInline let slice: ByteSlice
  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline var position: Int
  @usableFromInline var end: Int

  @inlinable
  package init(_ slice: ByteSlice) {
    self.slice = slice
    base = slice.start
    position = 0
    end = slice.count
  }

  @inlinable
  package init(_ list: BufferList) { self.init(list.contiguous()) }

  @inlinable
  package init(_ bytes: some Sequence<UInt8>) { self.init(ByteSlice(bytes)) }

  /// Bytes read so far.
  @inlinable package var offset: Int { position }
  @inlinable @inline(__always) package var remaining: Int { end - position }
  @inlinable @inline(__always) package var isAtEnd: Bool { position == end }

  @inlinable @inline(__always)
  func need(_ count: Int) throws(DecodeError) {
    guard count <= end &- position else {
      throw .truncated(needed: count, remaining: end - position)
    }
  }

  @inlinable @inline(__always)
  package mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self
  ) throws(DecodeError) -> Value {
    try need(MemoryLayout<Value>.size)
    let value = base.loadUnaligned(fromByteOffset: position, as: Value.self)
    position &+= MemoryLayout<Value>.size
    return Value(littleEndian: value)
  }

  @inlinable
  package mutating func readBool() throws(DecodeError) -> Bool { try read(UInt8.self) != 0 }

  @inlinable
  package mutating func readFloat() throws(DecodeError) -> Float {
    Float(bitPattern: try read(UInt32.self))
  }

  @inlinable
  package mutating func readDouble() throws(DecodeError) -> Double {
    Double(bitPattern: try read(UInt64.self))
  }

  /// The next `count` bytes, shared, not copied. `count` must not be negative.
  @inlinable @inline(__always)
  package mutating func readSlice(_ count: Int) throws(DecodeError) -> ByteSlice {
    try need(count)
    let part = slice.sub(position, count)
    position &+= count
    return part
  }

  @inlinable
  package mutating func skip(_ count: Int) throws(DecodeError) {
    try need(count)
    position &+= count
  }

  /// Everything that is left.
  @inlinable
  package mutating func readRest() -> ByteSlice {
    let part = slice.sub(position, remaining)
    position = end
    return part
  }

  /// A `bufferlist`: u32 length, then the bytes, shared.
  @inlinable
  package mutating func readBytes() throws(DecodeError) -> ByteSlice {
    let count = try read(UInt32.self)
    return try readSlice(Int(count))
  }

  /// A `std::string`: u32 length, then the bytes.
  @inlinable
  package mutating func readByteString() throws(DecodeError) -> ByteString {
    let count = Int(try read(UInt32.self))
    try need(count)
    let bytes = [UInt8](UnsafeRawBufferPointer(start: base + position, count: count))
    position &+= count
    return ByteString(bytes)
  }

  /// A string that people chose and only people read.
  @inlinable
  package mutating func readString() throws(DecodeError) -> String { try readBytes().text }

  @inlinable @inline(__always)
  package mutating func read<Value: WireDecodable>(
    _: Value.Type = Value.self
  ) throws(DecodeError)
    -> Value
  {
    try Value(from: &self)
  }

  /// A u32 count of elements that take at least `elementBytesMin` bytes each, checked against what is
  /// left, so that no declared count makes anybody allocate.
  @inlinable
  package mutating func readCount(elementBytesMin: Int = 1) throws(DecodeError) -> Int {
    let count = Int(try read(UInt32.self))
    guard count <= remaining / max(elementBytesMin, 1) else {
      throw .implausible("element count", UInt64(count))
    }
    return count
  }

  /// u32 count, then each element as `element` reads it.
  @inlinable
  package mutating func readArray<Element>(
    elementBytesMin: Int = 1, _ element: (inout WireReader) throws(DecodeError) -> Element
  ) throws(DecodeError) -> [Element] {
    let count = try readCount(elementBytesMin: elementBytesMin)
    var elements: [Element] = []
    elements.reserveCapacity(min(count, 4096))
    for _ in 0..<count { elements.append(try element(&self)) }
    return elements
  }

  @inlinable
  package mutating func readArray<Element: WireDecodable>(
    of _: Element.Type = Element.self
  )
    throws(DecodeError) -> [Element]
  {
    try readArray { (reader) throws(DecodeError) in try Element(from: &reader) }
  }

  /// u32 count, then key and value of each entry; a key that comes twice keeps its first value, as
  /// Ceph's maps do.
  @inlinable
  package mutating func readMap<Key: Hashable, Value>(
    _ key: (inout WireReader) throws(DecodeError) -> Key,
    _ value: (inout WireReader) throws(DecodeError) -> Value
  ) throws(DecodeError) -> [Key: Value] {
    let count = try readCount()
    var entries: [Key: Value] = [:]
    for _ in 0..<count {
      let entryKey = try key(&self)
      let entryValue = try value(&self)
      if entries[entryKey] == nil { entries[entryKey] = entryValue }
    }
    return entries
  }

  @inlinable
  package mutating func readMap<Key: Hashable & WireDecodable, Value: WireDecodable>(
    _: Key.Type = Key.self, _: Value.Type = Value.self
  ) throws(DecodeError) -> [Key: Value] {
    try readMap(
      { (reader) throws(DecodeError) in try Key(from: &reader) },
      { (reader) throws(DecodeError) in try Value(from: &reader) })
  }

  /// u8 present, then the value.
  @inlinable
  package mutating func readOptional<Value>(
    _ value: (inout WireReader) throws(DecodeError) -> Value
  ) throws(DecodeError) -> Value? {
    try readBool() ? try value(&self) : nil
  }

  /// A versioned envelope (`ENCODE_START`): u8 version, u8 compat, u32 length of what follows.
  ///
  /// Refuses a compat above `understands`; what a newer writer appended is skipped; `body` sees no
  /// byte beyond the envelope.
  @inlinable
  package mutating func readFramed<Value>(
    _ what: StaticString, understands: UInt8,
    _ body: (inout WireReader, _ version: UInt8) throws(DecodeError) -> Value
  ) throws(DecodeError) -> Value {
    let version = try read(UInt8.self)
    let compat = try read(UInt8.self)
    guard compat <= understands else {
      throw .tooNew("\(what)", compat: compat, understood: understands)
    }
    let length = Int(try read(UInt32.self))
    try need(length)
    let outerEnd = end
    end = position + length
    let value = try body(&self, version)
    position = end
    end = outerEnd
    return value
  }
}

/// A value that can be read from Ceph's encoding.
@usableFromInline package protocol WireDecodable {
  init(from reader: inout WireReader) throws(DecodeError)
}

extension WireDecodable {
  /// The value that these bytes hold, all of them.
  @inlinable
  package init(wire slice: ByteSlice) throws(DecodeError) {
    var reader = WireReader(slice)
    try self.init(from: &reader)
  }
}
