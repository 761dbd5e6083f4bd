import Buffers

extension WireReader {
  /// A `vector`, `list` or `set` of integers: u32 count, then each.
  @inlinable
  package mutating func readIntegers<Value: FixedWidthInteger & BitwiseCopyable>(
    of _: Value.Type = Value.self
  ) throws(DecodeError) -> [Value] {
    let count = try readCount(elementBytesMin: MemoryLayout<Value>.size)
    var values: [Value] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try read()) }
    return values
  }

  /// u32 count, then each element; what comes twice counts once.
  @inlinable
  package mutating func readSet<Element: Hashable & WireDecodable>(
    of _: Element.Type = Element.self
  ) throws(DecodeError) -> Set<Element> {
    Set(try readArray(of: Element.self))
  }

  /// A `vector<string>` of people's text.
  @inlinable
  package mutating func readStrings() throws(DecodeError) -> [String] {
    try readArray(elementBytesMin: 4) { (reader) throws(DecodeError) in try reader.readString() }
  }

  /// A `map<string, string>` of people's text.
  @inlinable
  package mutating func readStringMap() throws(DecodeError) -> [String: String] {
    try readMap(
      { (reader) throws(DecodeError) in try reader.readString() },
      { (reader) throws(DecodeError) in try reader.readString() })
  }

  /// A `map<string, bufferlist>` whose keys users choose.
  @inlinable
  package mutating func readByteMap() throws(DecodeError) -> [ByteString: ByteSlice] {
    try readMap(
      { (reader) throws(DecodeError) in try reader.readByteString() },
      { (reader) throws(DecodeError) in try reader.readBytes() })
  }

  /// A versioned envelope with what it holds, unread.
  @inlinable
  package mutating func readFrame() throws(DecodeError) -> ByteSlice {
    var ahead = self
    try ahead.skip(2)
    let length = Int(try ahead.read(UInt32.self))
    return try readSlice(6 + length)
  }
}

extension WireWriter {
  @inlinable
  package mutating func write<Value: FixedWidthInteger & BitwiseCopyable>(
    integers: some Collection<Value>
  ) {
    write(UInt32(integers.count))
    for value in integers { write(value) }
  }

  /// In ascending order, as Ceph's sets come.
  @inlinable
  package mutating func write(set: Set<some Comparable & WireEncodable>) {
    write(array: set.sorted())
  }

  @inlinable
  package mutating func write(strings: [String]) {
    write(array: strings) { writer, text in writer.write(text) }
  }

  @inlinable
  package mutating func write(stringMap: [String: String]) {
    write(UInt32(stringMap.count))
    // Ceph orders by bytes, Swift's `String` does not.
    for (key, value) in stringMap.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    {
      write(key)
      write(value)
    }
  }

  @inlinable
  package mutating func write(byteMap: [ByteString: ByteSlice]) {
    write(map: byteMap) { writer, key, value in
      writer.write(key)
      writer.write(value)
    }
  }
}
