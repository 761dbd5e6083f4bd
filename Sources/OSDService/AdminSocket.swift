import Base
import Buffers
import Glibc
import Reactors

/// The UNIX socket that `ceph daemon` speaks to: one request a connection.
///
/// Request: JSON text ended by NUL or newline. Reply: u32 big-endian length, then that many bytes; an
/// error has no code of its own, its text begins with `ERROR: (n) ...` (`src/common/admin_socket.cc`).
/// Confined to `reactor`.
package final class AdminSocket: @unchecked Sendable {
  private let reactor: Reactor
  private let table: CommandTable
  private let log: Log
  private let path: String
  private var listener: (any Listener)?
  private var connections: [ObjectIdentifier: any StreamSocket] = [:]

  package init(path: String, reactor: Reactor, table: CommandTable, log: Log) {
    self.path = path
    self.reactor = reactor
    self.table = table
    self.log = log
  }

  /// Takes the path over from a predecessor that is gone. On the reactor's thread.
  package func open() throws(SystemError) {
    unlink(path)
    listener = try reactor.driver.listen(at: .unix(path)) { [weak self] socket in
      self?.serve(socket)
    }
    chmod(path, 0o755)
  }

  package func close() {
    listener?.close()
    listener = nil
    for socket in connections.values { socket.close() }
    connections = [:]
    unlink(path)
  }

  private func serve(_ socket: any StreamSocket) {
    let id = ObjectIdentifier(socket)
    connections[id] = socket
    var request: [UInt8] = []
    var isAnswered = false
    socket.start(
      onReceive: { [weak self] bytes in
        guard let self, !isAnswered else { return }
        request.append(contentsOf: bytes.array)
        let end = request.firstIndex { $0 == 0 || $0 == 10 }
        if let end {
          isAnswered = true
          answer(String(decoding: request[..<end], as: UTF8.self), on: socket)
        } else if request.count > Limits.adminRequestBytesMax {
          log.error(
            .asok, nil, "admin socket: a request of over \(Limits.adminRequestBytesMax) bytes")
          finish(socket)
        }
      },
      onClose: { [weak self] _ in self?.connections[id] = nil })
  }

  private func answer(_ request: String, on socket: any StreamSocket) {
    log.write(.asok, 5, nil, "admin socket: \(request)")
    reactor.spawn { [self] in
      let result = await table.execute(request == "0" ? #"{"prefix":"0"}"# : request)
      var text = result.output
      if result.code < 0 {
        let words = String(cString: strerror(-result.code))
        text = "ERROR: (\(-result.code)) \(words)\n\(result.status)\n" + text
      } else if text.isEmpty {
        text = result.status
      }
      let body = Array(text.utf8)
      let length = UInt32(body.count)
      let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
      socket.send(ByteSlice(head + body))
      finish(socket)
    }
  }

  /// Closes once what is queued has left; `close` alone would try only once.
  private func finish(_ socket: any StreamSocket) {
    guard socket.bytesQueued > 0 else {
      connections[ObjectIdentifier(socket)] = nil
      return socket.close()
    }
    reactor.schedule(after: .milliseconds(1)) { [weak self] in self?.finish(socket) }
  }
}

extension Limits {
  /// Stock takes requests of up to 1 KiB on this socket, commands with arguments through `tell` more.
  static let adminRequestBytesMax = 64 << 10
}
