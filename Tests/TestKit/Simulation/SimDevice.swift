import Base
import Buffers
import Devices
import Glibc
import Reactors

/// What a simulated device has on its medium: what survives. Opened by one `SimDevice` after another.
package final class SimMedia: @unchecked Sendable {
  package let byteCount: Int
  package let bytes: UnsafeMutableRawPointer
  /// Blocks ever written, so that `erase` need not touch the others.
  private var touched: [Bool]

  package init(byteCount: Int) {
    precondition(byteCount % 4096 == 0)
    self.byteCount = byteCount
    bytes = calloc(byteCount, 1)
    touched = Array(repeating: false, count: byteCount / 4096)
  }

  deinit { free(bytes) }

  /// All zero again.
  package func erase() {
    for block in 0..<touched.count where touched[block] {
      memset(bytes + block * 4096, 0, 4096)
      touched[block] = false
    }
  }

  package func write(_ source: UnsafeRawPointer, count: Int, at offset: Int) {
    (bytes + offset).copyMemory(from: source, byteCount: count)
    for block in offset / 4096...(offset + count - 1) / 4096 { touched[block] = true }
  }

  /// Turns one bit over: rot.
  package func flipBit(_ bit: Int, at offset: Int) {
    let byte = (bytes + offset).assumingMemoryBound(to: UInt8.self)
    byte.pointee ^= 1 << UInt8(bit & 7)
  }
}

