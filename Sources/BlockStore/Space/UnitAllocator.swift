import Base
import Buffers
import Wire

/// Units next to each other on the device.
struct UnitRun: Equatable {
  var unit: UInt64
  var count: Int
}

/// A leased region: which of its units are taken.
final class SpaceRegion {
  let index: Int
  let firstUnit: UInt64
  let unitCount: Int
  fileprivate(set) var words: [UInt64]
  fileprivate(set) var freeCount: Int
  fileprivate var cursor = 0
  /// Differs from what the index has.
  var isDirty = false
  /// Found empty by a checkpoint under way, which will give it back.
  var isLeaving = false

  init(index: Int, firstUnit: UInt64, unitCount: Int) {
    self.index = index
    self.firstUnit = firstUnit
    self.unitCount = unitCount
    words = Array(repeating: 0, count: (unitCount + 63) / 64)
    freeCount = unitCount
    // What no unit stands for is taken.
    if unitCount % 64 != 0 { words[words.count - 1] = ~0 << UInt64(unitCount % 64) }
  }

  func isTaken(_ bit: Int) -> Bool { words[bit / 64] & (1 << UInt64(bit % 64)) != 0 }

  func take(_ bit: Int) {
    words[bit / 64] |= 1 << UInt64(bit % 64)
    freeCount -= 1
    isDirty = true
  }

  func release(_ bit: Int) {
    words[bit / 64] &= ~(1 << UInt64(bit % 64))
    freeCount += 1
    isDirty = true
  }

  /// The first free unit at or after `bit`.
  func nextFree(_ bit: Int) -> Int? {
    guard bit < unitCount else { return nil }
    var word = bit / 64
    var free = ~words[word] & (~0 << UInt64(bit % 64))
    while free == 0 {
      word += 1
      guard word < words.count else { return nil }
      free = ~words[word]
    }
    return word * 64 + free.trailingZeroBitCount
  }

  /// Value of a `U` key: u16 owner, then the free map, a bit a unit, 1 taken.
  func encode(owner: UInt16, words: [UInt64]) -> [UInt8] {
    let buffer = EncodeBuffer(capacity: 8 * words.count + 2)
    buffer.put(owner)
    for word in words { buffer.put(word) }
    return buffer.array
  }

  func load(_ cursor: inout ByteCursor) throws(DecodeError) {
    for index in words.indices { words[index] |= try cursor.take(UInt64.self) }
    freeCount = words.count * 64 - words.reduce(0) { $0 + $1.nonzeroBitCount }
  }
}

/// A partition's space: the regions that it leases, what is free in them, and what will be.
///
/// A unit that a transaction frees stays taken until a durable record carries a mark that covers the
/// transaction, and every read begun before has ended. Confined to the partition's reactor.
final class UnitAllocator {
  let space: SpaceMap
  private let owner: UInt16
  private(set) var regions: [SpaceRegion] = []
  private var regionPlaces: [Int: SpaceRegion] = [:]
  private var current = 0
  /// Can be allocated now, in leased regions.
  private(set) var freeUnits = 0
  private(set) var pendingUnits = 0
  private(set) var takenUnits = 0

  private struct Pending {
    let run: UnitRun
    /// The partition's sequence of the transaction that freed it.
    let sequence: UInt64
    /// Reads numbered below this may still be looking at it.
    let read: UInt64
  }
  private var pending = Queue<Pending>()

  init(space: SpaceMap, owner: UInt16) {
    self.space = space
    self.owner = owner
  }

  /// What could be had without waiting.
  func canAllocate(_ count: Int) -> Bool {
    while freeUnits < count {
      guard let index = space.lease(to: owner) else { return false }
      add(index)
    }
    return true
  }

  @discardableResult
  private func add(_ index: Int) -> SpaceRegion {
    let region = SpaceRegion(
      index: index, firstUnit: space.firstUnit(of: index), unitCount: space.regionUnits)
    regions.append(region)
    regionPlaces[index] = region
    freeUnits += region.freeCount
    return region
  }

  /// Takes `count` units, in as few runs as the first place that it finds offers; there must be as many
  /// (`canAllocate`).
  func allocate(_ count: Int, into runs: inout [UnitRun]) {
    var left = count
    var visited = 0
    while left > 0 {
      precondition(visited <= 2 * regions.count, "allocator: \(freeUnits) free, but not found")
      let region = regions[current % regions.count]
      if region.freeCount > 0, !region.isLeaving, let bit = region.nextFree(region.cursor) {
        let run = takeRun(region, bit, left)
        left -= run.count
        runs.append(run)
        visited = 0
        continue
      }
      // Once more from its start later, then the next region.
      region.cursor = 0
      current = (current + 1) % regions.count
      visited += 1
    }
  }

  private func takeRun(_ region: SpaceRegion, _ bit: Int, _ most: Int) -> UnitRun {
    var end = bit
    while end < region.unitCount, end - bit < most, !region.isTaken(end) {
      region.take(end)
      end += 1
    }
    region.cursor = end
    freeUnits -= end - bit
    takenUnits += end - bit
    return UnitRun(unit: region.firstUnit + UInt64(bit), count: end - bit)
  }

  private func region(of unit: UInt64) -> SpaceRegion? {
    space.region(of: unit).flatMap { regionPlaces[$0] }
  }

