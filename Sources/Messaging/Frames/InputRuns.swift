import Base
import Buffers

/// Bytes that arrived and were not read yet: one slice and a place in it.
struct Input {
  private var slice = ByteSlice.empty
  private var at = 0

  @inline(__always) var count: Int { slice.count &- at }

  /// What was there before must be read.
  mutating func refill(_ next: ByteSlice) {
    precondition(count == 0, "\(count) bytes of input were not read")
    slice = next
    at = 0
  }

  /// The next `count` bytes, which must be there, shared.
  @inline(__always)
  mutating func take(_ count: Int) -> ByteSlice {
    let part = slice.sub(at, count)
    at &+= count
    if at == slice.count { release() }
    return part
  }

  /// Copies up to `count` bytes to `target`; returns how many.
  mutating func copy(to target: UnsafeMutableRawPointer, atMost count: Int) -> Int {
    let taken = min(count, self.count)
    guard taken > 0 else { return 0 }
    target.copyMemory(from: slice.start + at, byteCount: taken)
    at &+= taken
    if at == slice.count { release() }
    return taken
  }

  /// Lets the receive slab go as soon as nothing of it is waited for.
  private mutating func release() {
    slice = .empty
    at = 0
  }
}

/// Brings a run of bytes together that arrives in parts; memory grows with what came.
struct RunCollector {
  private static let slabBytesMin = 1024
  private var slab: Slab?
  private var filled = 0

  /// All `count` bytes, or nil until they are here; the same count must be asked for again.
  @inline(__always)
  mutating func collect(_ count: Int, from input: inout Input, _ pool: SlabPool) -> ByteSlice? {
    if filled == 0 && input.count >= count { return input.take(count) }
    return gather(count, from: &input, pool)
  }

  @inline(never)
  private mutating func gather(
    _ count: Int, from input: inout Input, _ pool: SlabPool
  )
    -> ByteSlice?
  {
    guard input.count > 0 else { return nil }
    reserve(min(count, filled + input.count), of: count, pool)
    guard let slab else { return nil }
    filled += input.copy(to: slab.base + filled, atMost: count - filled)
    guard filled == count else { return nil }
    let run = ByteSlice(slab, count: count)
    self.slab = nil
    filled = 0
    return run
  }

  private mutating func reserve(_ needed: Int, of count: Int, _ pool: SlabPool) {
    guard needed > slab?.capacity ?? 0 else { return }
    let capacity = min(count, max(2 * needed, Self.slabBytesMin))
    let grown = pool.slab(capacity: capacity)
    if let slab { grown.base.copyMemory(from: slab.base, byteCount: filled) }
    slab = grown
  }
}

/// Brings a long segment together in page-aligned slabs; its crc is computed as it comes.
///
/// What is whole in the input is copied into a slab of its own. Of the rest the socket is told how much
/// is to come (`expectation`), and what it then delivers is aligned already and taken as it is. With
/// nobody to tell, bytes are gathered in slabs that are at most as long as all before them together.
struct SegmentCollector {
  private var pieces = BufferList()
  private var left = 0
  private var computesCRC = true
  private(set) var crc = CRCLayout.seed
  private enum Way { case undecided, adopting, gathering }
  private var way = Way.undecided
  private var slab: Slab?
  private var filled = 0
  private var pieceBytes = 0

  /// Of `count` bytes, at least one.
  mutating func begin(_ count: Int, computesCRC: Bool) {
    pieces = BufferList()
    left = count
    crc = CRCLayout.seed
    self.computesCRC = computesCRC
    way = .undecided
  }

  /// Takes from `input` what belongs to the segment; the segment when it is whole.
  mutating func collect(from input: inout Input, _ pool: SlabPool) -> BufferList? {
    switch way {
    case .undecided:
      guard input.count >= left else { return nil }
      slab = pool.slab(capacity: left)
      pieceBytes = left
      gather(from: &input, pool)
    case .adopting:
      while left > 0, input.count > 0 { adopt(input.take(min(left, input.count))) }
    case .gathering: gather(from: &input, pool)
    }
    guard left == 0 else { return nil }
    defer { pieces = BufferList() }
    return pieces
  }

  /// What the socket is to bring next, and the first bytes of it, which are here; asked once.
  mutating func expectation(_ input: inout Input) -> (count: Int, prefix: ByteSlice)? {
    guard way == .undecided, left > 0, input.count < Limits.expectedPrefixBytesMax else {
      return nil
    }
    way = .adopting
    return (left, input.take(input.count))
  }

  /// Nobody asked what to expect and more bytes come: those that are here are gathered.
  mutating func gatherRest(from input: inout Input, _ pool: SlabPool) {
    way = .gathering
    gather(from: &input, pool)
  }

  private mutating func adopt(_ piece: ByteSlice) {
    left -= piece.count
    add(piece)
  }

  private mutating func gather(from input: inout Input, _ pool: SlabPool) {
    while left > 0, input.count > 0 {
      if slab == nil { beginPiece(pool) }
      guard let slab else { return }
      let copied = input.copy(to: slab.base + filled, atMost: pieceBytes - filled)
      left -= copied
      filled += copied
      guard filled == pieceBytes else { continue }
      add(ByteSlice(slab, count: filled))
      self.slab = nil
      filled = 0
    }
  }

  private mutating func beginPiece(_ pool: SlabPool) {
    pieceBytes = min(left, max(Limits.segmentPieceBytes, pieces.count))
    slab = pool.slab(capacity: pieceBytes)
  }

  private mutating func add(_ piece: ByteSlice) {
    if computesCRC { crc = CRC32C.checksum(new: piece, seed: crc) }
    pieces.append(piece)
  }
}
