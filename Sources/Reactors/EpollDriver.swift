import Base
import CLinux
import Glibc

/// Waits with epoll. Descriptors are registered once, edge-triggered, for all they can become.
package final class EpollDriver: KernelDriver, @unchecked Sendable {
  package let name = "epoll"
  private let epoll: Int32
  private let wakeEvent: Int32
  private static let wakeToken = UInt64.max
  private static let timerToken = UInt64.max - 1
  private static let eventsMax = 256

  // Confined to the reactor's thread.
  private var host: SocketHost?
  private var timer: WaitTimer
  private var clock: any Clock = SystemClock()
  private let events = UnsafeMutablePointer<CLinux_Event>.allocate(capacity: eventsMax)
  private var eventCount = 0

  package init() throws(SystemError) {
    epoll = try SystemError.check(CLinux_epollCreate(), "epoll_create1")
    let event = CLinux_eventCreate()
    wakeEvent = event
    timer = try WaitTimer()
    try SystemError.check(event, "eventfd")
    try SystemError.check(CLinux_epollAdd(epoll, event, Self.wakeToken), "epoll_ctl")
    try SystemError.check(CLinux_epollAdd(epoll, timer.descriptor, Self.timerToken), "epoll_ctl")
  }

  deinit {
    events.deallocate()
    CLinux_close(epoll)
    CLinux_close(wakeEvent)
    timer.close()
  }

  var sockets: SocketHost {
    guard let host else { preconditionFailure("an epoll driver without a reactor") }
    return host
  }

  package func attach(to reactor: Reactor) {
    clock = reactor.clock
    let epoll = self.epoll
    host = SocketHost(
      reactor: reactor,
      arm: { descriptor, token in
        let result = CLinux_epollAdd(epoll, descriptor, token)
        return result < 0 ? SystemError(-result, "epoll_ctl") : nil
      },
      disarm: { descriptor, _ in _ = CLinux_epollRemove(epoll, descriptor) })
  }

  package func detach() { host?.abandonAll() }

  package func wait(until deadline: Instant?, poll: Bool) -> Bool {
    let sleeps = !poll && timer.set(for: deadline, now: clock.now)
    let found = CLinux_epollWait(epoll, events, Int32(Self.eventsMax), sleeps ? 1 : 0)
    precondition(found >= 0 || found == -EINTR, "\(SystemError(-found, "epoll_wait"))")
    eventCount = max(0, Int(found))
    return true
  }

  package func deliver() {
    guard let host else { return }
    for at in 0..<eventCount {
      switch events[at].token {
      case Self.wakeToken: break
      case Self.timerToken: timer.wentOff()
      default: host.ready(token: events[at].token, mask: events[at].mask)
      }
    }
    eventCount = 0
    host.deliverPending()
  }

  package func flush() { host?.flush() }

  package func wake() { CLinux_eventSignal(wakeEvent) }

  package var hasPending: Bool { host?.hasPending ?? false }
}
