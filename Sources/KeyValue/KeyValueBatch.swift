import Buffers

/// Changes that are applied together or not at all, in the order in which they were added.
///
/// Kept as one run of bytes, which is handed to the library in one call. Each change: u8 kind, then
/// one or two strings of u32 length (of this machine's byte order) and bytes.
package struct KeyValueBatch: Sendable {
  package enum Kind: UInt8, Sendable {
    case put = 1
    case delete = 2
    case deleteRange = 3
  }

  package private(set) var bytes: [UInt8] = []
  package private(set) var count = 0

  package init() {}

  package var isEmpty: Bool { count == 0 }

  package mutating func reserve(bytes count: Int) { bytes.reserveCapacity(count) }

  package mutating func put(_ key: ByteString, _ value: ByteSlice) {
    begin(.put, key)
    appendLength(value.count)
    value.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  package mutating func put(_ key: ByteString, _ value: BufferList) {
    begin(.put, key)
    appendLength(value.count)
    for slice in value.slices { slice.withUnsafeBytes { bytes.append(contentsOf: $0) } }
  }

  package mutating func put(_ key: ByteString, _ value: [UInt8]) {
    key.bytes.withUnsafeBytes { put($0, value) }
  }

  package mutating func put(_ key: UnsafeRawBufferPointer, _ value: [UInt8]) {
    begin(.put, key)
    appendLength(value.count)
    bytes.append(contentsOf: value)
  }

  package mutating func delete(_ key: ByteString) { begin(.delete, key) }

  package mutating func delete(_ key: UnsafeRawBufferPointer) { begin(.delete, key) }

  /// Deletes every key with `from <= key < to`.
  package mutating func deleteRange(from: ByteString, to: ByteString) {
    begin(.deleteRange, from)
    to.bytes.withUnsafeBytes { append($0) }
  }

  package mutating func append(_ other: KeyValueBatch) {
    bytes.append(contentsOf: other.bytes)
    count += other.count
  }

  package mutating func removeAll(keepingCapacity: Bool = true) {
    bytes.removeAll(keepingCapacity: keepingCapacity)
    count = 0
  }

  private mutating func begin(_ kind: Kind, _ key: ByteString) {
    key.bytes.withUnsafeBytes { begin(kind, $0) }
  }

  private mutating func begin(_ kind: Kind, _ key: UnsafeRawBufferPointer) {
    count += 1
    bytes.append(kind.rawValue)
    append(key)
  }

  private mutating func append(_ string: UnsafeRawBufferPointer) {
    appendLength(string.count)
    bytes.append(contentsOf: string)
  }

  private mutating func appendLength(_ length: Int) {
    withUnsafeBytes(of: UInt32(length)) { bytes.append(contentsOf: $0) }
  }
}

extension KeyValueBatch {
  package enum Change: Sendable {
    case put(ByteString, ByteSlice)
    case delete(ByteString)
    case deleteRange(from: ByteString, to: ByteString)
  }

  /// The changes one by one, in order.
  package func forEach(_ body: (Change) -> Void) {
    bytes.withUnsafeBytes { bytes in
      var at = 0
      func string() -> UnsafeRawBufferPointer {
        let length = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        defer { at += 4 + length }
        return UnsafeRawBufferPointer(rebasing: bytes[at + 4..<at + 4 + length])
      }
      while at < bytes.count {
        let kind = Kind(rawValue: bytes[at])
        at += 1
        let key = ByteString(Array(string()))
        switch kind {
        case .put: body(.put(key, ByteSlice(copying: string())))
        case .delete: body(.delete(key))
        case .deleteRange: body(.deleteRange(from: key, to: ByteString(Array(string()))))
        case nil: preconditionFailure("KeyValueBatch: byte \(at - 1) begins no change")
        }
      }
    }
  }
}
