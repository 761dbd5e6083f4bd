import RadosTypes

/// Who may not talk to the cluster.
///
/// Source: `OSDMap::is_blocklisted` in src/osd/OSDMap.cc; networks came with 16.2.14.
extension OSDMap {
  package func isBlocked(_ addresses: EntityAddresses) -> Bool {
    hasBlocklist && addresses.addresses.contains(where: isBlocked)
  }

  package var hasBlocklist: Bool { !contents.blocklist.isEmpty || !contents.rangeBlocklist.isEmpty }

  package func isBlocked(_ address: EntityAddress) -> Bool {
    guard hasBlocklist else { return false }
    // Since Nautilus the entries are for any protocol.
    var entry = address
    entry.kind = requireOSDRelease < .nautilus ? .v1 : .any
    if contents.blocklist[entry] != nil { return true }
    guard address.isIPv4 || address.isIPv6 else { return false }
    // An entry for a whole host.
    entry.port = 0
    entry.nonce = 0
    if contents.blocklist[entry] != nil { return true }
    return contents.rangeBlocklist.keys.contains { $0.isNetwork(of: address) }
  }

  /// The entries that the map has and `older` had not.
  package func newlyBlocked(since older: OSDMap) -> [EntityAddress] {
    contents.blocklist.keys.filter { older.contents.blocklist[$0] == nil }.sorted()
  }
}

extension EntityAddress {
  /// Whether `host` shares the first `nonce` bits of this address, which is how networks are written.
  fileprivate func isNetwork(of host: EntityAddress) -> Bool {
    guard family == host.family else { return false }
    let (mine, theirs) = (ip, host.ip)
    var bits = Int(nonce)
    for (one, other) in zip(mine, theirs) where bits > 0 {
      let mask: UInt8 = bits >= 8 ? 0xff : ~(0xff >> UInt8(bits))
      if one & mask != other & mask { return false }
      bits -= 8
    }
    return true
  }
}
