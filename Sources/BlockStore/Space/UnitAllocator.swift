/// A partition's way to units: room for the transaction at hand, and what was freed but may not be
/// written again yet.
///
/// A unit that a transaction frees comes back to the device's map when a durable record carries a mark
/// that covers the transaction, and every read begun before has ended. By then no crash can bring back
/// a state in which the partition has it: so after any replay at most one log has a unit, and who had it
/// before needs no record. Confined to the partition's reactor.
final class UnitAllocator {
  /// What all partitions of its log have.
  let units: TakenUnits
  let partition: UInt16
  private var reserved = 0
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

  init(units: TakenUnits, partition: Int) {
    self.units = units
    self.partition = UInt16(partition)
  }

  var map: SpaceMap { units.space }

  // MARK: Taking

  /// Whether there is room for what a transaction writes; until `endReservation`.
  func reserve(_ count: Int) -> Bool {
    guard count > reserved else { return true }
    guard map.reserve(count - reserved) else { return false }
    reserved = count
    return true
  }

  /// What the transaction did not need is for others.
  func endReservation() {
    if reserved > 0 { map.unreserve(reserved) }
    reserved = 0
  }

  /// Takes units that were reserved.
  func allocate(_ count: Int, into runs: inout [UnitRun]) {
    precondition(count <= reserved, "partition \(partition): \(count) units, \(reserved) reserved")
    reserved -= count
    units.take(count, into: &runs)
  }

  // MARK: Freeing

  /// Freed by a transaction; not to be written until `release` gives it back.
  func free(_ run: UnitRun, sequence: UInt64, read: UInt64) {
    units.release(run) { pending.append(Pending(run: $0, sequence: sequence, read: read)) }
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
    if !runs.isEmpty { map.giveBack(runs) }
  }
}
