import Base
import CLinux
import CUring
import Glibc

/// Waits with io_uring: readiness of sockets by multishot polls, and the device's I/O in the same wait.
///
/// Sockets are read and written by plain calls: on loopback that costs what ring receives cost, and a
/// receive by the ring needs memory for every idle connection.
package final class UringDriver: KernelDriver, @unchecked Sendable {
  package let name = "io_uring"
  private let ring: OpaquePointer
  private let wakeEvent: Int32

  // Confined to the reactor's thread.
  private var timer: WaitTimer
  private var host: SocketHost?
  private var clock: any Clock = SystemClock()
  private var operations: [any RingOperation] = []
  private var freeOperations: [Int] = []
  private var operationsUnderWay = 0
  private let completions = UnsafeMutablePointer<CUring_Completion>.allocate(
    capacity: completionsMax)
  private static let completionsMax = 256
  private static let entries: UInt32 = 256

  /// The low two bits of a request's tag.
  private enum Kind {
    static let operation: UInt64 = 0
    static let socket: UInt64 = 1
    static let wake: UInt64 = 2
    static let removal: UInt64 = 3
  }

  /// What ends a wait: the event of `wake`, or the timer.
  private enum Waker: UInt64 { case event, timer }

  private static let mask = UInt32(CLinux_readable | CLinux_writable | CLinux_peerClosed)

  /// Throws what the kernel says if it has no io_uring for us: ENOSYS (too old), EPERM (forbidden by
  /// `kernel.io_uring_disabled` or a container's seccomp filter), ENOMEM (`RLIMIT_MEMLOCK`).
  package init() throws(SystemError) {
    var made: OpaquePointer?
    try SystemError.check(CUring_create(Self.entries, &made), "io_uring_setup")
    guard let made else { throw SystemError(12, "io_uring_setup") }
    ring = made
    let event = CLinux_eventCreate()
    wakeEvent = event
    timer = try WaitTimer()
    try SystemError.check(event, "eventfd")
  }

  deinit {
    CUring_destroy(ring)
    CLinux_close(wakeEvent)
    timer.close()
    completions.deallocate()
  }

  var sockets: SocketHost {
    guard let host else { preconditionFailure("an io_uring driver without a reactor") }
    return host
  }

  package func attach(to reactor: Reactor) {
    clock = reactor.clock
    let result = CUring_enable(ring)
    precondition(result == 0, "\(SystemError(-result, "io_uring_enable_rings"))")
    let ring = self.ring
    host = SocketHost(
      reactor: reactor,
      arm: { descriptor, token in
        let result = CUring_pollMultishot(ring, descriptor, Self.mask, token << 2 | Kind.socket)
        return result < 0 ? SystemError(-result, "io_uring poll") : nil
      },
      disarm: { _, token in Self.removePoll(ring, token) })
    watch(.event)
    watch(.timer)
  }

  private static func removePoll(_ ring: OpaquePointer, _ token: UInt64) {
    let result = CUring_pollRemove(ring, token << 2 | Kind.socket, token << 2 | Kind.removal)
    precondition(result == 0, "\(SystemError(-result, "io_uring poll's removal"))")
  }

  private func watch(_ waker: Waker) {
    let descriptor = waker == .event ? wakeEvent : timer.descriptor
    let result = CUring_pollMultishot(
      ring, descriptor, UInt32(CLinux_readable), waker.rawValue << 2 | Kind.wake)
    precondition(result == 0, "\(SystemError(-result, "io_uring poll of what wakes"))")
  }

  /// Requests under way may still move our memory, so they are waited for, but not for ever.
  package func detach() {
    host?.abandonAll()
    let end = clock.now + .seconds(10)
    while operationsUnderWay > 0, clock.now < end {
      _ = wait(until: end, poll: false)
      deliver()
    }
  }

  package func wait(until deadline: Instant?, poll: Bool) -> Bool {
    let sleeps = !poll && timer.set(for: deadline, now: clock.now)
    let result = CUring_submitAndWait(ring, sleeps ? 1 : 0)
    precondition(result == 0, "\(SystemError(-result, "io_uring_enter"))")
    return true
  }

  package func deliver() {
    guard let host else { return }
    while true {
      let count = Int(CUring_take(ring, completions, Int32(Self.completionsMax)))
      for at in 0..<count { deliver(completions[at], host) }
      if count < Self.completionsMax { break }
    }
    host.deliverPending()
  }

  private func deliver(_ completion: CUring_Completion, _ host: SocketHost) {
    switch completion.tag & 3 {
    case Kind.operation: complete(Int(completion.tag >> 2), completion.result)
    case Kind.socket: deliverReadiness(completion, host)
    case Kind.wake: woken(completion)
    default: removed(token: completion.tag >> 2, completion.result)
    }
  }

  private func woken(_ completion: CUring_Completion) {
    let waker: Waker = completion.tag >> 2 == Waker.timer.rawValue ? .timer : .event
    if waker == .timer { timer.wentOff() }
    if completion.more == 0 { watch(waker) }
  }

  /// A poll for which an event is just being reported cannot be removed, and would hold its socket open
  /// for good, so that the peer never hears of the end (`io_poll_disarm` of the kernel's io_uring/poll.c).
  private func removed(token: UInt64, _ result: Int32) {
    if result == -EALREADY { Self.removePoll(ring, token) }
  }

  private func deliverReadiness(_ completion: CUring_Completion, _ host: SocketHost) {
    let token = completion.tag >> 2
    if completion.more == 0, completion.result >= 0, let descriptor = host.descriptor(token: token)
    {
      _ = CUring_pollMultishot(ring, descriptor, Self.mask, completion.tag)
    }
    host.ready(
      token: token, mask: completion.result < 0 ? UInt32(CLinux_error) : UInt32(completion.result))
  }

  package func flush() { host?.flush() }

  package func wake() { CLinux_eventSignal(wakeEvent) }

  package var hasPending: Bool { host?.hasPending ?? false }
}

// MARK: Requests

extension UringDriver {
  /// Queues a read into, or a write from, `segments`, which must live until `operation` is completed;
  /// submitted with all others at the end of the tick.
  package func read(
    _ operation: any RingOperation, descriptor: Int32, segments: UnsafePointer<CLinux_Segment>,
    count: Int,
    offset: UInt64
  ) {
    submit(operation) {
      CUring_read(ring, descriptor, Self.ringSegments(segments), UInt32(count), offset, $0)
    }
  }

  /// `isDurable`: what is written is durable with its completion (RWF_DSYNC).
  package func write(
    _ operation: any RingOperation, descriptor: Int32, segments: UnsafePointer<CLinux_Segment>,
    count: Int, offset: UInt64, isDurable: Bool
  ) {
    submit(operation) {
      CUring_write(
        ring, descriptor, Self.ringSegments(segments), UInt32(count), offset, isDurable ? 1 : 0, $0)
    }
  }

  /// fallocate: gives a part of a file its place in the file system.
  package func reserve(
    _ operation: any RingOperation, descriptor: Int32, offset: UInt64, count: Int
  ) {
    submit(operation) { CUring_reserve(ring, descriptor, offset, UInt64(count), $0) }
  }

  /// fdatasync.
  package func syncData(_ operation: any RingOperation, descriptor: Int32) {
    submit(operation) { CUring_syncData(ring, descriptor, $0) }
  }

  /// Both shims' segments are the kernel's `iovec`.
  private static func ringSegments(
    _ segments: UnsafePointer<CLinux_Segment>
  ) -> UnsafePointer<CUring_Segment> {
    UnsafeRawPointer(segments).assumingMemoryBound(to: CUring_Segment.self)
  }

  private func submit(_ operation: any RingOperation, _ queue: (UInt64) -> Int32) {
    let slot = freeOperations.popLast() ?? operations.count
    if slot == operations.count {
      operations.append(operation)
    } else {
      operations[slot] = operation
    }
    operationsUnderWay += 1
    let result = queue(UInt64(slot) << 2 | Kind.operation)
    guard result < 0 else { return }
    host?.reactor.post { self.complete(slot, result) }
  }

  private func complete(_ slot: Int, _ result: Int32) {
    let operation = operations[slot]
    operations[slot] = NoOperation.shared
    freeOperations.append(slot)
    operationsUnderWay -= 1
    operation.completed(result)
  }
}

private final class NoOperation: RingOperation, Sendable {
  static let shared = NoOperation()

  func completed(_ result: Int32) {}
}
