/// Bytes in several slices, in order: a payload that is passed on and never copied.
///
/// The first slice stands inline, so that a list of one costs no allocation.
package struct BufferList: Sendable {
  private var first: ByteSlice
  private var rest: [ByteSlice]
  package private(set) var count: Int

  package init() {
    first = .empty
    rest = []
    count = 0
  }

  package init(_ slice: ByteSlice) {
    first = slice
    rest = []
    count = slice.count
  }

  package init(_ bytes: some Sequence<UInt8>) { self.init(ByteSlice(bytes)) }

  package var isEmpty: Bool { count == 0 }

  /// Itself as one slice, if it is one.
  @inline(__always) package var single: ByteSlice? { rest.isEmpty ? first : nil }

  package mutating func append(_ slice: ByteSlice) {
    guard !slice.isEmpty else { return }
    if count == 0 { first = slice } else { rest.append(slice) }
    count += slice.count
  }

  package mutating func append(_ list: BufferList) {
    for slice in list.slices { append(slice) }
  }

  /// The slices that hold bytes, in order.
  package var slices: Slices { Slices(list: self) }

  package struct Slices: Sequence, IteratorProtocol {
    fileprivate let list: BufferList
    private var index = -1

    fileprivate init(list: BufferList) { self.list = list }

    package mutating func next() -> ByteSlice? {
      defer { index += 1 }
      if index < 0 { return list.count == 0 ? nil : list.first }
      return index < list.rest.count ? list.rest[index] : nil
    }
  }

  package var sliceCount: Int { count == 0 ? 0 : 1 + rest.count }

  /// The bytes in one slice: itself if it is one already, else a copy.
  package func contiguous(pool: SlabPool = .shared) -> ByteSlice {
    if rest.isEmpty { return first }
    let slab = pool.slab(capacity: count)
    copy(to: slab.base)
    return ByteSlice(slab, count: count)
  }

  /// Copies all `count` bytes to `target`.
  package func copy(to target: UnsafeMutableRawPointer) {
    var at = 0
    for slice in slices {
      (target + at).copyMemory(from: slice.start, byteCount: slice.count)
      at += slice.count
    }
  }

  /// Bytes `from..<from+count`, sharing the slabs; they must lie within the list.
  package func sub(_ from: Int, _ count: Int) -> BufferList {
    precondition(
      from >= 0 && count >= 0 && from <= self.count - count, "\(from)+\(count) of \(self.count) bytes")
    if rest.isEmpty { return count == 0 ? BufferList() : BufferList(first.sub(from, count)) }
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

  package var array: [UInt8] { contiguous().array }
}

extension BufferList: Equatable {
  package static func == (left: BufferList, right: BufferList) -> Bool {
    left.count == right.count && left.contiguous() == right.contiguous()
  }
}
