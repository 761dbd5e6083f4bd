import Buffers
import Glibc

/// Puts a key's parts side by side, big-endian, into room that is just theirs.
struct KeyWriter {
  private let room: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  private init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

  @inline(__always)
  static func make(bytes: Int, _ fill: (inout KeyWriter) -> Void) -> ByteString {
    ByteString(count: bytes) { room in
      var writer = KeyWriter(room)
      fill(&writer)
      precondition(writer.count == bytes, "a key of \(writer.count) bytes in room for \(bytes)")
    }
  }

  @inline(__always)
  mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    precondition(count + MemoryLayout<Value>.size <= room.count)
    room.storeBytes(of: value.bigEndian, toByteOffset: count, as: Value.self)
    count += MemoryLayout<Value>.size
  }

  // MARK: Strings

  /// Of a string in a key: a 0 byte becomes 0 255, and 0 0 ends it.
  static func escapedBytes(_ string: ByteString) -> Int {
    guard hasZero(string) else { return string.count + 2 }
    return string.bytes.reduce(string.count + 2) { $1 == 0 ? $0 + 1 : $0 }
  }

  mutating func putEscaped(_ string: ByteString) {
    if Self.hasZero(string) {
      for byte in string.bytes {
        put(byte)
        if byte == 0 { put(UInt8(255)) }
      }
    } else {
      putRaw(string)
    }
    put(UInt16(0))
  }

  private mutating func putRaw(_ string: ByteString) {
    precondition(count + string.count <= room.count)
    string.bytes.withUnsafeBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: bytes)
    }
    count += string.count
  }

  private static func hasZero(_ string: ByteString) -> Bool {
    string.bytes.withUnsafeBytes { bytes in
      bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
    }
  }
}
