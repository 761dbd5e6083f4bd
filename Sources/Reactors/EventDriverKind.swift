import Base

/// Which driver an operator asks for.
package enum EventDriverKind: String, Sendable, CaseIterable {
  case uring = "io_uring"
  case epoll
  /// io_uring where the kernel lets us, else epoll.
  case auto

  /// A driver, or why the kernel refuses it.
  package func makeDriver() throws(SystemError) -> any EventDriver {
    switch self {
    case .uring: return try UringDriver()
    case .epoll: return try EpollDriver()
    case .auto:
      do { return try UringDriver() } catch { return try EpollDriver() }
    }
  }
}
