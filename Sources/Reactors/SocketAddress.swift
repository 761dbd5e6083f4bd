import Base
import CLinux
import Glibc

/// Where a stream socket is bound or connected.
package enum SocketAddress: Hashable, Sendable {
  /// The address as a number: 127.0.0.1 is 0x7f000001.
  case ip4(UInt32, port: UInt16)
  /// The high and low half of the address as numbers; the scope is an interface's index or 0.
  case ip6(high: UInt64, low: UInt64, scope: UInt32, port: UInt16)
  case unix(String)

  package static func loopback(port: UInt16) -> SocketAddress { .ip4(0x7f00_0001, port: port) }

  package var port: UInt16 {
    switch self {
    case .ip4(_, let port), .ip6(_, _, _, let port): port
    case .unix: 0
    }
  }

  package func with(port: UInt16) -> SocketAddress {
    switch self {
    case .ip4(let address, _): .ip4(address, port: port)
    case .ip6(let high, let low, let scope, _): .ip6(high: high, low: low, scope: scope, port: port)
    case .unix: self
    }
  }

  /// Throws ENAMETOOLONG for a UNIX path past 107 bytes.
  func encoded() throws(SystemError) -> CLinux_Address {
    var encoded = CLinux_Address()
    encoded.port = port
    switch self {
    case .ip4(let address, _):
      encoded.family = UInt16(AF_INET)
      withUnsafeMutableBytes(of: &encoded.bytes) {
        $0.storeBytes(of: address.bigEndian, as: UInt32.self)
      }
    case .ip6(let high, let low, let scope, _):
      encoded.family = UInt16(AF_INET6)
      encoded.scope = scope
      withUnsafeMutableBytes(of: &encoded.bytes) {
        $0.storeBytes(of: high.bigEndian, as: UInt64.self)
        $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
    case .unix(let path):
      guard path.utf8.count < 108 else { throw SystemError(ENAMETOOLONG, "socket path \(path)") }
      encoded.family = UInt16(AF_UNIX)
      withUnsafeMutableBytes(of: &encoded.bytes) { $0.copyBytes(from: path.utf8) }
    }
    return encoded
  }

  /// Nil for other families and for unnamed UNIX sockets.
  init?(_ encoded: CLinux_Address) {
    switch Int32(encoded.family) {
    case AF_INET:
      self = withUnsafeBytes(of: encoded.bytes) {
        .ip4(UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)), port: encoded.port)
      }
    case AF_INET6:
      self = withUnsafeBytes(of: encoded.bytes) {
        .ip6(
          high: UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
          low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
          scope: encoded.scope, port: encoded.port)
      }
    case AF_UNIX:
      let path = withUnsafeBytes(of: encoded.bytes) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard !path.isEmpty else { return nil }
      self = .unix(path)
    default: return nil
    }
  }
}

extension SocketAddress: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unix(let path): return path
    case .ip4(let address, let port):
      let parts = [24, 16, 8, 0].map { String((address >> UInt32($0)) & 0xff) }
      return parts.joined(separator: ".") + ":\(port)"
    case .ip6(let high, let low, _, let port):
      let groups = [high, low].flatMap { half in
        [48, 32, 16, 0].map { String((half >> UInt64($0)) & 0xffff, radix: 16) }
      }
      return "[" + groups.joined(separator: ":") + "]:\(port)"
    }
  }
}

extension SocketAddress {
  /// A new listening socket, and the address with the port that it has.
  package func listen(
    backlog: Int32
  ) throws(SystemError) -> (descriptor: Int32, bound: SocketAddress) {
    var encoded = try encoded()
    let made = CLinux_listen(&encoded, backlog)
    guard made >= 0 else { throw SystemError(-made, "listen on \(self)") }
    var bound = CLinux_Address()
    let isKnown = CLinux_localAddress(made, &bound) == 0
    return (made, isKnown ? SocketAddress(bound) ?? self : self)
  }

  /// Begins to connect a new socket; `pending` if the outcome is still to come.
  func connect(from local: SocketAddress?) throws(SystemError) -> (descriptor: Int32, pending: Bool)
  {
    var target = try encoded()
    var pending: Int32 = 0
    let made: Int32
    if let local {
      var source = try local.encoded()
      made = CLinux_connect(&target, &source, &pending)
    } else {
      made = CLinux_connect(&target, nil, &pending)
    }
    guard made >= 0 else { throw SystemError(-made, "connect to \(self)") }
    return (made, pending != 0)
  }
}
