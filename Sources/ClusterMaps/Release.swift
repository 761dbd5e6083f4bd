/// A major release of Ceph, by number: 14 nautilus, 15 octopus, 16 pacific.
///
/// Ceph: `ceph_release_t`. From 128 on (255 in practice) it means "no change" and is below all others.
package struct Release: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  package var rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let unknown = Release(rawValue: 0)
  package static let luminous = Release(rawValue: 12)
  package static let nautilus = Release(rawValue: 14)
  package static let octopus = Release(rawValue: 15)
  package static let pacific = Release(rawValue: 16)
  package static let unchanged = Release(rawValue: 0xff)

  package static func < (left: Release, right: Release) -> Bool {
    if right.rawValue >= 128 { return false }
    return left.rawValue >= 128 || left.rawValue < right.rawValue
  }

  private static let names = [
    "unknown", "argonaut", "bobtail", "cuttlefish", "dumpling", "emperor", "firefly", "giant",
    "hammer",
    "infernalis", "jewel", "kraken", "luminous", "mimic", "nautilus", "octopus", "pacific",
    "quincy",
    "reef",
  ]

  package var description: String {
    Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : "unknown"
  }
}