/// A block device in memory with a volatile cache and seeded delays. One serves all reactors of its
/// clock, since they share its cache: completions come to the reactor that asked.
///
/// Writes stay in the cache until a flush that was asked for after their completion completes. At
/// `crash` any subset of the cache's 512-byte sectors, and of the writes still under way, reaches the
/// medium, in any order. Afterwards the device is gone: what is under way and what is asked later
/// fails with ENXIO, so that tasks that wait for it end; run the reactor until it is idle, then open
/// the same medium with a new device on a new reactor.
package final class SimDevice: BlockDevice, @unchecked Sendable {
  package let media: SimMedia
  private let clock: SimClock
  private let driver: SimDriver
  package var faults = SimFaults()
  /// Longest an operation takes; each takes a seeded part of it.
  package var delayMax: UInt64 = 100_000

  package private(set) var writes = 0
  package private(set) var reads = 0
  package private(set) var flushes = 0
  package private(set) var writtenBytes = 0
  package private(set) var isCrashed = false

  private struct CachedWrite {
    var offset: Int
    var bytes: BufferList
    /// Rank of its completion, 0 while it is under way; -1 if the slot is free.
    var completed: Int
  }

  private var cache: [CachedWrite] = []
  private var freeSlots: [Int] = []
  /// For each block, the slot of the last completed write to it that is only in the cache; -1: none.
  private var latest: [Int32]
  private var completions = 0
  /// Slots of completed writes, in the order of completion.
  private var completed: [Int] = []

  package init(media: SimMedia, driver: SimDriver) {
    self.media = media
    self.driver = driver
    clock = driver.clock
    latest = Array(repeating: -1, count: media.byteCount / 4096)
  }

  package var byteCount: UInt64 { UInt64(media.byteCount) }

  private func later(_ action: @escaping () -> Void) {
    clock.after(nanoseconds: 1000 + clock.random.next() % delayMax, on: askingDriver, action)
  }

  private var askingDriver: SimDriver {
    guard let current = Reactor.current, current.driver !== driver else { return driver }
    return current.driver as? SimDriver ?? driver
  }

  private func check(_ offset: UInt64, _ count: Int) {
    precondition(
      offset % 4096 == 0 && count % 4096 == 0 && count > 0 && offset <= byteCount
        && UInt64(count) <= byteCount - offset, "\(offset)+\(count) on a device of \(byteCount)")
  }

  private var gone: SystemError { SystemError(ENXIO, "the simulated device has crashed") }

  // MARK: Writing

  package func write(
    _ bytes: BufferList, at offset: UInt64, isDurable: Bool,
    completion: @escaping (SystemError?) -> Void
  ) {
    check(offset, bytes.count)
    guard !isCrashed else { return later { completion(self.gone) } }
    writes += 1
    writtenBytes += bytes.count
    let fault = faults.nextWrite()
    let slot = store(CachedWrite(offset: Int(offset), bytes: bytes, completed: 0))
    later {
      guard !self.isCrashed else { return completion(self.gone) }
      if let fault {
        self.settleFailedWrite(slot)
        return completion(fault)
      }
      if isDurable { self.makeDurable(slot) } else { self.complete(slot) }
      completion(nil)
    }
  }

  /// This write alone; what it lies over in the cache goes to the medium before it.
  private func makeDurable(_ slot: Int) {
    let first = cache[slot].offset / 4096
    for block in first..<first + cache[slot].bytes.count / 4096 where latest[block] >= 0 {
      let older = Int(latest[block])
      makeDurable(upTo: cache[older].completed)
    }
    putAll(cache[slot])
    release(slot)
  }

  private func store(_ write: CachedWrite) -> Int {
    if let slot = freeSlots.popLast() {
      cache[slot] = write
      return slot
    }
    cache.append(write)
    return cache.count - 1
  }

  private func complete(_ slot: Int) {
    completions += 1
    cache[slot].completed = completions
    completed.append(slot)
    let first = cache[slot].offset / 4096
    for block in first..<first + cache[slot].bytes.count / 4096 { latest[block] = Int32(slot) }
  }

  /// A refused write may have reached the medium in part.
  private func settleFailedWrite(_ slot: Int) {
    settle(cache[slot])
    release(slot)
  }

  private func release(_ slot: Int) {
    cache[slot] = CachedWrite(offset: 0, bytes: BufferList(), completed: -1)
    freeSlots.append(slot)
  }

  // MARK: Reading

  package func read(
    at offset: UInt64, count: Int, completion: @escaping (Result<ByteSlice, SystemError>) -> Void
  ) {
    check(offset, count)
    guard !isCrashed else { return later { completion(.failure(self.gone)) } }
    reads += 1
    later {
      guard !self.isCrashed else { return completion(.failure(self.gone)) }
      if let fault = self.faults.read(Int(offset), count) { return completion(.failure(fault)) }
      completion(.success(self.content(Int(offset), count)))
    }
  }

  /// What a read at this moment finds: completed writes over the medium.
  package func content(_ offset: Int, _ count: Int) -> ByteSlice {
    let slab = SlabPool.shared.slab(capacity: count)
    var at = 0
    while at < count {
      let slot = Int(latest[(offset + at) / 4096])
      if slot < 0 {
        (slab.base + at).copyMemory(from: media.bytes + offset + at, byteCount: 4096)
      } else {
        cache[slot].bytes.sub(offset + at - cache[slot].offset, 4096).copy(to: slab.base + at)
      }
      at += 4096
    }
    return ByteSlice(slab, count: count)
  }

  // MARK: Flushing

  package func flush(completion: @escaping (SystemError?) -> Void) {
    guard !isCrashed else { return later { completion(self.gone) } }
    flushes += 1
    let covered = completions
    let fault = faults.nextFlush()
    later {
      guard !self.isCrashed else { return completion(self.gone) }
      if fault == nil { self.makeDurable(upTo: covered) }
      completion(fault)
    }
  }

  private func makeDurable(upTo covered: Int) {
    var done = 0
    for slot in completed {
      guard cache[slot].completed <= covered else { break }
      done += 1
      putAll(cache[slot])
      let first = cache[slot].offset / 4096
      for block in first..<first + cache[slot].bytes.count / 4096 where latest[block] == Int32(slot)
      {
        latest[block] = -1
      }
      release(slot)
    }
    completed.removeFirst(done)
  }

  private func putAll(_ write: CachedWrite) {
    var at = write.offset
    for slice in write.bytes.slices {
      media.write(slice.start, count: slice.count, at: at)
      at += slice.count
    }
  }

  private func put(_ write: CachedWrite, range: Range<Int>) {
    var at = write.offset + range.lowerBound
    for slice in write.bytes.sub(range.lowerBound, range.count).slices {
      media.write(slice.start, count: slice.count, at: at)
      at += slice.count
    }
  }

  // MARK: Crashing

  /// Power is lost: decides what of the cache has reached the medium.
  package func crash(random: inout SeededRandom) {
    guard !isCrashed else { return }
    isCrashed = true
    var unsettled = cache.filter { $0.completed >= 0 }
    unsettled.shuffle(using: &random)
    for write in unsettled { settle(write, random: &random) }
    cache.removeAll()
    completed.removeAll()
  }

  /// Power is lost: what of the cache was written to places that `isKept` has reached the medium, and
  /// nothing else.
  package func crash(keeping isKept: (_ offset: Int) -> Bool) {
    guard !isCrashed else { return }
    isCrashed = true
    for slot in completed where isKept(cache[slot].offset) { putAll(cache[slot]) }
    for write in cache where write.completed == 0 && isKept(write.offset) { putAll(write) }
    cache.removeAll()
    completed.removeAll()
  }

  private func settle(_ write: CachedWrite) { settle(write, random: &clock.random) }

  /// None of it, all of it, a prefix, or any subset of its sectors.
  private func settle(_ write: CachedWrite, random: inout SeededRandom) {
    let sectors = write.bytes.count / 512
    switch random.next() % 6 {
    case 0, 1: break
    case 2, 3: putAll(write)
    case 4:
      let kept = Int(random.next() % UInt64(sectors + 1)) * 512
      if kept > 0 { put(write, range: 0..<kept) }
    default:
      var coins: UInt64 = 0
      for sector in 0..<sectors {
        if sector % 64 == 0 { coins = random.next() }
        if coins >> UInt64(sector % 64) & 1 == 1 {
          put(write, range: sector * 512..<sector * 512 + 512)
        }
      }
    }
  }
}
