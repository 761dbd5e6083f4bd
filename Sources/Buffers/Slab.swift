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
///
/// Blocks of a page up to `cutMax` are cut from regions of `regionBytes`, side by side: an allocator
/// that keeps a header before each block takes two pages for an aligned one. Regions stay mapped as
/// long as the pool; of a block beyond the bound only the memory goes back.
@usableFromInline package final class SlabPool: @unchecked Sendable {
  package static let smallest = 256
  package static let largest = 4 << 20
  private static let classes = 15
  private static let pageBytes = 4096
  private static let cutMax = 64 << 10
  private static let regionBytes = 1 << 20

  private let lock = Lock()
  private var free: [[UnsafeMutableRawPointer]]
  /// Cut blocks whose memory the kernel has.
  private var bare: [[UnsafeMutableRawPointer]]
  private var regions: [UnsafeMutableRawPointer] = []
  private var bytesHeld = 0
  private let bytesHeldMax: Int

  /// Keeps at most `bytesHeldMax` of free memory; beyond that it goes back to the system.
  package init(bytesHeldMax: Int = 8 << 20) {
    self.bytesHeldMax = bytesHeldMax
    free = Array(repeating: [], count: Self.classes)
    bare = free
  }

  /// Memory that slabs of some pages are cut from, used or not.
  package var bytesInRegions: Int { lock.withLock { regions.count * Self.regionBytes } }

  deinit {
    for (sizeClass, blocks) in free.enumerated() where !Self.cuts(Self.smallest << sizeClass) {
      for block in blocks { CLinux_freeAligned(block) }
    }
    for region in regions { CLinux_unmap(region, Self.regionBytes) }
  }

  /// For what has no reactor's pool at hand.
  @usableFromInline package static let shared = SlabPool()

  /// A slab of at least `capacity` bytes; contents undefined.
  @usableFromInline package func slab(capacity: Int) -> Slab {
    guard capacity <= Self.largest else { return Slab(capacity: capacity) }
    let sizeClass = Self.sizeClass(capacity)
    let size = Self.smallest << sizeClass
    let block = lock.withLock { takeFree(sizeClass, size) }
    return Slab(base: block ?? Self.allocate(size), capacity: size, pool: self)
  }

  /// nil: blocks of this size are not cut, and none is free.
  private func takeFree(_ sizeClass: Int, _ size: Int) -> UnsafeMutableRawPointer? {
    if let block = free[sizeClass].popLast() {
      bytesHeld -= size
      return block
    }
    guard Self.cuts(size) else { return nil }
    if bare[sizeClass].isEmpty { cutRegion(sizeClass, size) }
    return bare[sizeClass].popLast()
  }

  private func cutRegion(_ sizeClass: Int, _ size: Int) {
    guard let region = CLinux_map(Self.regionBytes) else {
      preconditionFailure("out of memory: \(Self.regionBytes) bytes for slabs")
    }
    regions.append(region)
    let offsets = stride(from: Self.regionBytes - size, through: 0, by: -size)
    bare[sizeClass].append(contentsOf: offsets.map { region + $0 })
  }

  fileprivate func takeBack(_ block: UnsafeMutableRawPointer, capacity: Int) {
    let sizeClass = Self.sizeClass(capacity)
    let isKept = lock.withLock {
      if bytesHeld + capacity <= bytesHeldMax {
        bytesHeld += capacity
        free[sizeClass].append(block)
        return true
      }
      guard Self.cuts(capacity) else { return false }
      CLinux_giveBack(block, capacity)
      bare[sizeClass].append(block)
      return true
    }
    if !isKept { CLinux_freeAligned(block) }
  }

  private static func cuts(_ size: Int) -> Bool { size >= pageBytes && size <= cutMax }

  private static func sizeClass(_ capacity: Int) -> Int {
    capacity <= smallest ? 0 : (Int.bitWidth - (capacity - 1).leadingZeroBitCount) - 8
  }

  fileprivate static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    let alignment = size >= pageBytes ? pageBytes : 64
    guard let memory = CLinux_allocateAligned(alignment, max(size, 1)) else {
      preconditionFailure("out of memory: \(size) bytes for a slab")
    }
    return memory
  }
}
