import Base
import Buffers

/// Contents of units, own copies unless what comes has a slab just to itself; a unit's content never
/// changes while an object refers to it, so that the unit alone is the key. Second chance decides who
/// leaves.
///
/// What came together from neighbouring units shares a slab, so that it can be handed out as one slice;
/// it leaves together too, and when some of it is forgotten `mend` gives the others slabs of their own.
final class DataCache {
  private var slots = UnitSlots()
  private var units: [UInt64] = []
  private var contents: [ByteSlice] = []
  private var used: [Bool] = []
  /// Slots of units that were forgotten.
  private var free: [Int] = []
  /// Forgotten units of groups, since `mend`.
  private var torn: [(unit: UInt64, slab: Slab)] = []
  private var hand = 0
  private var reads: RecentReads
  private let slotsMax: Int
  private let perf: PerfCounters

  init(bytesMax: Int, perf: PerfCounters) {
    slotsMax = bytesMax / Limits.unitBytes
    reads = RecentReads(unitsMax: slotsMax)
    self.perf = perf
  }

  var bytesMax: Int { slotsMax * Limits.unitBytes }

  var isEnabled: Bool { slotsMax >= Self.groupUnits }
  var isEmpty: Bool { slots.isEmpty }
  /// Whether the next insertion drives nobody out.
  var hasRoom: Bool { contents.count < slotsMax || !free.isEmpty }

  /// Whether what a large read brings may come in: always where there is room, else when it is read
  /// again, so that what is read once drives nothing out.
  func admitsLargeRead(of unit: UInt64, count: Int) -> Bool {
    hasRoom || reads.note(unit, count: count)
  }

  func contains(_ unit: UInt64) -> Bool { slots.find(unit) != nil }

  func find(_ unit: UInt64) -> ByteSlice? {
    guard let slot = slots.find(unit) else { return nil }
    used[slot] = true
    return contents[slot]
  }

  /// The content of a unit and of those behind it, `most` in all, as far as they came together.
  func find(_ unit: UInt64, most: Int) -> ByteSlice? {
    guard let first = find(unit) else { return nil }
    var count = 1
    while count < most, let slot = slots.find(unit + UInt64(count)), goesOn(first, slot, count) {
      used[slot] = true
      count += 1
    }
    return count == 1
      ? first : ByteSlice(first.slab, offset: Int(first.offset), count: count * Limits.unitBytes)
  }

  /// Whether a slot has what lies so many units behind the start of this.
  private func goesOn(_ first: ByteSlice, _ slot: Int, _ count: Int) -> Bool {
    contents.withUnsafeBufferPointer { $0[slot].begins(count * Limits.unitBytes, behind: first) }
  }

  /// Copies the content of neighbouring units, whose checksums these are.
  func insertRun(_ first: UInt64, _ content: BufferList, sums: ArraySlice<UInt32>) {
    guard isEnabled else { return }
    var at = 0
    while at < sums.count {
      // Slabs have powers of two.
      let count = min(
        Self.groupUnits, 1 << (Int.bitWidth - 1 - (sums.count - at).leadingZeroBitCount))
      let from = sums.startIndex + at
      insert(
        first + UInt64(at), content.part(at * Limits.unitBytes, count * Limits.unitBytes),
        sums: sums[from..<from + count])
      at += count
    }
  }

  private func insert(_ first: UInt64, _ content: BufferList, sums: ArraySlice<UInt32>) {
    let slab = Self.ownSlab(content, blocks: sums.count) ?? Self.copy(content, sums: sums)
    for index in 0..<sums.count {
      let slice = ByteSlice(slab, offset: index * Limits.unitBytes, count: Limits.unitBytes)
      insert(first + UInt64(index), slice)
    }
  }

  /// The content's slab, if that has nothing else, and its checksums.
  private static func ownSlab(_ content: BufferList, blocks: Int) -> Slab? {
    guard let slab = content.single?.slab, slab.capacity == content.count,
      slab.blockSums.count == blocks
    else { return nil }
    return slab
  }

  private static func copy(_ content: BufferList, sums: ArraySlice<UInt32>) -> Slab {
    let slab = SlabPool.shared.slab(capacity: content.count)
    content.copy(to: slab.base)
    slab.blockSums = sums.count == 1 ? BlockSums(sums.first!) : BlockSums(Array(sums))
    return slab
  }

  static let groupUnits = 16

  private func insert(_ unit: UInt64, _ content: ByteSlice) {
    forget(unit)
    let slot = freeSlot()
    slots.insert(unit, slot)
    units[slot] = unit
    contents[slot] = content
    used[slot] = false
    countBuffers(1)
  }

  private func freeSlot() -> Int {
    if let slot = free.popLast() { return slot }
    if contents.count == slotsMax {
      evict()
      return free.removeLast()
    }
    units.append(0)
    contents.append(.empty)
    used.append(false)
    return contents.count - 1
  }

  /// Makes at least one slot free.
  private func evict() {
    while used[hand] {
      used[hand] = false
      hand = (hand + 1) % slotsMax
    }
    let unit = units[hand]
    for unit in group(of: unit, contents[hand].slab) { drop(unit) }
    hand = (hand + 1) % slotsMax
  }

  /// The neighbours of a unit whose contents share its slab, and the unit.
  private func group(of unit: UInt64, _ slab: Slab) -> ClosedRange<UInt64> {
    guard slab.capacity > Limits.unitBytes else { return unit...unit }
    var (first, last) = (unit, unit)
    while has(first - 1, in: slab) { first -= 1 }
    while has(last + 1, in: slab) { last += 1 }
    return first...last
  }

  private func has(_ unit: UInt64, in slab: Slab) -> Bool {
    slots.find(unit).map { contents[$0].slab === slab } ?? false
  }

  private func drop(_ unit: UInt64) {
    guard let slot = slots.remove(unit) else { return }
    contents[slot] = .empty
    used[slot] = false
    free.append(slot)
    countBuffers(-1)
  }

  func removeAll() {
    for unit in slots.units { drop(unit) }
    torn.removeAll()
  }

  private func countBuffers(_ change: Int) {
    perf.add(StoreCounter.buffers, UInt64(bitPattern: Int64(change)))
    perf.add(StoreCounter.bufferBytes, UInt64(bitPattern: Int64(change * Limits.unitBytes)))
  }

  /// The unit is nobody's any more, or about to get another content.
  func forget(_ unit: UInt64) {
    guard !slots.isEmpty, let slot = slots.find(unit) else { return }
    let slab = contents[slot].slab
    if slab.capacity > Limits.unitBytes { torn.append((unit, slab)) }
    drop(unit)
  }

  /// Gives what is left of torn groups slabs of their own, so that what they shared is let go. Not at
  /// once, since a transaction mostly forgets all of a group.
  func mend() {
    guard !torn.isEmpty else { return }
    for (unit, slab) in torn {
      for neighbour in [unit - 1, unit + 1] where has(neighbour, in: slab) {
        for other in group(of: neighbour, slab) { part(other) }
      }
    }
    torn.removeAll(keepingCapacity: true)
  }

  private func part(_ unit: UInt64) {
    guard let slot = slots.find(unit) else { return }
    let shared = contents[slot]
    let own = shared.withUnsafeBytes { ByteSlice(copying: $0) }
    if let sum = shared.blockSum(at: 0) { own.slab.blockSums = BlockSums(sum) }
    contents[slot] = own
  }
}
