/// Which slot of a cache a unit has.
///
/// Neighbouring units share a row, so that one search is enough for all of them: rows are found by
/// hash, and the last one that was found again without.
struct UnitSlots {
  private static let rowUnits: UInt64 = 16
  private static let none: Int32 = -1

  /// By unit / `rowUnits`.
  private var rows: [UInt64: Int] = [:]
  /// Of all rows, one after another; `none` where a unit has no slot.
  private var slots: [Int32] = []
  /// Units of each row that have a slot.
  private var counts: [Int] = []
  private var free: [Int] = []
  private var lastNumber = UInt64.max
  private var lastRow = 0

  var isEmpty: Bool { rows.isEmpty }
  /// Those that have a slot, in no order.
  var units: [UInt64] {
    rows.flatMap { number, row in
      (0..<Self.rowUnits).filter { slots[row * Int(Self.rowUnits) + Int($0)] != Self.none }
        .map { number * Self.rowUnits + $0 }
    }
  }

  mutating func find(_ unit: UInt64) -> Int? {
    guard let row = row(unit) else { return nil }
    let slot = slots[Self.place(unit, in: row)]
    return slot == Self.none ? nil : Int(slot)
  }

  /// The unit has none yet.
  mutating func insert(_ unit: UInt64, _ slot: Int) {
    let row = row(unit) ?? newRow(unit)
    slots[Self.place(unit, in: row)] = Int32(slot)
    counts[row] += 1
  }

  /// The slot that the unit had.
  mutating func remove(_ unit: UInt64) -> Int? {
    guard let slot = find(unit), let row = row(unit) else { return nil }
    slots[Self.place(unit, in: row)] = Self.none
    counts[row] -= 1
    if counts[row] == 0 {
      rows[unit / Self.rowUnits] = nil
      free.append(row)
      lastNumber = .max
    }
    return slot
  }

  private static func place(_ unit: UInt64, in row: Int) -> Int {
    row * Int(rowUnits) + Int(unit % rowUnits)
  }

  private mutating func row(_ unit: UInt64) -> Int? {
    let number = unit / Self.rowUnits
    if number == lastNumber { return lastRow }
    guard let row = rows[number] else { return nil }
    lastNumber = number
    lastRow = row
    return row
  }

  private mutating func newRow(_ unit: UInt64) -> Int {
    let row = free.popLast() ?? addRow()
    rows[unit / Self.rowUnits] = row
    return row
  }

  private mutating func addRow() -> Int {
    slots.append(contentsOf: repeatElement(Self.none, count: Int(Self.rowUnits)))
    counts.append(0)
    return counts.count - 1
  }
}
