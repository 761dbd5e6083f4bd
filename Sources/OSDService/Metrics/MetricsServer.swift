import Base
import Configuration
import Messaging
import RadosTypes
import Reactors

/// The daemon's own scrape, `GET /metrics`: off unless `loligo_metrics_port` is set, and where the options
/// say at any time.
///
/// A server is begun and ended on a thread of its own, for ending one waits for the answer under way, which
/// waits for reactors.
package final class MetricsServer: @unchecked Sendable {
  private let gather: @Sendable () -> MetricsText?
  private let log: Log
  private let lock = Lock()
  private let condition = Condition()
  /// Under `lock`, as what follows.
  private var wanted: Place?
  private var isChanging = false
  private var isStopped = false
  /// Of whoever changes it.
  private var place: Place?
  private var server: HTTPServer?

  /// `gather` is called on the server's thread; nil is that there was no answer in time.
  package init(log: Log, gather: @escaping @Sendable () -> MetricsText?) {
    self.log = log
    self.gather = gather
  }

  package func follow(_ configuration: Configuration) {
    configuration.follow { [weak self] in
      let port = configuration.integer("loligo_metrics_port")
      let address = configuration.string("loligo_metrics_address")
      self?.want(port == 0 ? nil : Place(address: address, port: port))
    }
  }

  /// Waits until nothing is served any more; not on a reactor.
  package func stop() {
    want(nil)
    lock.withLock {
      isStopped = true
      while isChanging { condition.wait(lock) }
    }
  }

  private func want(_ next: Place?) {
    let begins = lock.withLock {
      guard !isStopped, next != wanted else { return false }
      wanted = next
      defer { isChanging = true }
      return !isChanging
    }
    guard begins else { return }
    do throws(SystemError) {
      try SystemThread("metrics") { [self] in change() }.detach()
    } catch {
      log.error(.osd, nil, "metrics: \(error)")
      lock.withLock {
        wanted = place
        isChanging = false
      }
    }
  }

  private func change() {
    while !isSettled() {
      server = nil
      place = lock.withLock { wanted }
      server = place.flatMap(serve)
    }
  }

  /// Whether what is wanted is there; if so nobody changes it any more.
  private func isSettled() -> Bool {
    lock.withLock {
      guard wanted == place else { return false }
      isChanging = false
      condition.broadcast()
      return true
    }
  }

  private func serve(at place: Place) -> HTTPServer? {
    guard let address = place.socketAddress else {
      log.error(.osd, nil, "metrics: \(place) is no address and port; not served")
      return nil
    }
    do throws(SystemError) {
      let server = try HTTPServer(at: address) { [gather] in Self.reply(to: $0, gather) }
      log.write(.osd, 0, nil, "metrics: http://\(server.address)/metrics")
      return server
    } catch {
      log.error(.osd, nil, "metrics: \(error); not served")
      return nil
    }
  }
}

extension MetricsServer {
  static func reply(to request: HTTPRequest, _ gather: () -> MetricsText?) -> HTTPReply {
    guard request.path == "/metrics" else { return HTTPReply(404, "only /metrics is here\n") }
    guard request.method == "GET" || request.method == "HEAD" else {
      return HTTPReply(405, "GET or HEAD\n", allow: "GET, HEAD")
    }
    guard let found = gather() else { return HTTPReply(503, "no answer within 5 s\n") }
    return HTTPReply(200, found.text, contentType: MetricsText.contentType)
  }
}

private struct Place: Equatable, Sendable, CustomStringConvertible {
  let address: String
  let port: Int

  var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

  var socketAddress: SocketAddress? {
    guard (1...65535).contains(port) else { return nil }
    return EntityAddress(description)?.socketAddress
  }
}