  /// Freed by a transaction; taken until `release` may let it go.
  func free(_ run: UnitRun, sequence: UInt64, read: UInt64) {
    guard let region = region(of: run.unit) else {
      preconditionFailure("unit \(run.unit) freed outside the partition's regions")
    }
    let here = min(run.count, region.unitCount - Int(run.unit - region.firstUnit))
    pending.append(
      Pending(run: UnitRun(unit: run.unit, count: here), sequence: sequence, read: read))
    pendingUnits += here
    if here < run.count {
      let rest = UnitRun(unit: run.unit + UInt64(here), count: run.count - here)
      free(rest, sequence: sequence, read: read)
    }
  }

  /// Lets go of what was freed by transactions up to `marked` and is read by none numbered below
  /// `oldestRead`. Whether there was any.
  func release(marked: UInt64, oldestRead: UInt64) -> Bool {
    var any = false
    while let first = pending.first, first.sequence <= marked, first.read <= oldestRead {
      giveBack(first.run)
      pendingUnits -= first.run.count
      pending.removeFirst()
      any = true
    }
    return any
  }

  private func giveBack(_ run: UnitRun) {
    guard let region = region(of: run.unit) else {
      preconditionFailure("unit \(run.unit) freed outside the partition's regions")
    }
    for unit in run.unit..<run.unit + UInt64(run.count) {
      let bit = Int(unit - region.firstUnit)
      precondition(region.isTaken(bit), "unit \(unit) freed twice")
      region.release(bit)
    }
    if !region.isLeaving { freeUnits += run.count }
    takenUnits -= run.count
  }

  // MARK: Checkpoint

  /// What the index is to have of the regions that changed: free maps in which all that was freed
  /// until now is free, and nil for those that go back.
  func checkpointRegions() -> (changes: [(region: Int, value: [UInt8]?)], leaving: [Int]) {
    var words: [Int: [UInt64]] = [:]
    for entry in pending {
      guard let region = region(of: entry.run.unit) else { continue }
      var bits = words[region.index] ?? region.words
      for unit in entry.run.unit..<entry.run.unit + UInt64(entry.run.count) {
        let bit = Int(unit - region.firstUnit)
        bits[bit / 64] &= ~(1 << UInt64(bit % 64))
      }
      words[region.index] = bits
    }
    var changes: [(region: Int, value: [UInt8]?)] = []
    var leaving: [Int] = []
    let staying = regions.lazy.filter { !$0.isLeaving }.count
    for region in regions where region.isDirty || words[region.index] != nil {
      if region.freeCount == region.unitCount, !region.isLeaving, staying - leaving.count > 1 {
        region.isLeaving = true
        freeUnits -= region.freeCount
        leaving.append(region.index)
        changes.append((region.index, nil))
      } else {
        changes.append(
          (region.index, region.encode(owner: owner, words: words[region.index] ?? region.words)))
      }
      // What is pending will differ again when it is let go.
      region.isDirty = words[region.index] != nil
    }
    return (changes, leaving)
  }

  /// The checkpoint that gives these regions back is durable.
  func regionsLeft(_ indices: [Int]) {
    for index in indices {
      regionPlaces[index] = nil
      regions.removeAll { $0.index == index }
      space.giveBack(index)
    }
  }

  // MARK: Start

  /// A region as the index has it.
  func load(region index: Int, _ cursor: inout ByteCursor) throws(DecodeError) {
    guard index < space.regionCount, space.lease(region: index, to: owner) else {
      throw .invalid("region \(index) has two owners")
    }
    let region = add(index)
    freeUnits -= region.freeCount
    try region.load(&cursor)
    freeUnits += region.freeCount
    takenUnits += region.unitCount - region.freeCount
  }

  /// What a replayed record took. It may be taken already.
  func replayTake(_ run: UnitRun) throws(DecodeError) {
    try replay(run) { region, bit in
      guard !region.isTaken(bit) else { return }
      region.take(bit)
      freeUnits -= 1
      takenUnits += 1
      // Goes on where it stopped.
      region.cursor = bit + 1
      if regions[current].index != region.index {
        current = regions.firstIndex { $0 === region } ?? 0
      }
    }
  }

  func replayFree(_ run: UnitRun) throws(DecodeError) {
    try replay(run) { region, bit in
      guard region.isTaken(bit) else { return }
      region.release(bit)
      freeUnits += 1
      takenUnits -= 1
    }
  }

  private func replay(_ run: UnitRun, _ body: (SpaceRegion, Int) -> Void) throws(DecodeError) {
    for unit in run.unit..<run.unit &+ UInt64(run.count) {
      guard let index = space.region(of: unit) else { throw .implausible("unit", unit) }
      if regionPlaces[index] == nil {
        guard space.lease(region: index, to: owner) else {
          throw .invalid("unit \(unit) in a region of another partition")
        }
        add(index)
      }
      let region = regionPlaces[index]!
      body(region, Int(unit - region.firstUnit))
    }
  }

  /// For a check: whether the unit is taken; nil outside the leased regions.
  func isTaken(_ unit: UInt64) -> Bool? {
    region(of: unit).map { $0.isTaken(Int(unit - $0.firstUnit)) }
  }

  /// Taken by objects, not only waiting to be let go.
  var usedUnits: Int { takenUnits - pendingUnits }
}
