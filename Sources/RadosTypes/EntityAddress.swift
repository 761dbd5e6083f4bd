import Buffers
import Wire

/// Where a process listens: protocol, IP address, port, and a nonce that tells its incarnations apart.
///
/// Ceph: `entity_addr_t`. Compared as the 36 bytes that Ceph has in memory, `type: u32, nonce: u32,
/// sockaddr: 28 bytes`, first byte first: both ends of a connection race must see the same order.
/// Layout: `1: u8`, framed 1/1, `type: u32, nonce: u32, length: u32, sockaddr`. The sockaddr has its
/// family little-endian, its port big-endian; 16 bytes for IPv4, else 28.
package struct EntityAddress: Hashable, Sendable {
  /// Which protocol is spoken there; raw values are Ceph's.
  package struct Kind: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let none = Kind(rawValue: 0)
    package static let v1 = Kind(rawValue: 1)
    package static let v2 = Kind(rawValue: 2)
    package static let any = Kind(rawValue: 3)
    /// A network, in the list of blocked clients; the nonce is the prefix length.
    package static let network = Kind(rawValue: 4)
  }

  package enum Family {
    package static let unspecified: UInt16 = 0
    package static let ipv4: UInt16 = 2
    package static let ipv6: UInt16 = 10
  }

  package var kind: Kind
  package var nonce: UInt32
  /// The sockaddr's 28 bytes as they lie in memory, in little-endian words.
  var words: (UInt64, UInt64, UInt64, UInt32)

  package init(kind: Kind = .none, nonce: UInt32 = 0) {
    self.kind = kind
    self.nonce = nonce
    words = (0, 0, 0, 0)
  }

  package init(kind: Kind, ipv4: (UInt8, UInt8, UInt8, UInt8), port: UInt16, nonce: UInt32 = 0) {
    self.init(kind: kind, nonce: nonce)
    family = Family.ipv4
    self.port = port
    setIP([ipv4.0, ipv4.1, ipv4.2, ipv4.3])
  }

  package static let none = EntityAddress()

  package var family: UInt16 {
    get { UInt16(truncatingIfNeeded: words.0) }
    set { words.0 = words.0 & ~0xffff | UInt64(newValue) }
  }

  package var port: UInt16 {
    get { UInt16(truncatingIfNeeded: words.0 >> 16).byteSwapped }
    set { words.0 = words.0 & ~0xffff_0000 | UInt64(newValue.byteSwapped) << 16 }
  }

  /// The address: 4 bytes, 16, or none.
  package var ip: [UInt8] {
    switch family {
    case Family.ipv4: Self.bytes(words.0 >> 32, 4)
    case Family.ipv6: Self.bytes(words.1, 8) + Self.bytes(words.2, 8)
    default: []
    }
  }

  /// Sets 4 bytes (IPv4) or 16 (IPv6), and the family that goes with them; keeps the port.
  package mutating func setIP(_ bytes: [UInt8]) {
    precondition(bytes.count == 4 || bytes.count == 16, "an IP address of \(bytes.count) bytes")
    if bytes.count == 4 {
      family = Family.ipv4
      words.0 = words.0 & 0xffff_ffff | Self.word(bytes[...]) << 32
    } else {
      family = Family.ipv6
      words.0 &= 0xffff_ffff
      words.1 = Self.word(bytes[..<8])
      words.2 = Self.word(bytes[8...])
    }
  }

  private static func bytes(_ word: UInt64, _ count: UInt64) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }

  private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  package var isIPv4: Bool { family == Family.ipv4 }
  package var isIPv6: Bool { family == Family.ipv6 }

  /// No address, or the address that means every one of this machine's.
  package var isBlankIP: Bool {
    switch family {
    case Family.ipv4: words.0 >> 32 == 0
    case Family.ipv6: words.1 == 0 && words.2 == 0
    default: true
    }
  }

  package func isSameHost(as other: EntityAddress) -> Bool {
    family == other.family && (isIPv4 || isIPv6) && ip == other.ip
  }
}

extension EntityAddress: Comparable {
  package static func == (left: EntityAddress, right: EntityAddress) -> Bool {
    left.kind == right.kind && left.nonce == right.nonce && left.words == right.words
  }

  package static func < (left: EntityAddress, right: EntityAddress) -> Bool {
    left.order.lexicographicallyPrecedes(right.order)
  }

  /// The bytes in memory order, as big-endian words.
  private var order: [UInt64] {
    [
      UInt64(kind.rawValue.byteSwapped), UInt64(nonce.byteSwapped), words.0.byteSwapped,
      words.1.byteSwapped, words.2.byteSwapped, UInt64(words.3.byteSwapped),
    ]
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(nonce)
    hasher.combine(words.0)
    hasher.combine(words.2)
  }
}
