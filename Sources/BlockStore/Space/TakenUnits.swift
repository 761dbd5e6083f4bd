import Base
import Buffers
import Wire

/// Which units the objects of a log's partitions take, by region; what changed goes to the index with
/// each of the log's checkpoints.
///
/// It is the log's and not each partition's, since small data of all its partitions lie side by side: a map
/// for each would be as large as this one. Of the device's map the log's regions are leased to its seat.
/// Confined to the log's reactor.
final class TakenUnits {
  let space: SpaceMap
  /// The log's number among so many.
  let seat: Int
  let logCount: Int
  /// As of the last transaction that was applied.
  private var regions: [Int: UnitBits] = [:]
  /// Differ from what the index has.
  private var dirty: Set<Int> = []
  private(set) var usedUnits = 0

  init(space: SpaceMap, seat: Int, of logCount: Int) {
    self.space = space
    self.seat = seat
    self.logCount = logCount
  }

  private var noBits: UnitBits { UnitBits(count: space.regionUnits) }

  func isTaken(_ unit: UInt64) -> Bool {
    guard let region = space.region(of: unit) else { return false }
    return regions[region]?.isTaken(Int(unit - space.firstUnit(of: region))) ?? false
  }

  /// Takes units that were reserved in the device's map.
  func take(_ count: Int, into runs: inout [UnitRun]) {
    let first = runs.count
    space.take(count, for: UInt16(seat), into: &runs)
    for run in runs[first...] {
      forEachRegion(run) { region, bits in
        let count = regions[region, default: noBits].take(bits)
        precondition(count == bits.count, "\(bits) of region \(region) taken twice")
        dirty.insert(region)
      }
    }
    usedUnits += count
  }

  /// They are no object's any more; `body` gets the run's parts by region.
  func release(_ run: UnitRun, _ body: (UnitRun) -> Void) {
    forEachRegion(run) { region, bits in
      let count = regions[region]?.release(bits)
      precondition(count == bits.count, "unit \(run.unit)+\(run.count) is not ours")
      dirty.insert(region)
      body(
        UnitRun(unit: space.firstUnit(of: region) + UInt64(bits.lowerBound), count: bits.count))
    }
    usedUnits -= run.count
  }

  /// The parts of a run by region; false: not all of it lies in regions.
  @discardableResult
  private func forEachRegion(_ run: UnitRun, _ body: (Int, Range<Int>) -> Void) -> Bool {
    var unit = run.unit
    let end = run.unit &+ UInt64(run.count)
    while unit < end {
      guard let region = space.region(of: unit) else { return false }
      let first = Int(unit - space.firstUnit(of: region))
      let count = min(space.regionUnits - first, Int(end - unit))
      body(region, first..<first + count)
      unit += UInt64(count)
    }
    return true
  }

  // MARK: Checkpoint

  /// What the index is to have of the regions that changed; nil: nothing is taken.
  func checkpointEntries() -> [(key: ByteString, value: [UInt8]?)] {
    let changes = dirty.sorted().map { region -> (key: ByteString, value: [UInt8]?) in
      let key = StoreKey.region(region, of: seat, among: logCount)
      guard let bits = regions[region], bits.takenCount > 0 else {
        regions[region] = nil
        return (key, nil)
      }
      return (key, Self.encode(bits))
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
    regions[region] = bits
    usedUnits += bits.takenCount
  }

  /// What a replayed record took, or an object has. It may be taken already.
  func replayTake(_ run: UnitRun) throws(DecodeError) {
    try replay(run) { region, bits in
      usedUnits += regions[region, default: noBits].take(bits)
    }
  }

  func replayFree(_ run: UnitRun) throws(DecodeError) {
    try replay(run) { region, bits in usedUnits -= regions[region]?.release(bits) ?? 0 }
  }

  private func replay(_ run: UnitRun, _ body: (Int, Range<Int>) -> Void) throws(DecodeError) {
    let isInside = forEachRegion(run) { region, bits in
      body(region, bits)
      dirty.insert(region)
    }
    if !isInside { throw .implausible("unit", run.unit) }
  }

  /// All logs are replayed: takes its units out of the device's map.
  func claim() throws(DecodeError) {
    for region in regions.keys.sorted()
    where !space.claim(regions[region]!, in: region) {
      throw .invalid("units of region \(region) are log \(seat)'s and somebody else's")
    }
    lease()
  }

  /// Leases regions in which it has units, each at the latest for the last who asks; of those that many have
  /// units in, each log gets its share.
  func lease() {
    for region in regions.keys.sorted() where regions[region]!.takenCount > 0 {
      space.lease(region, to: UInt16(seat), isFirst: region % logCount == seat)
    }
  }
}
