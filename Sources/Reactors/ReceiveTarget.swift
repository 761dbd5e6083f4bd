import Base
import Buffers
import CLinux

/// Slabs of its own for bytes that a socket's user expects (`StreamSocket.expect`).
struct ReceiveTarget {
  private var slab: Slab?
  private var filled = 0
  private var chunk = 0
  /// Bytes that belong to later chunks.
  private var beyond = 0

  var isActive: Bool { slab != nil }

  /// The run goes on in another slab after this one.
  var hasMoreChunks: Bool { beyond > 0 }

  /// Where the next bytes of the expected run go; at most `max`.
  func space(max: Int) -> CLinux_Segment? {
    guard let slab else { return nil }
    return CLinux_Segment(base: slab.base + filled, count: min(chunk - filled, max))
  }

  /// What was filled of the chunk at hand.
  var partial: ByteSlice { slab.map { ByteSlice($0, count: filled) } ?? .empty }

  mutating func begin(_ count: Int, pool: SlabPool) {
    precondition(!isActive, "expect while \(chunk - filled + beyond) expected bytes are missing")
    guard count > 0 else { return }
    chunk = min(count, Limits.expectedChunkBytesMax)
    beyond = count - chunk
    filled = 0
    slab = pool.slab(capacity: max(chunk, 4096))
  }

  /// Copies what belongs to the run; the number of bytes taken.
  mutating func copy(_ bytes: ByteSlice) -> Int {
    guard let slab else { return 0 }
    let count = min(bytes.count, chunk - filled)
    (slab.base + filled).copyMemory(from: bytes.start, byteCount: count)
    filled += count
    return count
  }

  mutating func received(_ count: Int) { filled += count }

  /// The chunk at hand, if it is full; the next one is begun.
  mutating func takeFull(pool: SlabPool) -> ByteSlice? {
    guard let full = slab, filled == chunk else { return nil }
    let slice = ByteSlice(full, count: filled)
    slab = nil
    let rest = beyond
    begin(rest, pool: pool)
    return slice
  }

  mutating func end() {
    slab = nil
    beyond = 0
  }
}
