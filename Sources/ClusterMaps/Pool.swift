import Buffers
import RadosTypes
import Wire

/// A pool: how many PGs, how many copies, by which rule, and what is special about it.
///
/// Ceph: `pg_pool_t`. What every op looks at is plain numbers here; the rest is in `details`.
package struct Pool: Equatable, Sendable {
  package enum Kind: UInt8, Sendable {
    case replicated = 1
    case erasure = 3
  }

  package var kind: Kind
  /// How many OSDs a PG wants, and with how few it still serves.
  package var size: UInt8
  package var minSize: UInt8 = 0
  /// A ruleset of the CRUSH map (`CrushMap.findRule`).
  package var crushRule: UInt8 = 0
  /// 1 the Linux dcache's, 2 rjenkins.
  package var objectHash: UInt8 = 2
  package var fastRead = false
  package var cacheMode: UInt8 = 0
  /// 0 off, 1 warn, 2 on.
  package var autoscaleMode: UInt8 = 0xff

  package var pgCount: UInt32 { didSet { pgMask = ObjectHash.mask(for: pgCount) } }
  /// How many places the PGs are spread over: fewer than `pgCount` for a while after a split.
  package var placementCount: UInt32 {
    didSet { placementMask = ObjectHash.mask(for: placementCount) }
  }
  package private(set) var pgMask: UInt32
  package private(set) var placementMask: UInt32
  package var pgCountTarget: UInt32
  package var placementCountTarget: UInt32
  /// What `pgCount` is about to shrink to.
  package var pgCountPending: UInt32

  package var flags: Flags = [.hashPSPool]
  package var lastChange: UInt32 = 0
  /// Clients resend ops from before this epoch; then the same for clients older than Nautilus, Luminous.
  package var lastForceOpResend: UInt32 = 0
  package var lastForceOpResendPrenautilus: UInt32 = 0
  package var lastForceOpResendPreluminous: UInt32 = 0

  package var snapSequence = SnapID.zero
  package var snapEpoch: UInt32 = 0
  /// The pool that this one caches for; -1 none. Likewise the two below.
  package var tierOf: Int64 = -1
  package var readTier: Int64 = -1
  package var writeTier: Int64 = -1
  /// Bytes of an erasure-coded stripe.
  package var stripeWidth: UInt32 = 0
  package var quotaBytesMax: UInt64 = 0
  package var quotaObjectsMax: UInt64 = 0
  package var stretch = Stretch()
  @Boxed package var details = Details()

  package init(kind: Kind = .replicated, size: UInt8 = 3, pgCount: UInt32 = 1) {
    self.kind = kind
    self.size = size
    self.pgCount = pgCount
    placementCount = pgCount
    pgMask = ObjectHash.mask(for: pgCount)
    placementMask = pgMask
    pgCountTarget = pgCount
    placementCountTarget = pgCount
    pgCountPending = pgCount
  }

  /// Ceph: `pg_pool_t::FLAG_*`.
  package struct Flags: OptionSet, Hashable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let hashPSPool = Flags(rawValue: 1 << 0)
    package static let full = Flags(rawValue: 1 << 1)
    package static let erasureOverwrites = Flags(rawValue: 1 << 2)
    package static let incompleteClones = Flags(rawValue: 1 << 3)
    package static let noDelete = Flags(rawValue: 1 << 4)
    package static let noPGChange = Flags(rawValue: 1 << 5)
    package static let noSizeChange = Flags(rawValue: 1 << 6)
    package static let adviseDontNeed = Flags(rawValue: 1 << 7)
    package static let noScrub = Flags(rawValue: 1 << 8)
    package static let noDeepScrub = Flags(rawValue: 1 << 9)
    package static let fullQuota = Flags(rawValue: 1 << 10)
    package static let nearFull = Flags(rawValue: 1 << 11)
    package static let backfillFull = Flags(rawValue: 1 << 12)
    package static let selfManagedSnaps = Flags(rawValue: 1 << 13)
    package static let poolSnaps = Flags(rawValue: 1 << 14)
    package static let creating = Flags(rawValue: 1 << 15)
  }

  /// For clusters stretched over sites: how many instances of which bucket type a PG needs to peer.
  package struct Stretch: Equatable, Sendable {
    package var bucketCount: UInt32 = 0
    package var bucketTarget: UInt32 = 0
    package var bucketBarrier: UInt32 = 0
    /// A bucket that must be among them; `PGShard.noOSD`: none.
    package var mandatoryMember = PGShard.noOSD
  }

  /// What is seldom looked at.
  package struct Details: Equatable, Sendable {
    package var snaps: [SnapID: Snap] = [:]
    package var removedSnaps = IntervalSet()
    /// The uid of the days when pools had owners.
    package var owner: UInt64 = 0
    package var tiers: [UInt64] = []
    package var properties: [ByteString: ByteString] = [:]
    /// `HitSet::Params` within its envelope: the kind, and for Bloom filters their numbers.
    package var hitSetParameters = ByteString([0])
    package var hitSetPeriod: UInt32 = 0
    package var hitSetCount: UInt32 = 0
    package var useGMTHitSet = true
    package var hitSetGradeDecayRate: UInt32 = 0
    package var hitSetSearchLast: UInt32 = 0
    package var targetBytesMax: UInt64 = 0
    package var targetObjectsMax: UInt64 = 0
    /// Millionths.
    package var cacheDirtyRatio: UInt32 = 0
    package var cacheDirtyHighRatio: UInt32 = 0
    package var cacheFullRatio: UInt32 = 0
    /// Seconds.
    package var cacheFlushAgeMin: UInt32 = 0
    package var cacheEvictAgeMin: UInt32 = 0
    package var readRecencyMin: UInt32 = 0
    package var writeRecencyMin: UInt32 = 0
    package var erasureProfile = ByteString()
    package var objectCountExpected: UInt64 = 0
    package var options = PoolOptions()
    package var applications: [ByteString: [ByteString: ByteString]] = [:]
    package var created = UTime.zero
    package var lastMerge = Merge()
  }

  /// A snapshot of the whole pool. Ceph: `pool_snap_info_t`. Layout: framed 2/2.
  package struct Snap: Hashable, Sendable {
    package var id: SnapID
    package var stamp: UTime
    package var name: ByteString

    package init(id: SnapID, stamp: UTime, name: ByteString) {
      self.id = id
      self.stamp = stamp
      self.name = name
    }
  }

  /// The latest merge of two PGs. Ceph: `pg_merge_meta_t`. Layout: framed 1/1, in this order.
  package struct Merge: Hashable, Sendable {
    package var source = PGID()
    package var readyEpoch: UInt32 = 0
    package var lastEpochStarted: UInt32 = 0
    package var lastEpochClean: UInt32 = 0
    package var sourceVersion = EVersion.zero
    package var targetVersion = EVersion.zero
  }
}
