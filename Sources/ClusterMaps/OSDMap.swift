import Base
import Buffers
import RadosTypes
import Wire

/// The cluster at one epoch: its OSDs, its pools, and where their PGs are.
///
/// Ceph: `OSDMap`. Immutable, shared by all threads; `applying` makes the next one.
package final class OSDMap: Sendable {
  package let contents: Contents
  /// The checksum that the map was read or last written with.
  package let checksum: UInt32

  package let osdCount: Int
  package let upCount: Int
  package let inCount: Int
  /// What every OSD that is up understands.
  package let upFeatures: Features

  package init(_ contents: Contents, checksum: UInt32 = 0) {
    self.contents = contents
    self.checksum = checksum
    let table = contents.osds
    let present = table.states.indices.filter { table.states[$0].contains(.exists) }
    let up = present.filter { table.states[$0].contains(.up) }
    osdCount = present.count
    upCount = up.count
    inCount = present.count { table.weights[$0] != 0 }
    // Those that say nothing of themselves do not count.
    let features = up.map { table.extraInfos[$0].features }.filter { !$0.isEmpty }
    upFeatures = features.dropFirst().reduce(features.first ?? []) { $0.intersection($1) }
  }

  package var clusterID: UniqueID { contents.clusterID }
  package var epoch: UInt32 { contents.epoch }
  package var modified: UTime { contents.modified }
  package var flags: OSDMapFlags { contents.flags }
  package var pools: [Int64: Pool] { contents.pools }
  package var crush: CrushMap { contents.crush.map }
  package var fullRatio: Float { contents.fullRatio }
  package var nearFullRatio: Float { contents.nearFullRatio }
  package var backfillFullRatio: Float { contents.backfillFullRatio }
  package var requireOSDRelease: Release { contents.requireOSDRelease }

  /// One more than the highest number an OSD can have.
  package var osdMax: Int32 { Int32(contents.osds.count) }

  package func pool(_ id: Int64) -> Pool? { contents.pools[id] }
  /// In place: a pool is large. Nil without that pool.
  package func seed(ofHash hash: UInt32, pool id: Int64) -> UInt32? {
    contents.pools[id]?.seed(ofHash: hash)
  }
  package func poolName(_ id: Int64) -> ByteString? { contents.poolNames[id] }
  package func poolID(named name: ByteString) -> Int64? {
    contents.poolNames.first { $0.value == name }?.key
  }
}

/// Why a map cannot be had.
package enum OSDMapError: Error, Hashable, CustomStringConvertible {
  case decode(DecodeError)
  case otherCluster(UniqueID, ours: UniqueID)
  case notNext(epoch: UInt32, incremental: UInt32)
  /// An incremental speaks of an OSD that the map has no place for.
  case noSuchOSD(Int32)
  /// What we wrote is not what the monitor wrote: its checksum is another.
  case checksumDiffers(epoch: UInt32, ours: UInt32, monitors: UInt32)
  /// Only forms for readers from Nautilus on are written.
  case readerTooOld(Features)

  package var description: String {
    switch self {
    case .decode(let what): "cannot be read: \(what)"
    case .otherCluster(let theirs, let ours): "is of cluster \(theirs), ours is \(ours)"
    case .notNext(let epoch, let incremental):
      "incremental map \(incremental) does not follow map \(epoch)"
    case .noSuchOSD(let osd): "speaks of osd.\(osd), which the map has no place for"
    case .checksumDiffers(let epoch, let ours, let monitors):
      "map \(epoch) has checksum \(ours), the monitor's has \(monitors)"
    case .readerTooOld(let features):
      "no form for features \(String(features.rawValue, radix: 16))"
    }
  }
}
