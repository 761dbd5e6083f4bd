/// What holds for the whole cluster. Ceph: `CEPH_OSDMAP_*` in rados.h.
package struct OSDMapFlags: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let nearFull = OSDMapFlags(rawValue: 1 << 0)
  package static let full = OSDMapFlags(rawValue: 1 << 1)
  package static let pauseRead = OSDMapFlags(rawValue: 1 << 2)
  package static let pauseWrite = OSDMapFlags(rawValue: 1 << 3)
  package static let pauseRecovery = OSDMapFlags(rawValue: 1 << 4)
  package static let noUp = OSDMapFlags(rawValue: 1 << 5)
  package static let noDown = OSDMapFlags(rawValue: 1 << 6)
  package static let noOut = OSDMapFlags(rawValue: 1 << 7)
  package static let noIn = OSDMapFlags(rawValue: 1 << 8)
  package static let noBackfill = OSDMapFlags(rawValue: 1 << 9)
  package static let noRecover = OSDMapFlags(rawValue: 1 << 10)
  package static let noScrub = OSDMapFlags(rawValue: 1 << 11)
  package static let noDeepScrub = OSDMapFlags(rawValue: 1 << 12)
  package static let noTierAgent = OSDMapFlags(rawValue: 1 << 13)
  package static let noRebalance = OSDMapFlags(rawValue: 1 << 14)
  package static let sortBitwise = OSDMapFlags(rawValue: 1 << 15)
  package static let requireJewel = OSDMapFlags(rawValue: 1 << 16)
  package static let requireKraken = OSDMapFlags(rawValue: 1 << 17)
  package static let requireLuminous = OSDMapFlags(rawValue: 1 << 18)
  package static let recoveryDeletes = OSDMapFlags(rawValue: 1 << 19)
  package static let purgedSnapDirectories = OSDMapFlags(rawValue: 1 << 20)
  package static let noSnapTrim = OSDMapFlags(rawValue: 1 << 21)
  package static let pgLogHardLimit = OSDMapFlags(rawValue: 1 << 22)

  /// What `requireOSDRelease` says since Luminous.
  static let legacyRequirements: OSDMapFlags = [.requireJewel, .requireKraken, .requireLuminous]

  private static let names: [(OSDMapFlags, String)] = [
    (.pauseRead, "pauserd"), (.pauseWrite, "pausewr"),
    (.pauseRecovery, "pauserec"), (.noUp, "noup"), (.noDown, "nodown"), (.noOut, "noout"),
    (.noIn, "noin"), (.noBackfill, "nobackfill"), (.noRebalance, "norebalance"),
    (.noRecover, "norecover"), (.noScrub, "noscrub"), (.noDeepScrub, "nodeep-scrub"),
    (.noTierAgent, "notieragent"), (.noSnapTrim, "nosnaptrim"), (.sortBitwise, "sortbitwise"),
    (.requireJewel, "require_jewel_osds"), (.requireKraken, "require_kraken_osds"),
    (.requireLuminous, "require_luminous_osds"), (.recoveryDeletes, "recovery_deletes"),
    (.purgedSnapDirectories, "purged_snapdirs"), (.pgLogHardLimit, "pglog_hardlimit"),
  ]

  /// As `ceph osd dump` prints them.
  package var text: String {
    Self.names.filter { contains($0.0) }.map(\.1).joined(separator: ",")
  }
}
