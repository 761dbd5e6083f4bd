import Buffers
import RadosTypes

extension OSDMap {
  /// All that a map says, to build the next one from; `OSDMap` is the published form.
  ///
  /// Arrays and dictionaries are shared with the map before until one of them is changed.
  package struct Contents: Sendable {
    package var clusterID = UniqueID.zero
    package var epoch: UInt32 = 0
    package var created = UTime.zero
    package var modified = UTime.zero

    package var pools: [Int64: Pool] = [:]
    package var poolNames: [Int64: ByteString] = [:]
    /// The highest pool number ever.
    package var poolMax: Int32 = 0
    package var flags = OSDMapFlags()
    package var osds = Table()

    package var pgTemp: [PGID: [Int32]] = [:]
    package var primaryTemp: [PGID: Int32] = [:]
    package var pgUpmap: [PGID: [Int32]] = [:]
    package var pgUpmapItems: [PGID: [UpmapItem]] = [:]

    package var crush = CrushMapper(CrushMap())
    package var crushVersion: UInt32 = 1
    package var erasureProfiles: [ByteString: [ByteString: ByteString]] = [:]

    /// Of this epoch alone, by pool.
    package var newRemovedSnaps: [Int64: IntervalSet] = [:]
    package var newPurgedSnaps: [Int64: IntervalSet] = [:]
    /// Removed and not purged by all yet.
    package var removedSnapsQueue: [Int64: IntervalSet] = [:]

    package var lastUpChange = UTime.zero
    package var lastInChange = UTime.zero
    /// Who may not talk to the cluster, and until when.
    package var blocklist: [EntityAddress: UTime] = [:]
    /// The same for whole networks.
    package var rangeBlocklist: [EntityAddress: UTime] = [:]
    package var clusterSnapshotEpoch: UInt32 = 0
    package var clusterSnapshot = ByteString()

    package var nearFullRatio: Float = 0
    package var fullRatio: Float = 0
    package var backfillFullRatio: Float = 0
    package var requireMinCompatClient = Release.unknown
    package var requireOSDRelease = Release.unknown
    /// State bits (`noUp`...) for all OSDs below a bucket, or of a device class.
    package var crushNodeFlags: [Int32: UInt32] = [:]
    package var deviceClassFlags: [Int32: UInt32] = [:]
    package var stretch = StretchMode()

    package init() {}
  }

  /// One column for each thing that is known of an OSD; all of the same length.
  package struct Table: Sendable {
    package var states: [OSDState] = []
    /// 16.16 fixed point: 0x10000 is in, 0 is out.
    package var weights: [UInt32] = []
    package var clientAddresses: [EntityAddresses] = []
    package var clusterAddresses: [EntityAddresses] = []
    package var heartbeatBackAddresses: [EntityAddresses] = []
    package var heartbeatFrontAddresses: [EntityAddresses] = []
    package var infos: [OSDInfo] = []
    package var extraInfos: [OSDExtraInfo] = []
    package var ids: [UniqueID] = []
    /// 16.16 fixed point; empty as long as nobody set any.
    package var primaryAffinities: [UInt32] = []

    package static let defaultAffinity: UInt32 = 0x10000

    package var count: Int { states.count }

    package mutating func resize(to count: Int) {
      states.resize(to: count, filler: [])
      weights.resize(to: count, filler: 0)
      clientAddresses.resize(to: count, filler: EntityAddresses())
      clusterAddresses.resize(to: count, filler: EntityAddresses())
      heartbeatBackAddresses.resize(to: count, filler: EntityAddresses())
      heartbeatFrontAddresses.resize(to: count, filler: EntityAddresses())
      infos.resize(to: count, filler: OSDInfo())
      extraInfos.resize(to: count, filler: OSDExtraInfo())
      ids.resize(to: count, filler: .zero)
      if !primaryAffinities.isEmpty {
        primaryAffinities.resize(to: count, filler: Self.defaultAffinity)
      }
    }

    mutating func setAffinity(_ affinity: UInt32, of osd: Int) {
      if primaryAffinities.isEmpty {
        primaryAffinities = Array(repeating: Self.defaultAffinity, count: count)
      }
      primaryAffinities[osd] = affinity
    }
  }

  /// In this PG's set, the one OSD instead of the other.
  package struct UpmapItem: Hashable, Sendable {
    package var from: Int32
    package var to: Int32

    package init(from: Int32, to: Int32) {
      self.from = from
      self.to = to
    }
  }

  /// A cluster stretched over sites.
  package struct StretchMode: Hashable, Sendable {
    package var isEnabled = false
    package var bucketCount: UInt32 = 0
    /// How many sites are up, if not all; then whether they are coming back.
    package var degraded: UInt32 = 0
    package var recovering: UInt32 = 0
    package var bucketType: Int32 = 0

    package init() {}
  }
}
