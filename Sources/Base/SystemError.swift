import CLinux
import Glibc

/// A system call or foreign library said no: the errno and which call it was.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  package let errno: Int32
  package let operation: String

  package init(_ errno: Int32, _ operation: String) {
    self.errno = errno
    self.operation = operation
  }

  /// Passes on a result of at least 0; throws for `-errno`.
  @discardableResult
  package static func check(_ result: Int32, _ operation: StaticString) throws(SystemError) -> Int32
  {
    guard result >= 0 else { throw SystemError(-result, "\(operation)") }
    return result
  }

  package var description: String { "\(operation): (\(errno)) \(String(cString: strerror(errno)))" }
}
