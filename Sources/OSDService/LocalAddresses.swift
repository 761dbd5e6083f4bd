import Glibc
import RadosTypes

/// The addresses of this machine's interfaces, to pick one out of a network.
enum LocalAddresses {
  /// The first in any of `networks`, `10.0.0.0/8, fd00::/8`.
  static func first(in networks: String) -> EntityAddress? {
    let wanted = networks.split { $0 == "," || $0 == " " || $0 == ";" }.compactMap(network)
    return all().map(\.address).first { address in
      wanted.contains { isIn(address.ip, $0.ip, $0.bits) }
    }
  }

  /// The name of the interface that has the address; empty if none has it. Ceph: `pick_iface`.
  static func interface(of address: EntityAddress?) -> String {
    guard let address else { return "" }
    return all().first { $0.address.ip == address.ip }?.interface ?? ""
  }

  private static func network(_ text: Substring) -> (ip: [UInt8], bits: Int)? {
    let parts = text.split(separator: "/")
    guard let first = parts.first, let address = EntityAddress(first) else { return nil }
    let most = address.ip.count * 8
    let bits = parts.count == 2 ? Int(parts[1]) : most
    return bits.flatMap { (0...most).contains($0) ? (address.ip, $0) : nil }
  }

  private static func isIn(_ ip: [UInt8], _ network: [UInt8], _ bits: Int) -> Bool {
    guard ip.count == network.count else { return false }
    return (0..<bits).allSatisfy { bit in
      (ip[bit / 8] ^ network[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
    }
  }

  private static func all() -> [(interface: String, address: EntityAddress)] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var found: [(interface: String, address: EntityAddress)] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let socket = entry.ifa_addr else { continue }
      if let address = address(socket) { found.append((String(cString: entry.ifa_name), address)) }
    }
    return found
  }

  private static func address(_ socket: UnsafeMutablePointer<sockaddr>) -> EntityAddress? {
    var address = EntityAddress(kind: .v2)
    let raw = UnsafeRawPointer(socket)
    switch Int32(socket.pointee.sa_family) {
    case AF_INET: address.setIP(bytes(raw + 4, 4))
    case AF_INET6: address.setIP(bytes(raw + 8, 16))
    default: return nil
    }
    return address
  }

  private static func bytes(_ start: UnsafeRawPointer, _ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}
