import Base
import Buffers
import Wire

/// A partition's space: which units its objects take, and which of them have been freed but may not be
/// written again yet.
///
/// A unit that a transaction frees comes back to the device's map when a durable record carries a mark
/// that covers the transaction, and every read begun before has ended. By then no crash can bring back
/// a state in which the partition has it: so after any replay at most one partition has a unit, and
/// who had it before needs no record. Confined to the partition's reactor.
final class UnitAllocator {
  let space: SpaceMap
  let partition: UInt16
  /// By region; as of the last transaction that was applied.
  private var taken: [Int: UnitBits] = [:]
  /// Differ from what the index has.
  private var dirty: Set<Int> = []
  private var reserved = 0
  private(set) var usedUnits = 0
  /// Freed, not yet given back.
  private(set) var pendingUnits = 0

  private struct Pending {
    let run: UnitRun
    /// The partition's sequence of the transaction that freed it.
    let sequence: UInt64
    /// Reads numbered below this may still be looking at it.
    let read: UInt64
  }
  private var pending = Queue<Pending>()

  init(space: SpaceMap, partition: Int) {
    self.space = space
    self.partition = UInt16(partition)
  }

  // MARK: Taking

  /// Whether there is room for what a transaction writes; until `endReservation`.
  func reserve(_ count: Int) -> Bool {
    guard count > reserved else { return true }
    guard space.reserve(count - reserved) else { return false }
    reserved = count
    return true
  }

  /// What the transaction did not need is for others.
  func endReservation() {
    if reserved > 0 { space.unreserve(reserved) }
    reserved = 0
  }

  /// Takes units that were reserved.
  func allocate(_ count: Int, into runs: inout [UnitRun]) {
    precondition(count <= reserved, "partition \(partition): \(count) units, \(reserved) reserved")
    reserved -= count
    let first = runs.count
    space.take(count, for: partition, into: &runs)
    for run in runs[first...] {
      forEachRegion(run) { region, bits in
        let count = taken[region, default: noBits].take(bits)
        precondition(count == bits.count, "\(bits) of region \(region) taken twice")
        dirty.insert(region)
      }
    }
    usedUnits += count
  }

  private var noBits: UnitBits { UnitBits(count: space.regionUnits) }

  /// The parts of a run by region; nil: not all of it lies in regions.
  @discardableResult
  private func forEachRegion(_ run: UnitRun, _ body: (Int, Range<Int>) -> Void) -> Void? {
    var unit = run.unit
    let end = run.unit &+ UInt64(run.count)
    while unit < end {
      guard let region = space.region(of: unit) else { return nil }
      let first = Int(unit - space.firstUnit(of: region))
      let count = min(space.regionUnits - first, Int(end - unit))
      body(region, first..<first + count)
      unit += UInt64(count)
    }
    return ()
  }

  // MARK: Freeing

  /// Freed by a transaction; not to be written until `release` gives it back.
  func free(_ run: UnitRun, sequence: UInt64, read: UInt64) {
    forEachRegion(run) { region, bits in
      let count = taken[region]?.release(bits)
      precondition(count == bits.count, "unit \(run.unit)+\(run.count) is not ours")
      dirty.insert(region)
      let part = UnitRun(
        unit: space.firstUnit(of: region) + UInt64(bits.lowerBound), count: bits.count)
      pending.append(Pending(run: part, sequence: sequence, read: read))
    }
    usedUnits -= run.count
    pendingUnits += run.count
  }

  /// Gives back what was freed by transactions up to `marked` and is read by none numbered below
  /// `oldestRead`.
  func release(marked: UInt64, oldestRead: UInt64) {
    var runs: [UnitRun] = []
    while let first = pending.first, first.sequence <= marked, first.read <= oldestRead {
      runs.append(first.run)
      pendingUnits -= first.run.count
      pending.removeFirst()
    }
    if !runs.isEmpty { space.giveBack(runs) }
  }

  // MARK: Checkpoint

  /// What the index is to have of the regions that changed: which units are taken; nil: none.
  func checkpointRegions() -> [(region: Int, value: [UInt8]?)] {
    let changes = dirty.sorted().map { region -> (region: Int, value: [UInt8]?) in
      guard let bits = taken[region], bits.takenCount > 0 else {
        taken[region] = nil
        return (region, nil)
      }
      return (region, Self.encode(bits))
    }
    dirty.removeAll()
    return changes
  }

  /// Value of a `U` key: a bit a unit, 1 taken, in words of 64.
  private static func encode(_ bits: UnitBits) -> [UInt8] {
    let buffer = EncodeBuffer(capacity: 8 * bits.words.count)
    for word in bits.words { buffer.put(word) }
    return buffer.array
  }

  // MARK: Start

  /// A region as the index has it.
  func load(region: Int, _ cursor: inout ByteCursor) throws(DecodeError) {
    guard region < space.regionCount else { throw .implausible("region", UInt64(region)) }
    var words = noBits.words
    for index in words.indices { words[index] = try cursor.take(UInt64.self) }
    let bits = UnitBits(words: words)
    guard bits.takenCount <= space.regionUnits else { throw .invalid("bits past a region's end") }
    taken[region] = bits
    usedUnits += bits.takenCount
  }

  /// What a replayed record took. It may be taken already.
  func replayTake(_ run: UnitRun) throws(DecodeError) {
    try replay(run) { region, bits in
      usedUnits += taken[region, default: noBits].take(bits)
    }
  }

  func replayFree(_ run: UnitRun) throws(DecodeError) {
    try replay(run) { region, bits in usedUnits -= taken[region]?.release(bits) ?? 0 }
  }

  private func replay(_ run: UnitRun, _ body: (Int, Range<Int>) -> Void) throws(DecodeError) {
    let found = forEachRegion(run) { region, bits in
      body(region, bits)
      dirty.insert(region)
    }
    if found == nil { throw .implausible("unit", run.unit) }
  }

  /// All logs are replayed: takes its units out of the device's map.
  func claim() throws(DecodeError) {
    for region in taken.keys.sorted()
    where !space.claim(taken[region]!, in: region, for: partition) {
      throw .invalid("units of region \(region) are partition \(partition)'s and somebody else's")
    }
  }

  /// For a check: whether the partition's objects take the unit.
  func isTaken(_ unit: UInt64) -> Bool {
    guard let region = space.region(of: unit) else { return false }
    return taken[region]?.isTaken(Int(unit - space.firstUnit(of: region))) ?? false
  }
}
