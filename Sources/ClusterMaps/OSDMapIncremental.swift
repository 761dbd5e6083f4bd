import Buffers
import RadosTypes

extension OSDMap {
  /// What changed from one epoch to the next.
  ///
  /// Ceph: `OSDMap::Incremental`. Nil and empty mean: no change.
  package struct Incremental: Sendable {
    package var clusterID = UniqueID.zero
    package var epoch: UInt32
    package var modified = UTime.zero
    /// What the monitor encoded this with, and the next full map, whose checksum is `fullChecksum`.
    package var encodeFeatures = OSDMap.significantFeatures
    package var fullChecksum: UInt32 = 0
    /// A whole map in place of all else.
    package var fullMap = ByteSlice.empty
    /// A whole new CRUSH map.
    package var crush = ByteSlice.empty

    package var newPoolMax: Int64 = -1
    package var newFlags: Int32 = -1
    package var newOSDMax: Int32 = -1
    package var newPools: [Int64: Pool] = [:]
    package var newPoolNames: [Int64: ByteString] = [:]
    package var oldPools: Set<Int64> = []

    package var newUpClient: [Int32: EntityAddresses] = [:]
    package var newUpCluster: [Int32: EntityAddresses] = [:]
    package var newHeartbeatBack: [Int32: EntityAddresses] = [:]
    package var newHeartbeatFront: [Int32: EntityAddresses] = [:]
    /// Bits to toggle; none at all toggles `up`.
    package var newState: [Int32: OSDState] = [:]
    package var newWeight: [Int32: UInt32] = [:]
    package var newPrimaryAffinity: [Int32: UInt32] = [:]
    package var newUpThrough: [Int32: UInt32] = [:]
    package var newLastCleanInterval: [Int32: CleanInterval] = [:]
    package var newLost: [Int32: UInt32] = [:]
    package var newIDs: [Int32: UniqueID] = [:]
    package var newExtraInfo: [Int32: OSDExtraInfo] = [:]

    /// No OSDs: back to what CRUSH says.
    package var newPGTemp: [PGID: [Int32]] = [:]
    /// -1: back to the first of the acting ones.
    package var newPrimaryTemp: [PGID: Int32] = [:]
    package var newPGUpmap: [PGID: [Int32]] = [:]
    package var oldPGUpmap: Set<PGID> = []
    package var newPGUpmapItems: [PGID: [UpmapItem]] = [:]
    package var oldPGUpmapItems: Set<PGID> = []

    package var newErasureProfiles: [ByteString: [ByteString: ByteString]] = [:]
    package var oldErasureProfiles: [ByteString] = []
    package var newRemovedSnaps: [Int64: IntervalSet] = [:]
    package var newPurgedSnaps: [Int64: IntervalSet] = [:]
    package var newLastUpChange = UTime.zero
    package var newLastInChange = UTime.zero
    package var newBlocklist: [EntityAddress: UTime] = [:]
    package var oldBlocklist: [EntityAddress] = []
    package var newRangeBlocklist: [EntityAddress: UTime] = [:]
    package var oldRangeBlocklist: [EntityAddress] = []
    package var clusterSnapshot = ByteString()

    /// Below 0: no change.
    package var newNearFullRatio: Float = -1
    package var newFullRatio: Float = -1
    package var newBackfillFullRatio: Float = -1
    package var newRequireMinCompatClient = Release.unchanged
    package var newRequireOSDRelease = Release.unchanged
    package var newCrushNodeFlags: [Int32: UInt32] = [:]
    package var newDeviceClassFlags: [Int32: UInt32] = [:]
    package var newStretch: StretchMode?

    package init(epoch: UInt32 = 0) { self.epoch = epoch }

    package struct CleanInterval: Hashable, Sendable {
      package var begin: UInt32
      package var end: UInt32
    }
  }
}
