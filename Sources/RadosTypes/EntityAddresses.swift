import Wire

/// All addresses of one process, the preferred protocol first.
///
/// Ceph: `entity_addrvec_t`. Layout: `2: u8, count: u32`, then each `entity_addr_t`; older forms start
/// with 0 or 1 and hold one address.
package struct EntityAddresses: Hashable, Sendable {
  package var addresses: [EntityAddress]

  package init(_ addresses: [EntityAddress] = []) { self.addresses = addresses }
  package init(_ address: EntityAddress) { addresses = [address] }

  package var isEmpty: Bool { addresses.isEmpty }
  package var first: EntityAddress? { addresses.first }
  package var v2: EntityAddress? { addresses.first { $0.kind == .v2 } }
  package var v1: EntityAddress? { addresses.first { $0.kind == .v1 } }
  package func contains(_ address: EntityAddress) -> Bool { addresses.contains(address) }
}

extension EntityAddresses: Comparable, CustomStringConvertible {
  package static func < (left: EntityAddresses, right: EntityAddresses) -> Bool {
    left.addresses.lexicographicallyPrecedes(right.addresses)
  }

  package var description: String {
    if addresses.count == 1 { return addresses[0].description }
    return addresses.isEmpty
      ? "" : "[" + addresses.map(\.description).joined(separator: ",") + "]"
  }

  /// From one address, or several in brackets: `[v2:a:1/0,v1:a:2/0]`.
  package init?(_ text: some StringProtocol) {
    if let single = EntityAddress(text) {
      addresses = [single]
      return
    }
    guard text.first == "[", text.last == "]" else { return nil }
    addresses = []
    for part in text.dropFirst().dropLast().split(separator: ",") {
      guard let address = EntityAddress(part) else { return nil }
      addresses.append(address)
    }
    guard !addresses.isEmpty else { return nil }
  }
}

extension EntityAddresses: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    let marker = try reader.read(UInt8.self)
    switch marker {
    case 0: addresses = [try EntityAddress(legacy: &reader)]
    case 1: addresses = [try EntityAddress(framed: &reader)]
    case 2: addresses = try reader.readArray()
    default: throw .invalid("entity_addrvec_t with marker \(marker)")
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(UInt8(2))
    writer.write(array: addresses)
  }
}
