import Base
import ClusterMaps
import RadosTypes

/// The monitors of the simulation: they make maps, and answer what OSDs ask.
struct SimMonitor {
  struct OSD {
    var isUp = true
    var isIn = true
    var declinesPrimary = false
    /// Its place in the order in which OSDs are chosen.
    var rank: UInt64
    var upFrom: UInt32 = 1
    var upThrough: UInt32 = 1
    var downAt: UInt32 = 0
    var deadEpoch: UInt32 = 0
  }

  static let pg = PGID(pool: 1, seed: 0)
  private(set) var maps: [(map: OSDMap, placement: PGPlacement)] = []
  var osds: [OSD]
  var pool: Pool
  var pgTemp: [Int32] = []
  /// Whether something is to be told with the next map.
  var isChanged = false

  init(osdCount: Int, random: inout SeededRandom) {
    osds = (0..<osdCount).map { _ in OSD(rank: random.next()) }
    pool = Pool(size: 3)
    pool.minSize = 2
    publish()
  }

  /// The epoch of the newest map; maps count from 1.
  var epoch: UInt32 { UInt32(maps.count) }

  func map(_ epoch: UInt32) -> (map: OSDMap, placement: PGPlacement) { maps[Int(epoch) - 1] }

  mutating func publish() {
    isChanged = false
    let next = epoch + 1
    for index in osds.indices where osds[index].isUp && osds[index].upFrom == .max {
      osds[index].upFrom = next
      osds[index].upThrough = next
    }
    var contents = OSDMap.Contents()
    contents.epoch = next
    contents.pools[1] = pool
    contents.osds.resize(to: osds.count)
    for (number, osd) in osds.enumerated() {
      contents.osds.states[number] = osd.isUp ? [.exists, .up] : [.exists]
      contents.osds.weights[number] = osd.isIn ? 0x10000 : 0
      contents.osds.infos[number].upFrom = osd.upFrom == .max ? 0 : osd.upFrom
      contents.osds.infos[number].upThrough = osd.upThrough
      contents.osds.infos[number].downAt = osd.downAt
      contents.osds.extraInfos[number].deadEpoch = osd.deadEpoch
    }
    maps.append((OSDMap(contents), placement))
  }

  /// As CRUSH would: who is out is replaced, who is only down leaves its place empty.
  private var placement: PGPlacement {
    var placement = PGPlacement()
    let chosen = osds.indices.filter { osds[$0].isIn }.sorted { osds[$0].rank < osds[$1].rank }
    placement.up = chosen.prefix(Int(pool.size)).filter { osds[$0].isUp }.map { Int32($0) }
    if let first = placement.up.firstIndex(where: { !osds[Int($0)].declinesPrimary }) {
      placement.up.insert(placement.up.remove(at: first), at: 0)
    }
    placement.upPrimary = placement.up.first ?? -1
    placement.acting = pgTemp.filter { osds[Int($0)].isUp }
    placement.actingPrimary = placement.acting.first ?? -1
    if placement.acting.isEmpty {
      placement.acting = placement.up
      placement.actingPrimary = placement.upPrimary
    }
    return placement
  }

  // MARK: What OSDs ask

  mutating func markDown(_ osd: Int, isDead: Bool) {
    guard osds[osd].isUp else { return }
    osds[osd].isUp = false
    osds[osd].downAt = epoch + 1
    if isDead { osds[osd].deadEpoch = epoch + 1 }
    isChanged = true
  }

  /// `isNewProcess`: the one before is dead; else it may not even know that it was given up.
  mutating func boot(_ osd: Int, isNewProcess: Bool) {
    markDown(osd, isDead: isNewProcess)
    // There is a map that has it down before the one that has it up again.
    if map(epoch).map.isUp(Int32(osd)) { publish() }
    osds[osd].isUp = true
    osds[osd].upFrom = .max
    isChanged = true
  }

  mutating func alive(_ osd: Int, _ epoch: UInt32) {
    guard osds[osd].isUp, osds[osd].upThrough < epoch else { return }
    osds[osd].upThrough = epoch
    isChanged = true
  }

  /// What is wished for by one who is down, or that would change nothing, is not done.
  mutating func wantTemp(_ wanted: [Int32], from osd: Int) {
    guard osds[osd].isUp, wanted != pgTemp else { return }
    guard wanted.allSatisfy({ osds[Int($0)].isUp }) else { return }
    pgTemp = wanted
    isChanged = true
  }
}
