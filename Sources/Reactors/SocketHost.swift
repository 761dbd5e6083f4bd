import Base
import Buffers
import CLinux
import Glibc

/// What readiness of a descriptor means; edges, as epoll and multishot poll report them.
protocol ReadinessWatcher: AnyObject {
  /// `mask` holds the bits of `CLinux_readable` and its siblings.
  func ready(_ mask: UInt32)
  /// More of what `ready` began, in the next tick.
  func goOn()
  /// The driver has ended.
  func abandon()
}

/// What kernel sockets need of their driver, whatever it waits with. Confined to its reactor.
final class SocketHost {
  unowned let reactor: Reactor
  let perf: PerfCounters
  /// Starts and ends the watching of a descriptor; the driver's.
  private let arm: (Int32, UInt64) -> SystemError?
  private let disarm: (Int32, UInt64) -> Void

  private var watchers:
    [(watcher: (any ReadinessWatcher)?, descriptor: Int32, generation: UInt32)] = []
  private var freeSlots: [Int] = []
  private var hasEnded = false
  private var goingOn: [any ReadinessWatcher] = []
  private var goingOnBatch: [any ReadinessWatcher] = []
  private var unsent: [KernelSocket] = []
  private var unsentBatch: [KernelSocket] = []

  private var slab: Slab
  private var slabUsed = 0
  /// Scratch for one send.
  let segments = UnsafeMutablePointer<CLinux_Segment>.allocate(capacity: Limits.segmentsPerSend)

  init(
    reactor: Reactor, arm: @escaping (Int32, UInt64) -> SystemError?,
    disarm: @escaping (Int32, UInt64) -> Void
  ) {
    self.reactor = reactor
    self.arm = arm
    self.disarm = disarm
    perf = reactor.perf
    slab = reactor.pool.slab(capacity: Limits.receiveSlabBytes)
  }

  deinit { segments.deallocate() }

  // MARK: Readiness

  /// Watches `descriptor` until `unwatch`; the slot names it.
  func watch(_ descriptor: Int32, _ watcher: any ReadinessWatcher) throws(SystemError) -> Int {
    guard !hasEnded else { throw SystemError(ESHUTDOWN, "the reactor has ended") }
    let slot = freeSlots.popLast() ?? watchers.count
    if slot == watchers.count { watchers.append((nil, -1, 0)) }
    watchers[slot].watcher = watcher
    watchers[slot].descriptor = descriptor
    if let error = arm(descriptor, token(slot)) {
      free(slot)
      throw error
    }
    return slot
  }

  func unwatch(_ slot: Int) {
    disarm(watchers[slot].descriptor, token(slot))
    free(slot)
  }

  private func free(_ slot: Int) {
    watchers[slot].watcher = nil
    watchers[slot].generation &+= 1
    freeSlots.append(slot)
  }

  /// A slot and how often it was used before, so that an event for a predecessor is seen to be stale.
  private func token(_ slot: Int) -> UInt64 {
    UInt64(watchers[slot].generation & 0x0fff_ffff) << 32 | UInt64(slot)
  }

  func ready(token: UInt64, mask: UInt32) { watcher(token)?.ready(mask) }

  /// The descriptor if the token still stands for one.
  func descriptor(token: UInt64) -> Int32? {
    watcher(token) == nil ? nil : watchers[Int(token & 0xffff_ffff)].descriptor
  }

  private func watcher(_ token: UInt64) -> (any ReadinessWatcher)? {
    let slot = Int(token & 0xffff_ffff)
    guard slot < watchers.count, watchers[slot].generation & 0x0fff_ffff == UInt32(token >> 32)
    else {
      return nil
    }
    return watchers[slot].watcher
  }

  var hasPending: Bool { !goingOn.isEmpty }

  func goOnLater(_ watcher: any ReadinessWatcher) { goingOn.append(watcher) }

  func deliverPending() {
    guard !goingOn.isEmpty else { return }
    swap(&goingOn, &goingOnBatch)
    for watcher in goingOnBatch { watcher.goOn() }
    goingOnBatch.clear()
  }

  func abandonAll() {
    hasEnded = true
    for entry in watchers { entry.watcher?.abandon() }
    goingOn.removeAll()
    unsent.removeAll()
  }

  // MARK: Bytes

  func sendLater(_ socket: KernelSocket) { unsent.append(socket) }

  func flush() {
    guard !unsent.isEmpty else { return }
    swap(&unsent, &unsentBatch)
    for socket in unsentBatch { socket.flush() }
    unsentBatch.clear()
  }

  /// Free space of the receive slab, at least `Limits.receiveBytesMin`.
  func receiveSpace() -> CLinux_Segment {
    if slab.capacity - slabUsed < Limits.receiveBytesMin {
      slab = reactor.pool.slab(capacity: Limits.receiveSlabBytes)
      slabUsed = 0
    }
    return CLinux_Segment(base: slab.base + slabUsed, count: slab.capacity - slabUsed)
  }

  /// The first `count` bytes of `receiveSpace` have been filled.
  func received(_ count: Int) -> ByteSlice {
    defer { slabUsed = min((slabUsed + count + 63) & ~63, slab.capacity) }
    return ByteSlice(slab, offset: slabUsed, count: count)
  }

  /// If nobody kept what was delivered, the same memory, warm in the cache, serves again.
  func recycleReceiveSpace() {
    if isKnownUniquelyReferenced(&slab) { slabUsed = 0 }
  }
}
