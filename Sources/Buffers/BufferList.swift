/// Bytes in several slices, in order: a payload that is passed on and never copied.
///
/// The first slice stands inline, so that a list of one costs no allocation.
@usableFromInline package struct BufferList: Sendable {
  /// Nil in an empty list: a copy of it then counts no references, and most ops have one.
  @usableFromInline var first: ByteSlice?
  @usableFromInline var rest: [ByteSlice]?
  @usableFromInline var byteCount: Int

  @inlinable
  package init() {
    first = nil
    rest = nil
    byteCount = 0
  }

  @inlinable
  package init(_ slice: ByteSlice) {
    first = slice.isEmpty ? nil : slice
    rest = nil
    byteCount = slice.count
  }

  @inlinable
  package init(_ bytes: some Sequence<UInt8>) { self.init(ByteSlice(bytes)) }

  /// Bytes.
  @inlinable package var count: Int { byteCount }
  @inlinable package var isEmpty: Bool { byteCount == 0 }

  /// Itself as one slice, if it is one.
  @inlinable @inline(__always)
  package var single: ByteSlice? { rest == nil ? first ?? .empty : nil }

  @inlinable
  package mutating func append(_ slice: ByteSlice) {
    guard !slice.isEmpty else { return }
    if byteCount == 0 {
      first = slice
    } else {
      appendRest(slice)
    }
    byteCount += slice.count
  }

  /// What goes on where the last slice ends makes that one longer.
  @usableFromInline
  mutating func appendRest(_ slice: ByteSlice) {
    if rest != nil {
      let last = rest!.count - 1
      if let joined = rest![last].joined(slice) {
        rest![last] = joined
      } else {
        rest!.append(slice)
      }
    } else if let joined = first?.joined(slice) {
      first = joined
    } else {
      rest = [slice]
    }
  }

  @inlinable
  package mutating func append(_ list: BufferList) {
    if byteCount == 0 {
      self = list
    } else {
      for slice in list.slices { append(slice) }
    }
  }

  /// The slices that hold bytes, in order.
  @inlinable package var slices: Slices { Slices(list: self) }

  @usableFromInline package struct Slices: Sequence, IteratorProtocol {
    @usableFromInline let list: BufferList
    @usableFromInline var index = -1

    @inlinable init(list: BufferList) { self.list = list }

    @inlinable
    package mutating func next() -> ByteSlice? {
      defer { index += 1 }
      if index < 0 { return list.first }
      guard let rest = list.rest, index < rest.count else { return nil }
      return rest[index]
    }
  }

  @inlinable package var sliceCount: Int { count == 0 ? 0 : 1 + (rest?.count ?? 0) }

  /// The bytes in one slice: itself if it is one already, else a copy.
  @inlinable
  package func contiguous(pool: SlabPool = .shared) -> ByteSlice {
    if rest == nil { return first ?? .empty }
    let slab = pool.slab(capacity: count)
    copy(to: slab.base)
    return ByteSlice(slab, count: count)
  }

  /// Copies all `count` bytes to `target`.
  @inlinable
  package func copy(to target: UnsafeMutableRawPointer) {
    var at = 0
    for slice in slices {
      (target + at).copyMemory(from: slice.start, byteCount: slice.count)
      at += slice.count
    }
  }

  /// Bytes `from..<from+count`, sharing the slabs; they must lie within the list.
  @inlinable
  package func sub(_ from: Int, _ count: Int) -> BufferList {
    precondition(
      from >= 0 && count >= 0 && from <= self.count - count,
      "\(from)+\(count) of \(self.count) bytes")
    if rest == nil {
      return first.map { count == 0 ? BufferList() : BufferList($0.sub(from, count)) }
        ?? BufferList()
    }
    var taken = BufferList()
    var skip = from
    var want = count
    for slice in slices where want > 0 {
      guard skip < slice.count else {
        skip -= slice.count
        continue
      }
      let part = slice.sub(skip, Swift.min(want, slice.count - skip))
      taken.append(part)
      want -= part.count
      skip = 0
    }
    return taken
  }

  @inlinable package var array: [UInt8] { contiguous().array }
}

extension BufferList: Equatable {
  @usableFromInline package static func == (left: BufferList, right: BufferList) -> Bool {
    left.count == right.count && left.contiguous() == right.contiguous()
  }
}
