import Base
import CLinux

/// A block of memory that slices share; page-aligned from one page up, so that O_DIRECT takes it.
///
/// Its memory goes back to the pool it came from when the last slice lets go, on whatever thread.
/// Writing is the maker's right until it hands the first slice out; after that the bytes are fixed.
@usableFromInline package final class Slab: @unchecked Sendable {
  @usableFromInline package let base: UnsafeMutableRawPointer
  @usableFromInline package let capacity: Int
  private let pool: SlabPool?

  fileprivate init(base: UnsafeMutableRawPointer, capacity: Int, pool: SlabPool?) {
    self.base = base
    self.capacity = capacity
    self.pool = pool
  }

  /// A block of its own; from one page up, aligned to a page.
  package convenience init(capacity: Int) {
    self.init(base: SlabPool.allocate(capacity), capacity: capacity, pool: nil)
  }

  deinit {
    if let pool { pool.takeBack(base, capacity: capacity) } else { CLinux_freeAligned(base) }
  }
}

/// Free blocks by size class (powers of two from 256 B to 4 MiB), bounded; any thread.
@usableFromInline package final class SlabPool: @unchecked Sendable {
  package static let smallest = 256
  package static let largest = 4 << 20
  private static let classes = 15

  private let lock = Lock()
  private var free: [[UnsafeMutableRawPointer]]
  private var bytesHeld = 0
  private let bytesHeldMax: Int

  /// Keeps at most `bytesHeldMax` of free memory; beyond that, blocks go back to the system.
  package init(bytesHeldMax: Int = 16 << 20) {
    self.bytesHeldMax = bytesHeldMax
    free = Array(repeating: [], count: Self.classes)
  }

  deinit { for blocks in free { for block in blocks { CLinux_freeAligned(block) } } }

  /// For what has no reactor's pool at hand.
  @usableFromInline package static let shared = SlabPool()

  /// A slab of at least `capacity` bytes; contents undefined.
  @usableFromInline package func slab(capacity: Int) -> Slab {
    guard capacity <= Self.largest else { return Slab(capacity: capacity) }
    let sizeClass = Self.sizeClass(capacity)
    let size = Self.smallest << sizeClass
    let block: UnsafeMutableRawPointer? = lock.withLock {
      guard let block = free[sizeClass].popLast() else { return nil }
      bytesHeld -= size
      return block
    }
    return Slab(base: block ?? Self.allocate(size), capacity: size, pool: self)
  }

  fileprivate func takeBack(_ block: UnsafeMutableRawPointer, capacity: Int) {
    let kept = lock.withLock {
      guard bytesHeld + capacity <= bytesHeldMax else { return false }
      bytesHeld += capacity
      free[Self.sizeClass(capacity)].append(block)
      return true
    }
    if !kept { CLinux_freeAligned(block) }
  }

  private static func sizeClass(_ capacity: Int) -> Int {
    capacity <= smallest ? 0 : (Int.bitWidth - (capacity - 1).leadingZeroBitCount) - 8
  }

  fileprivate static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    let alignment = size >= 4096 ? 4096 : 64
    guard let memory = CLinux_allocateAligned(alignment, max(size, 1)) else {
      preconditionFailure("out of memory: \(size) bytes for a slab")
    }
    return memory
  }
}
