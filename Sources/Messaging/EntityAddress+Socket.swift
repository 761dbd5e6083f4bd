import RadosTypes
import Reactors

extension EntityAddress {
  /// Nil if it names no TCP address.
  package var socketAddress: SocketAddress? {
    let bytes = ip
    switch bytes.count {
    case 4: return .ip4(bytes.reduce(0) { $0 << 8 | UInt32($1) }, port: port)
    case 16:
      return .ip6(
        high: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) },
        low: bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }, scope: 0, port: port)
    case _: return nil
    }
  }

  /// An address of protocol v2.
  package init(_ address: SocketAddress?, kind: Kind = .v2, nonce: UInt32 = 0) {
    self.init(kind: kind, nonce: nonce)
    switch address {
    case .ip4(let number, let port):
      setIP((0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) })
      self.port = port
    case .ip6(let high, let low, _, let port):
      setIP(
        [high, low].flatMap { half in
          (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
        })
      self.port = port
    case .unix, nil: break
    }
  }
}

extension EntityAddresses {
  /// By which a session's peer is known: its v2 address, nonce included.
  var key: EntityAddress { v2 ?? first ?? .none }
}
