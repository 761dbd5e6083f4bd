import Base
import CLinux

/// A block of memory that slices share; page-aligned from one page up, so that O_DIRECT takes it.
///
/// Its memory goes back to the pool it came from when the last slice lets go, on whatever thread.
/// Writing is the maker's right until it hands the first slice out; after that the bytes are fixed.
@usableFromInline package final class Slab: @unchecked Sendable {
  @usableFromInline package let base: UnsafeMutableRawPointer
  @usableFromInline package let capacity: Int
  /// Of its whole blocks, if they are known; the maker's to set, before it hands the first slice out.
  package var blockSums = BlockSums()
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
/// Under load many are kept, since the kernel takes longer to give a page of zeros than most blocks are
/// used for; `settle` lets go of those that were free all the time since the last one.
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
  /// Since `settle` was called.
  private var leastHeld = 0
  private let bytesHeldMax: Int
  private let bytesKept: Int

  /// Of free memory, at most `bytesHeldMax` is held and what is beyond goes back to the system at once;
  /// `bytesKept` is held however long nobody wants it.
  package init(bytesHeldMax: Int = 64 << 20, bytesKept: Int = 8 << 20) {
    self.bytesHeldMax = bytesHeldMax
    self.bytesKept = bytesKept
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
      leastHeld = min(leastHeld, bytesHeld)
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
      return giveBack(block, sizeClass, capacity)
    }
    if !isKept { CLinux_freeAligned(block) }
  }

  /// False: the block is to be freed.
  private func giveBack(_ block: UnsafeMutableRawPointer, _ sizeClass: Int, _ size: Int) -> Bool {
    guard Self.cuts(size) else { return false }
    CLinux_giveBack(block, size)
    bare[sizeClass].append(block)
    return true
  }

  /// To be called about once a second.
  package func settle() {
    let unwanted = lock.withLock {
      defer { leastHeld = bytesHeld }
      return takeUnwanted(leastHeld - bytesKept)
    }
    for block in unwanted { CLinux_freeAligned(block) }
  }

  /// Takes out so many bytes of free blocks, the largest first; returns those that are to be freed.
  private func takeUnwanted(_ bytes: Int) -> [UnsafeMutableRawPointer] {
    var left = bytes
    var unwanted: [UnsafeMutableRawPointer] = []
    for sizeClass in free.indices.reversed() {
      let size = Self.smallest << sizeClass
      while left >= size, let block = free[sizeClass].popLast() {
        left -= size
        bytesHeld -= size
        if !giveBack(block, sizeClass, size) { unwanted.append(block) }
      }
    }
    return unwanted
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
