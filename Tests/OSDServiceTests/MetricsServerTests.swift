import Base
import Configuration
import Glibc
import Reactors
import TestKit
import Testing

@testable import OSDService

@Suite(.serialized) struct MetricsServerTests {
  private func reply(
    _ method: String, _ path: String, _ gather: () -> MetricsText? = { MetricsText() }
  ) -> HTTPReply {
    MetricsServer.reply(to: HTTPRequest(method: method, path: path), gather)
  }

  @Test func `one page, for reading`() {
    #expect(reply("GET", "/metrics").status == 200)
    #expect(reply("HEAD", "/metrics").status == 200)
    #expect(reply("GET", "/").status == 404)
    #expect(reply("POST", "/metrics").status == 405)
    #expect(reply("POST", "/metrics").allow == "GET, HEAD")
    #expect(reply("GET", "/metrics", { nil }).status == 503)
  }

  /// What comes for `request` until the server closes.
  private func exchange(_ port: UInt16, _ request: String) -> String {
    guard let client = BlockingClient.connected(to: port) else { return "" }
    let descriptor = client.descriptor
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var request = request
    request.withUTF8 { _ = send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    var received: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &part, part.count, 0)
      // The completions of a ring that was made on this thread interrupt it, and a wait that has a
      // limit does not go on by itself.
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      received += part[..<count]
    }
    return withExtendedLifetime(client) { String(decoding: received, as: UTF8.self) }
  }

  private func closing(_ line: String) -> String {
    "\(line) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
  }

  @Test func `replies go out as they are`() throws {
    let server = try HTTPServer(at: .loopback(port: 0)) { request in
      HTTPReply(200, "\(request.method) \(request.path)", contentType: "text/x-test")
    }
    let port = server.address.port
    let whole = exchange(port, closing("GET /a?b=c"))
    #expect(whole.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(whole.contains("Content-Type: text/x-test\r\n"))
    #expect(whole.hasSuffix("\r\n\r\nGET /a"))
    let head = exchange(port, closing("HEAD /a"))
    #expect(head.contains("Content-Length: 7\r\n"))
    #expect(head.hasSuffix("\r\n\r\n"))
  }

  @Test func `what is no HTTP is refused`() throws {
    let server = try HTTPServer(at: .loopback(port: 0)) { _ in HTTPReply(200, "") }
    #expect(!exchange(server.address.port, "\u{1}\u{2}\r\n\r\n").hasPrefix("HTTP/1.1 200"))
    #expect(exchange(server.address.port, closing("GET /")).hasPrefix("HTTP/1.1 200"))
  }

  @Test func `a server that is let go of has ended`() throws {
    var server: HTTPServer? = try HTTPServer(at: .loopback(port: 0)) { _ in HTTPReply(200, "") }
    let port = try #require(server).address.port
    server = nil
    #expect(exchange(port, closing("GET /")).isEmpty)
    server = try HTTPServer(at: .loopback(port: port)) { _ in HTTPReply(200, "") }
    #expect(!exchange(port, closing("GET /")).isEmpty)
  }

  @Test func `a port that is taken is an error with the number`() throws {
    let first = try HTTPServer(at: .loopback(port: 0)) { _ in HTTPReply(200, "") }
    #expect(throws: SystemError(EADDRINUSE, "listen on \(first.address)")) {
      try HTTPServer(at: first.address) { _ in HTTPReply(200, "") }
    }
  }

  @Test func `an answer is waited for no longer than is said`() {
    let answer = Answer<Int>()
    #expect(answer.wait(for: .milliseconds(20)) == nil)
    answer.put(3)
    #expect(answer.wait(for: .seconds(60)) == 3)
  }
}
