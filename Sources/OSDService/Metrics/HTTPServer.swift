import Base
import CLinux
import CMicroHTTPD
import Reactors

package struct HTTPRequest: Sendable {
  package let method: String
  /// Without what follows a question mark.
  package let path: String
}

package struct HTTPReply: Sendable {
  package let status: UInt32
  package let contentType: String
  package let body: String
  /// The methods that a 405 names.
  package let allow: String?

  package init(_ status: UInt32, _ body: String, contentType: String? = nil, allow: String? = nil) {
    self.status = status
    self.body = body
    self.contentType = contentType ?? "text/plain; charset=utf-8"
    self.allow = allow
  }
}

/// Serves small pages over HTTP on a thread of its own, for which no reactor waits.
package final class HTTPServer: @unchecked Sendable {
  package typealias Handler = @Sendable (HTTPRequest) -> HTTPReply

  /// With the port that it has.
  package let address: SocketAddress
  private let server: OpaquePointer
  private let context: Unmanaged<Context>

  /// Listens at once; `answer` is called on the server's thread, one request after the other.
  package init(at wanted: SocketAddress, answer: @escaping Handler) throws(SystemError) {
    let (descriptor, bound) = try wanted.listen(backlog: Int32(Limits.httpConnectionsMax))
    let context = Unmanaged.passRetained(Context(answer: answer))
    var made: OpaquePointer?
    let result = CMicroHTTPD_start(
      descriptor, Limits.httpConnectionsMax, Limits.httpIdleSeconds, Self.handle,
      context.toOpaque(), &made)
    guard result == 0, let made else {
      CLinux_close(descriptor)
      context.release()
      throw SystemError(-result, "an HTTP server on \(bound)")
    }
    address = bound
    server = made
    self.context = context
  }

  /// Waits until the answer under way is made.
  deinit {
    CMicroHTTPD_stop(server)
    context.release()
  }

  private final class Context: Sendable {
    let answer: Handler

    init(answer: @escaping Handler) { self.answer = answer }
  }

  private static let handle: CMicroHTTPD_Handler = { context, request, method, path in
    guard let context, let method, let path else { return -1 }
    let handler = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
    let reply = handler.answer(
      HTTPRequest(method: String(cString: method), path: String(cString: path)))
    return reply.send(to: request)
  }
}

extension HTTPReply {
  fileprivate func send(to request: OpaquePointer?) -> Int32 {
    var body = body
    return body.withUTF8 { bytes in
      CMicroHTTPD_reply(request, status, contentType, allow, bytes.baseAddress, bytes.count)
    }
  }
}

extension Limits {
  /// A few scrapers, and somebody who looks.
  fileprivate static let httpConnectionsMax: UInt32 = 16
  /// Scrapers come every 10 to 60 s.
  fileprivate static let httpIdleSeconds: UInt32 = 75
}
