import Base

/// Which units of the device nobody uses, and who allocates where; any thread.
///
/// Nothing of it is durable: each log brings to the index which units its partitions' objects take, and a
/// start makes the map of that. It is right whichever order the logs are replayed in, since a unit
/// comes here only when the transaction that freed it can no longer be lost.
///
/// A region is leased, for as long as the process lives, to the log whose partitions allocate in it. One
/// that finds no room in its own regions takes one that is all free, and when only the index's reserve
/// is left of those, the lease of the one that has most room, whoever has it.
package final class SpaceMap: @unchecked Sendable {
  static let nobody: UInt16 = 0xffff
  /// Lessee of whole regions for the index's files.
  static let index: UInt16 = 0xfffe
  /// Runs lie behind each other while more than one region in so many is empty: the index, which needs whole
  /// ones, has all that are left then.
  private static let spreadPart = 2

  let firstUnit: UInt64
  let regionUnits: Int
  let regionCount: Int
  private let lock = Lock()
  // Under the lock.
  private var regions: [DeviceRegion]
  private var leases: [UInt16: Lease] = [:]
  private var counts: SpaceCounts
  private var reserved = 0
  private var nextEmpty = 0
  private var waiters: [UInt16: () -> Void] = [:]

  private struct Lease {
    var regions: [Int] = []
    var current = 0
    /// The regions that short and long runs go through from one end to the other.
    var frontiers: [Int?] = [nil, nil]
  }

  init(firstUnit: UInt64, regionUnits: Int, regionCount: Int) {
    self.firstUnit = firstUnit
    self.regionUnits = regionUnits
    self.regionCount = regionCount
    regions = Array(repeating: DeviceRegion(unitCount: regionUnits), count: regionCount)
    counts = SpaceCounts(
      regionUnits: regionUnits, freeUnits: regionUnits * regionCount, emptyRegions: regionCount)
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

  /// How it stands now.
  var now: SpaceCounts { lock.withLock { counts } }

  func isTaken(_ unit: UInt64) -> Bool {
    guard let region = region(of: unit) else { return true }
    return lock.withLock { regions[region].isTaken(Int(unit - firstUnit(of: region))) }
  }

  /// What nobody has taken, in order; regions of the index are taken whole.
  var freeRuns: [UnitRun] {
    let regions = lock.withLock { self.regions }
    var runs: [UnitRun] = []
    for (number, region) in regions.enumerated() where region.lessee != Self.index {
      let first = firstUnit(of: number)
      for bits in region.freeRuns {
        let run = UnitRun(unit: first + UInt64(bits.lowerBound), count: bits.count)
        if let last = runs.last, last.unit + UInt64(last.count) == run.unit {
          runs[runs.count - 1].count += run.count
        } else {
          runs.append(run)
        }
      }
    }
    return runs
  }

  /// Regions that data leaves to the index.
  func keepForIndex(_ regions: Int) { lock.withLock { counts.reservedRegions = regions } }

  // MARK: Data

  /// Whether there is room for so many units; `take` or `unreserve` must follow for all of them.
  func reserve(_ count: Int) -> Bool {
    lock.withLock {
      guard counts.roomForData - reserved >= count else { return false }
      reserved += count
      return true
    }
  }

  func unreserve(_ count: Int) { lock.withLock { reserved -= count } }

  /// Takes units that were reserved, in as few runs as the first places that it finds offer.
  func take(_ count: Int, for log: UInt16, into runs: inout [UnitRun]) {
    lock.withLock {
      reserved -= count
      var left = count
      while left > 0 {
        let isLong = count > Limits.shortRunUnitsMax
        let (index, bits) =
          isSpreading ? takeAhead(left, log, isLong: isLong) : takeLowest(left, log)
        left -= bits.count
        runs.append(
          UnitRun(unit: firstUnit(of: index) + UInt64(bits.lowerBound), count: bits.count))
      }
      counts.freeUnits -= count
    }
  }

  /// While much of the device is empty, runs lie behind each other, so that what is written together lies
  /// together; later they fill what is left between others.
  private var isSpreading: Bool {
    counts.emptyRegions > max(counts.reservedRegions, regionCount / Self.spreadPart)
  }

  private func takeAhead(
    _ most: Int, _ log: UInt16, isLong: Bool
  ) -> (region: Int, bits: Range<Int>) {
    let kind = isLong ? 1 : 0
    while true {
      let index = leases[log]?.frontiers[kind] ?? beginFrontier(log, kind)
      let wasEmpty = regions[index].isEmpty
      if let bits = regions[index].takeAhead(most) {
        if wasEmpty { counts.emptyRegions -= 1 }
        return (index, bits)
      }
      leases[log]?.frontiers[kind] = nil
    }
  }

  /// For short runs the emptiest of the log's regions if half of it is free, else one that is all free.
  private func beginFrontier(_ log: UInt16, _ kind: Int) -> Int {
    let index = kind == 0 ? halfFree(log) : nil
    guard let index = index ?? emptyRegion() else {
      preconditionFailure("no empty region of \(counts)")
    }
    if regions[index].lessee != log { setLease(index, log) }
    regions[index].begin()
    leases[log]!.frontiers[kind] = index
    return index
  }

  private func halfFree(_ log: UInt16) -> Int? {
    guard let lease = leases[log] else { return nil }
    let emptiest = lease.regions.lazy.filter { !lease.frontiers.contains($0) }
      .max { [self] in regions[$0].freeCount < regions[$1].freeCount }
    return emptiest.flatMap { regions[$0].freeCount < regionUnits / 2 ? nil : $0 }
  }

  private func takeLowest(_ most: Int, _ log: UInt16) -> (region: Int, bits: Range<Int>) {
    let index = place(for: log)
    if regions[index].isEmpty { counts.emptyRegions -= 1 }
    return (index, regions[index].take(most))
  }

  /// A region with a free unit that is now the log's.
  private func place(for log: UInt16) -> Int {
    let own = leases[log] ?? Lease()
    for step in own.regions.indices {
      let current = (own.current + step) % own.regions.count
      guard regions[own.regions[current]].freeCount > 0 else { continue }
      if step > 0 { leases[log]!.current = current }
      return own.regions[current]
    }
    let mayTakeEmpty = counts.emptyRegions > counts.reservedRegions
    guard let index = (mayTakeEmpty ? emptyRegion() : nil) ?? roomiest() ?? emptyRegion() else {
      preconditionFailure("\(counts.freeUnits) units are free, but not found")
    }
    setLease(index, log)
    leases[log]!.current = leases[log]!.regions.count - 1
    return index
  }

  private func emptyRegion() -> Int? {
    guard counts.emptyRegions > 0 else { return nil }
    while regions[nextEmpty].lessee != Self.nobody || !regions[nextEmpty].isEmpty {
      nextEmpty = (nextEmpty + 1) % regionCount
    }
    return nextEmpty
  }

  /// Of the regions that data are in, the one with most room.
  private func roomiest() -> Int? {
    regions.indices.lazy.filter { [self] in
      regions[$0].freeCount > 0 && !regions[$0].isEmpty && regions[$0].lessee != Self.index
    }.max { [self] in regions[$0].freeCount < regions[$1].freeCount }
  }

  /// A region in which the log has units; one that another has only if the log `isFirst`.
  func lease(_ index: Int, to log: UInt16, isFirst: Bool) {
    lock.withLock { if regions[index].lessee == Self.nobody || isFirst { setLease(index, log) } }
  }

  /// The partitions are dealt to other logs.
  func endLeases() {
    lock.withLock {
      for index in regions.indices where regions[index].lessee != Self.index { endLease(index) }
    }
  }

  private func setLease(_ index: Int, _ lessee: UInt16) {
    endLease(index)
    regions[index].lessee = lessee
    leases[lessee, default: Lease()].regions.append(index)
  }

  private func endLease(_ index: Int) {
    let lessee = regions[index].lessee
    guard lessee != Self.nobody else { return }
    leases[lessee]!.regions.removeAll { $0 == index }
    leases[lessee]!.current = 0
    leases[lessee]!.frontiers = leases[lessee]!.frontiers.map { $0 == index ? nil : $0 }
    regions[index].lessee = Self.nobody
  }

  /// These may be written by anybody from now on.
  func giveBack(_ runs: [UnitRun]) {
    let woken = lock.withLock {
      for run in runs { giveBack(run) }
      return takeWaiters()
    }
    for waiter in woken { waiter() }
  }

  private func takeWaiters() -> [() -> Void] {
    guard !waiters.isEmpty else { return [] }
    defer { waiters.removeAll() }
    return waiters.sorted { $0.key < $1.key }.map(\.value)
  }

  private func giveBack(_ run: UnitRun) {
    guard let index = region(of: run.unit) else {
      preconditionFailure("unit \(run.unit) is outside of all regions")
    }
    let first = Int(run.unit - firstUnit(of: index))
    guard regions[index].release(first..<first + run.count) else {
      preconditionFailure("units \(run.unit)+\(run.count) freed twice")
    }
    counts.freeUnits += run.count
    guard regions[index].isEmpty else { return }
    endLease(index)
    counts.emptyRegions += 1
  }

  /// Calls `body`, once, when units have come back; on the thread that brings them.
  func whenFreed(_ partition: UInt16, _ body: @escaping () -> Void) {
    lock.withLock { waiters[partition] = body }
  }

  // MARK: The index

  /// A region that is all free, for the index.
  func leaseToIndex() -> Int? {
    lock.withLock {
      guard counts.freeUnits - regionUnits >= reserved, let index = emptyRegion() else {
        return nil
      }
      toIndex(index)
      return index
    }
  }

  /// One that the index has, at a start; false if data are in it.
  func claimForIndex(_ index: Int) -> Bool {
    lock.withLock {
      if regions[index].lessee == Self.index { return true }
      guard regions[index].isEmpty else { return false }
      toIndex(index)
      return true
    }
  }

  private func toIndex(_ index: Int) {
    setLease(index, Self.index)
    counts.emptyRegions -= 1
    counts.freeUnits -= regionUnits
    counts.indexRegions += 1
  }

  func giveBackByIndex(_ index: Int) {
    let woken = lock.withLock {
      precondition(regions[index].lessee == Self.index, "region \(index) is not the index's")
      endLease(index)
      counts.emptyRegions += 1
      counts.freeUnits += regionUnits
      counts.indexRegions -= 1
      return takeWaiters()
    }
    for waiter in woken { waiter() }
  }

  // MARK: Start

  /// What the objects of a log's partitions take of a region; false if another's have some of it.
  func claim(_ taken: UnitBits, in index: Int) -> Bool {
    lock.withLock {
      guard taken.takenCount > 0 else { return true }
      guard regions[index].lessee != Self.index else { return false }
      if regions[index].isEmpty { counts.emptyRegions -= 1 }
      guard regions[index].join(taken) else { return false }
      counts.freeUnits -= taken.takenCount
      return true
    }
  }
}

/// How much of the device is free.
struct SpaceCounts {
  let regionUnits: Int
  /// In regions that the index does not have.
  var freeUnits: Int
  /// Regions that are all free.
  var emptyRegions: Int
  var indexRegions = 0
  /// So many of the free regions are for the index only.
  var reservedRegions = 0

  /// Units that data can have. They take the places between other data first, so that what is left
  /// at the end is whole regions.
  var roomForData: Int { freeUnits - reservedRegions * regionUnits }
}
