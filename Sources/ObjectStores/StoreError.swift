import Base
import Glibc

/// A store said no: the errno that Ceph would use, and to what.
package struct StoreError: Error, Sendable, CustomStringConvertible {
  package let errno: Int32
  package let operation: StaticString
  /// Numbers and names, for people.
  package let detail: String

  package init(_ errno: Int32, _ operation: StaticString, _ detail: String = "") {
    self.errno = errno
    self.operation = operation
    self.detail = detail
  }

  package init(_ error: SystemError, _ operation: StaticString) {
    self.init(error.errno, operation, error.description)
  }

  /// ENOENT: the object or collection is not there.
  package static func absent(_ operation: StaticString) -> StoreError {
    StoreError(ENOENT, operation)
  }

  /// EIO: what was read is not what was written.
  package static func damaged(_ operation: StaticString, _ detail: String) -> StoreError {
    StoreError(EIO, operation, detail)
  }

  package var isAbsent: Bool { errno == ENOENT }

  package var description: String {
    let text = "\(operation): (\(errno)) \(String(cString: strerror(errno)))"
    return detail.isEmpty ? text : text + ": " + detail
  }
}

extension StoreError: Equatable {
  package static func == (left: StoreError, right: StoreError) -> Bool { left.errno == right.errno }
}
