import Glibc

/// A blocking TCP socket on loopback: a client that is none of ours. Closed when nobody holds it.
package final class BlockingClient {
  package let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)

  /// Connected; nil: nobody listens at that port.
  package static func connected(to port: UInt16) -> BlockingClient? {
    let client = BlockingClient()
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return result == 0 ? client : nil
  }

  deinit { close(descriptor) }
}
