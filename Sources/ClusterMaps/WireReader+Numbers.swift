import Buffers
import Wire

/// Runs of plain numbers and the maps of them, which cluster maps are full of.
extension WireReader {
  /// `count` numbers, without a count of their own.
  mutating func readNumbers(_ count: Int) throws(DecodeError) -> [UInt32] {
    guard count <= remaining / 4 else {
      throw .truncated(needed: 4 * count, remaining: remaining)
    }
    var numbers: [UInt32] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(try read(UInt32.self)) }
    return numbers
  }

  /// A `vector` of numbers: u32 count, then the numbers.
  mutating func readNumberArray<Number: FixedWidthInteger & BitwiseCopyable>(
    of _: Number.Type = Number.self
  ) throws(DecodeError) -> [Number] {
    try readArray(elementBytesMin: MemoryLayout<Number>.size) {
      (reader) throws(DecodeError) in try reader.read(Number.self)
    }
  }

  /// A `map` of numbers to numbers.
  mutating func readNumberMap<
    Key: FixedWidthInteger & BitwiseCopyable, Value: FixedWidthInteger & BitwiseCopyable
  >(_: Key.Type = Key.self, _: Value.Type = Value.self) throws(DecodeError) -> [Key: Value] {
    try readMap(
      { (reader) throws(DecodeError) in try reader.read(Key.self) },
      { (reader) throws(DecodeError) in try reader.read(Value.self) })
  }

  /// A `map<string, string>`.
  mutating func readTextMap() throws(DecodeError) -> [ByteString: ByteString] {
    try readMap(
      { (reader) throws(DecodeError) in try reader.readByteString() },
      { (reader) throws(DecodeError) in try reader.readByteString() })
  }

  /// A `map<string, map<string, string>>`.
  mutating func readTextMaps() throws(DecodeError) -> [ByteString: [ByteString: ByteString]] {
    try readMap(
      { (reader) throws(DecodeError) in try reader.readByteString() },
      { (reader) throws(DecodeError) in try reader.readTextMap() })
  }
}

extension WireWriter {
  mutating func write(numbers: some Collection<some FixedWidthInteger & BitwiseCopyable>) {
    write(UInt32(numbers.count))
    for number in numbers { write(number) }
  }

  mutating func write<
    Key: FixedWidthInteger & BitwiseCopyable, Value: FixedWidthInteger & BitwiseCopyable
  >(numberMap map: [Key: Value]) {
    write(map: map) { writer, key, value in
      writer.write(key)
      writer.write(value)
    }
  }

  mutating func write(textMap map: [ByteString: ByteString]) {
    write(map: map) { writer, key, value in
      writer.write(key)
      writer.write(value)
    }
  }

  mutating func write(textMaps maps: [ByteString: [ByteString: ByteString]]) {
    write(map: maps) { writer, key, map in
      writer.write(key)
      writer.write(textMap: map)
    }
  }
}
