/// A name or key as Ceph has it: any bytes, compared as bytes.
///
/// Swift's `String` will not do: it replaces what is not UTF-8 and calls different byte sequences
/// equal when they look alike, and both would lose objects.
@usableFromInline package struct ByteString: Hashable, Sendable {
  @usableFromInline package var bytes: [UInt8]

  @inlinable
  package init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  @inlinable
  package init(_ text: String) { bytes = Array(text.utf8) }

  @inlinable
  package init(_ slice: ByteSlice) { bytes = slice.array }

  /// `count` bytes, all of which `fill` writes. An array that is made without its elements looks its type up
  /// each time, several times what the copy takes.
  @inlinable @inline(__always)
  package init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    bytes = withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { room in
      fill(room)
      return [UInt8](room)
    }
  }

  @inlinable package var count: Int { bytes.count }
  @inlinable package var isEmpty: Bool { bytes.isEmpty }
  @usableFromInline package var text: String { String(decoding: bytes, as: UTF8.self) }
  @inlinable package var slice: ByteSlice { bytes.withUnsafeBytes { ByteSlice(copying: $0) } }

  @inlinable
  package func hasPrefix(_ prefix: ByteString) -> Bool { bytes.starts(with: prefix.bytes) }
}

// An array's own hash and equality take its elements one by one.
extension ByteString {
  @inlinable
  package func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  @inlinable
  package static func == (left: ByteString, right: ByteString) -> Bool {
    let count = left.bytes.count
    guard count == right.bytes.count else { return false }
    return left.bytes.withUnsafeBytes { leftBytes in
      right.bytes.withUnsafeBytes { rightBytes in
        count == 0 || compareBytes(leftBytes.baseAddress, rightBytes.baseAddress, count) == 0
      }
    }
  }
}

extension ByteString: Comparable {
  @inlinable
  package static func < (left: ByteString, right: ByteString) -> Bool {
    let shared = Swift.min(left.bytes.count, right.bytes.count)
    let order = left.bytes.withUnsafeBytes { leftBytes in
      right.bytes.withUnsafeBytes { rightBytes in
        shared == 0 ? 0 : compareBytes(leftBytes.baseAddress, rightBytes.baseAddress, shared)
      }
    }
    return order != 0 ? order < 0 : left.bytes.count < right.bytes.count
  }
}

extension ByteString: ExpressibleByStringLiteral, CustomStringConvertible {
  @inlinable
  package init(stringLiteral text: String) { self.init(text) }

  @usableFromInline package var description: String { text }
}
