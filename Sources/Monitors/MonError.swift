import Auth
import Buffers

/// Why something that was asked of the monitors did not come.
package enum MonError: Error, Hashable, Sendable, CustomStringConvertible {
  case timedOut(String)
  /// The monitors will not have us: a wrong key, an unknown name.
  case refused(AuthError)
  case stopped

  package var description: String {
    switch self {
    case .timedOut(let what): "timed out waiting for \(what)"
    case .refused(let error): "the monitors refuse us: \(error)"
    case .stopped: "the monitor client has stopped"
    }
  }
}

/// What a monitor says to a command.
package struct CommandReply: Sendable {
  /// 0 or more, or -errno.
  package var result: Int32
  /// For people.
  package var status: String
  package var output: BufferList

  package init(result: Int32, status: String, output: BufferList) {
    self.result = result
    self.status = status
    self.output = output
  }
}
