import Base

/// An index that cannot be read or written any more; what it holds must not be trusted beyond this.
package struct KeyValueError: Error, Hashable, Sendable, CustomStringConvertible {
  package let errno: Int32
  package let operation: String

  package init(errno: Int32, _ operation: String) {
    self.errno = errno
    self.operation = operation
  }

  package init(_ error: SystemError) {
    self.init(errno: error.errno, error.operation)
  }

  package var description: String { SystemError(errno, operation).description }
}
