import Base
import RadosTypes

/// One moment on both clocks: deadlines and delays follow the steady one, stamps on the wire the other.
struct PingTime: Sendable {
  var steady: Instant
  var wall: UTime

  init(steady: Instant, wall: UTime) {
    self.steady = steady
    self.wall = wall
  }

  init(_ clock: any Clock) {
    self.init(steady: clock.now, wall: UTime(wallNanoseconds: clock.wallNanoseconds))
  }
}

/// The two ways to a peer, with a connection each. Ceph: `con_back` and `con_front`.
enum HeartbeatNetwork: CaseIterable, Sendable { case back, front }
