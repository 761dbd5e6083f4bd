import Buffers

/// What is wrong with bytes that were to be a value.
package enum DecodeError: Error, Hashable, Sendable, CustomStringConvertible {
  case truncated(needed: Int, remaining: Int)
  /// A count or length that no such input can hold.
  case implausible(String, UInt64)
  /// Written by a version of Ceph that a decoder of `understood` must not read.
  case tooNew(String, compat: UInt8, understood: UInt8)
  /// A version older than any that this project reads.
  case tooOld(String, version: UInt8)
  case invalid(String)

  package var description: String {
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
package struct WireReader {
  private let slice: ByteSlice
  private let base: UnsafeRawPointer
  package private(set) var offset: Int
  private var end: Int

  package init(_ slice: ByteSlice) {
    self.slice = slice
    base = slice.start
    offset = 0
    end = slice.count
  }

  package init(_ list: BufferList) { self.init(list.contiguous()) }

  package init(_ bytes: some Sequence<UInt8>) { self.init(ByteSlice(bytes)) }

  @inline(__always) package var remaining: Int { end - offset }
  @inline(__always) package var isAtEnd: Bool { offset == end }

  @inline(__always)
  private func need(_ count: Int) throws(DecodeError) {
    guard count <= end &- offset else { throw .truncated(needed: count, remaining: end - offset) }
  }

  @inline(__always)
  package mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type = Value.self
  ) throws(DecodeError) -> Value {
    try need(MemoryLayout<Value>.size)
    let value = base.loadUnaligned(fromByteOffset: offset, as: Value.self)
    offset &+= MemoryLayout<Value>.size
    return Value(littleEndian: value)
  }

  package mutating func readBool() throws(DecodeError) -> Bool { try read(UInt8.self) != 0 }

  package mutating func readFloat() throws(DecodeError) -> Float {
    Float(bitPattern: try read(UInt32.self))
  }

  package mutating func readDouble() throws(DecodeError) -> Double {
    Double(bitPattern: try read(UInt64.self))
  }

  /// The next `count` bytes, shared, not copied. `count` must not be negative.
  @inline(__always)
  package mutating func readSlice(_ count: Int) throws(DecodeError) -> ByteSlice {
    try need(count)
    let part = slice.sub(offset, count)
    offset &+= count
    return part
  }

  package mutating func skip(_ count: Int) throws(DecodeError) {
    try need(count)
    offset &+= count
  }

  /// Everything that is left.
  package mutating func readRest() -> ByteSlice {
    let part = slice.sub(offset, remaining)
    offset = end
    return part
  }

  /// A `bufferlist`: u32 length, then the bytes, shared.
  package mutating func readBytes() throws(DecodeError) -> ByteSlice {
    let count = try read(UInt32.self)
    return try readSlice(Int(count))
  }

  /// A `std::string`: u32 length, then the bytes.
  package mutating func readByteString() throws(DecodeError) -> ByteString {
    ByteString(try readBytes())
  }

  /// A string that people chose and only people read.
  package mutating func readString() throws(DecodeError) -> String { try readBytes().text }

  @inline(__always)
  package mutating func read<Value: WireDecodable>(_: Value.Type = Value.self) throws(DecodeError)
    -> Value
  {
    try Value(from: &self)
  }

  /// A u32 count of elements that take at least `elementBytesMin` bytes each, checked against what is
  /// left, so that no declared count makes anybody allocate.
  package mutating func readCount(elementBytesMin: Int = 1) throws(DecodeError) -> Int {
    let count = Int(try read(UInt32.self))
    guard count <= remaining / max(elementBytesMin, 1) else {
      throw .implausible("element count", UInt64(count))
    }
    return count
  }

  /// u32 count, then each element as `element` reads it.
  package mutating func readArray<Element>(
    elementBytesMin: Int = 1, _ element: (inout WireReader) throws(DecodeError) -> Element
  ) throws(DecodeError) -> [Element] {
    let count = try readCount(elementBytesMin: elementBytesMin)
    var elements: [Element] = []
    elements.reserveCapacity(min(count, 4096))
    for _ in 0..<count { elements.append(try element(&self)) }
    return elements
  }

  package mutating func readArray<Element: WireDecodable>(of _: Element.Type = Element.self)
    throws(DecodeError) -> [Element]
  {
    try readArray { (reader) throws(DecodeError) in try Element(from: &reader) }
  }

  /// u32 count, then key and value of each entry; a key that comes twice keeps its first value, as
  /// Ceph's maps do.
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

  package mutating func readMap<Key: Hashable & WireDecodable, Value: WireDecodable>(
    _: Key.Type = Key.self, _: Value.Type = Value.self
  ) throws(DecodeError) -> [Key: Value] {
    try readMap(
      { (reader) throws(DecodeError) in try Key(from: &reader) },
      { (reader) throws(DecodeError) in try Value(from: &reader) })
  }

  /// u8 present, then the value.
  package mutating func readOptional<Value>(
    _ value: (inout WireReader) throws(DecodeError) -> Value
  ) throws(DecodeError) -> Value? {
    try readBool() ? try value(&self) : nil
  }

  /// A versioned envelope (`ENCODE_START`): u8 version, u8 compat, u32 length of what follows.
  ///
  /// Refuses a compat above `understands`; what a newer writer appended is skipped; `body` sees no
  /// byte beyond the envelope.
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
    end = offset + length
    let value = try body(&self, version)
    offset = end
    end = outerEnd
    return value
  }
}

/// A value that can be read from Ceph's encoding.
package protocol WireDecodable {
  init(from reader: inout WireReader) throws(DecodeError)
}

extension WireDecodable {
  /// The value that these bytes hold, all of them.
  package init(wire slice: ByteSlice) throws(DecodeError) {
    var reader = WireReader(slice)
    try self.init(from: &reader)
  }
}
