/// What a peer's software understands: one bit each, some bits reused after a rebirth ("incarnation").
///
/// Ceph: ceph_features.h. A reused bit counts only together with the bits that mark its incarnation.
@usableFromInline package struct Features: RawRepresentable, OptionSet, Hashable, Sendable {
  @usableFromInline package var rawValue: UInt64

  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  private static func bit(_ number: UInt64) -> Features { Features(rawValue: 1 << number) }

  private static let second = bit(57)
  private static let third = bit(57).union(bit(28))

  package static let uid = bit(0)
  package static let serverNautilus = bit(2).union(third)
  package static let reconnectSequence = bit(6)
  package static let pgID64 = bit(9)
  package static let pgPool3 = bit(11)
  package static let osdEncoding = bit(13)
  package static let serverKraken = bit(14).union(second)
  package static let serverOctopus = bit(16).union(third)
  /// Commit and apply latency in nanoseconds. Not advertised: the statistics stay in milliseconds.
  package static let perfStatNanoseconds = bit(17).union(third)
  package static let crushTunables = bit(18)
  package static let pgLogHardLimit = bit(19).union(second)
  package static let serverPacific = bit(20).union(third)
  package static let serverLuminous = bit(21).union(second)
  package static let resendOnSplit = bit(21).union(second)
  package static let radosBackoff = bit(21).union(second)
  package static let osdMapUpmap = bit(21).union(second)
  package static let crushChooseArguments = bit(21).union(second)
  package static let fixedCollectionList = bit(22).union(second)
  package static let messageAuthentication = bit(23)
  package static let recoveryReservation2 = bit(24).union(second)
  package static let crushTunables2 = bit(25)
  package static let serverMimic = bit(28).union(second)
  package static let hashPSPool = bit(30)
  package static let stretchMode = bit(32).union(third)
  package static let rangeBlocklist = bit(34).union(third)
  package static let cachePool = bit(35)
  package static let crushV2 = bit(36)
  package static let osdMapEncoding = bit(39)
  package static let crushTunables3 = bit(41)
  package static let primaryAffinity = bit(41)
  package static let keepalive2 = bit(42)
  package static let poolResend = bit(43)
  package static let adviseFlags = bit(46)
  package static let crushV4 = bit(48)
  package static let newOpEncoding = bit(56)
  package static let statefulSubscriptions = bit(57)
  package static let serverJewel = bit(57)
  package static let crushTunables5 = bit(58)
  package static let newOpReplyEncoding = bit(58)
  package static let messageAddress2 = bit(59)
  package static let recoveryDeletes = bit(60)
  package static let cephXV2 = bit(61)

  /// What 16.2.15 advertises on every connection (seen on the wire).
  package static let pacific = Features(rawValue: 0x3f01_cfbd_fffd_ffff)
}
