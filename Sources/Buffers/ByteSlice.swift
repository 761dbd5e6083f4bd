/// A run of bytes inside a slab that it keeps alive; 16 bytes, one retain to copy.
@usableFromInline package struct ByteSlice: @unchecked Sendable {
  /// Nil when empty: a slab that all empty slices shared would be counted up and down by every thread.
  @usableFromInline let owner: Slab?
  @usableFromInline package let offset: UInt32
  @usableFromInline package let length: UInt32

  /// Bytes `offset..<offset+length` of the slab, which must lie within it.
  @inlinable
  package init(_ slab: Slab, offset: Int = 0, count: Int) {
    precondition(
      offset >= 0 && count >= 0 && offset <= slab.capacity - count,
      "slice \(offset)+\(count) of a slab of \(slab.capacity)")
    owner = slab
    self.offset = UInt32(offset)
    self.length = UInt32(count)
  }

  @inlinable init() {
    owner = nil
    offset = 0
    length = 0
  }

  @usableFromInline static let emptySlab = Slab(capacity: 1)
  @inlinable package static var empty: ByteSlice { ByteSlice() }

  @inlinable @inline(__always) package var slab: Slab { owner ?? Self.emptySlab }

  /// A copy of `bytes`.
  @inlinable
  package init(copying bytes: UnsafeRawBufferPointer, pool: SlabPool = .shared) {
    let slab = pool.slab(capacity: bytes.count)
    if let source = bytes.baseAddress { slab.base.copyMemory(from: source, byteCount: bytes.count) }
    self.init(slab, count: bytes.count)
  }

  @inlinable
  package init(_ bytes: some Sequence<UInt8>) {
    let array = Array(bytes)
    self = array.withUnsafeBytes { ByteSlice(copying: $0) }
  }

  /// `count` zero bytes.
  @inlinable
  package init(zeros count: Int, pool: SlabPool = .shared) {
    let slab = pool.slab(capacity: count)
    slab.base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    self.init(slab, count: count)
  }

  @inlinable @inline(__always) package var count: Int { Int(length) }
  @inlinable @inline(__always) package var isEmpty: Bool { length == 0 }

  /// Valid while the slice (or any other of the slab) lives.
  @inlinable @inline(__always)
  package var start: UnsafeRawPointer {
    guard let owner else { return UnsafeRawPointer(Self.emptySlab.base) }
    return UnsafeRawPointer(owner.base + Int(offset))
  }

  @inlinable @inline(__always)
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: start, count: count))
  }

  @inlinable
  package subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "byte \(index) of \(count)")
    return start.load(fromByteOffset: index, as: UInt8.self)
  }

  /// Bytes `from..<from+count` of this slice, sharing its slab.
  @inlinable
  package func sub(_ from: Int, _ count: Int) -> ByteSlice {
    precondition(
      from >= 0 && count >= 0 && from <= self.count - count,
      "\(from)+\(count) of \(self.count) bytes")
    return ByteSlice(slab, offset: Int(offset) + from, count: count)
  }

  /// This slice and the other one, if that begins where this one ends.
  @inlinable @inline(__always)
  func joined(_ next: ByteSlice) -> ByteSlice? {
    guard let owner, owner === next.owner, offset + length == next.offset else { return nil }
    return ByteSlice(owner, offset: Int(offset), count: count + next.count)
  }

  /// Whether this slice begins so many bytes behind the start of the other one, in its slab.
  @inlinable @inline(__always)
  package func begins(_ bytes: Int, behind other: ByteSlice) -> Bool {
    owner === other.owner && Int(offset) == Int(other.offset) + bytes
  }

  @inlinable
  package func prefix(_ count: Int) -> ByteSlice { sub(0, min(count, self.count)) }

  @inlinable
  package func dropFirst(_ count: Int) -> ByteSlice {
    let dropped = min(count, self.count)
    return sub(dropped, self.count - dropped)
  }

  @inlinable package var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The bytes as text; what is not UTF-8 is replaced, so for people only.
  @usableFromInline package var text: String {
    withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}

extension ByteSlice: Hashable {
  @inlinable
  package static func == (left: ByteSlice, right: ByteSlice) -> Bool {
    guard left.length == right.length else { return false }
    return left.isEmpty || compareBytes(left.start, right.start, left.count) == 0
  }

  @inlinable
  package func hash(into hasher: inout Hasher) {
    withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
