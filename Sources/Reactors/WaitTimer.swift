import Base
import CLinux

/// The kernel's timer that ends a driver's wait when the reactor's first timer is due.
///
/// It stays set over the waits that end before: a wait with a limit of its own sets a timer and takes it back
/// each time, which is up to a tenth of what a sleep costs. So it may also end a wait for a timer that was
/// cancelled meanwhile. Confined to the reactor.
struct WaitTimer {
  /// Readable when it has gone off.
  let descriptor: Int32
  private var due: Instant?

  init() throws(SystemError) {
    descriptor = CLinux_timerCreate()
    try SystemError.check(descriptor, "timerfd_create")
  }

  /// Sees to it that a wait from now on ends by `deadline`; false if it is that late already.
  mutating func set(for deadline: Instant?, now: Instant) -> Bool {
    guard let deadline else { return true }
    guard now < deadline else { return false }
    if let due, due <= deadline { return true }
    let result = CLinux_timerSet(descriptor, UInt64((deadline - now).wholeNanoseconds))
    precondition(result == 0, "\(SystemError(-result, "timerfd_settime"))")
    due = deadline
    return true
  }

  mutating func wentOff() { due = nil }

  func close() { CLinux_close(descriptor) }
}
