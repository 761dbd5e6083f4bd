import Base

/// Which partition leases which region of the device; any thread.
///
/// A lease needs no record of its own: the first record whose units lie in a region says whose it is.
/// A region goes back only when the checkpoint that says so is durable and no record of the lessee
/// that names it can be replayed.
package final class SpaceMap: @unchecked Sendable {
  static let free: UInt16 = 0xffff
  /// Leased to the index's files.
  static let index: UInt16 = 0xfffe

  let firstUnit: UInt64
  let regionUnits: Int
  let regionCount: Int
  private let lock = Lock()
  private var owners: [UInt16]
  private var freeRegions: Int
  private var next = 0

  init(firstUnit: UInt64, regionUnits: Int, regionCount: Int) {
    self.firstUnit = firstUnit
    self.regionUnits = regionUnits
    self.regionCount = regionCount
    owners = Array(repeating: Self.free, count: regionCount)
    freeRegions = regionCount
  }

  convenience init(_ superblock: Superblock) {
    self.init(
      firstUnit: superblock.dataOffset / UInt64(Limits.unitBytes),
      regionUnits: Int(superblock.regionBytes) / Limits.unitBytes,
      regionCount: superblock.regionCount)
  }

  func region(of unit: UInt64) -> Int? {
    guard unit >= firstUnit else { return nil }
    let region = (unit - firstUnit) / UInt64(regionUnits)
    return region < UInt64(regionCount) ? Int(region) : nil
  }

  func firstUnit(of region: Int) -> UInt64 { firstUnit + UInt64(region * regionUnits) }

  var freeRegionCount: Int { lock.withLock { freeRegions } }

  func owner(of region: Int) -> UInt16 { lock.withLock { owners[region] } }

  func lease(to owner: UInt16) -> Int? {
    lock.withLock {
      guard freeRegions > 0 else { return nil }
      while owners[next] != Self.free { next = (next + 1) % regionCount }
      take(next, owner)
      return next
    }
  }

  /// False if another has it.
  func lease(region: Int, to owner: UInt16) -> Bool {
    lock.withLock {
      if owners[region] == owner { return true }
      guard owners[region] == Self.free else { return false }
      take(region, owner)
      return true
    }
  }

  private func take(_ region: Int, _ owner: UInt16) {
    owners[region] = owner
    freeRegions -= 1
  }

  func giveBack(_ region: Int) {
    lock.withLock {
      precondition(owners[region] != Self.free, "region \(region) given back twice")
      owners[region] = Self.free
      freeRegions += 1
    }
  }
}
