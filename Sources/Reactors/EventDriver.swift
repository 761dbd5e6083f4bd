import Base

/// What a reactor waits with: sockets, device I/O and wake-ups; the only place where it sleeps.
///
/// All but `wake` is called on the reactor's thread. A turn of the loop is `wait`, `deliver`, the
/// work that this made, `flush`.
package protocol EventDriver: AnyObject, Sendable {
  /// `io_uring`, `epoll` or `simulated`.
  var name: String { get }

  /// The reactor's thread takes the driver over; before anything else is called.
  func attach(to reactor: Reactor)

  /// Drops every socket and listener; the reactor has ended.
  func detach()

  /// Collects events. Sleeps until there is one, until `wake`, or until `deadline` (nil: none), but
  /// not at all if `poll`. False if nothing can ever come, which only a simulation knows.
  func wait(until deadline: Instant?, poll: Bool) -> Bool

  /// Calls what waits for the events that `wait` collected.
  func deliver()

  /// Sends what was queued in this turn.
  func flush()

  /// Ends a `wait`, this one or the next. Any thread.
  func wake()

  /// Has events that need no waiting.
  var hasPending: Bool { get }

  /// Listens at `address` (port 0: any free one, see `localAddress`). Accepted sockets are handed to
  /// `onAccept` and are silent until they are started, here or on another reactor (`detach`).
  func listen(
    at address: SocketAddress, onAccept: @escaping (any StreamSocket) -> Void
  ) throws(SystemError) -> any Listener

  /// A socket that is connecting: start it at once, and queue what is to be sent. Whatever keeps it
  /// from connecting is told through its `onClose`.
  func connect(to address: SocketAddress, from local: SocketAddress?) -> any StreamSocket

  /// Goes on with a socket that another driver let go of.
  func adopt(_ socket: DetachedSocket) -> any StreamSocket
}

extension EventDriver {
  package func connect(to address: SocketAddress) -> any StreamSocket {
    connect(to: address, from: nil)
  }
}

/// A bound, listening socket. Confined to its reactor.
package protocol Listener: AnyObject, Sendable {
  var localAddress: SocketAddress { get }
  func close()
}
