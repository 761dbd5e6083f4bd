import Base
import Buffers

/// Contents of units, own copies of 4 KiB; a unit's content never changes while an object refers to
/// it, so that the unit alone is the key. Second chance decides who leaves.
final class DataCache {
  private var slots: [UInt64: Int] = [:]
  private var units: [UInt64] = []
  private var contents: [ByteSlice] = []
  private var used: [Bool] = []
  /// Slots of units that were forgotten.
  private var free: [Int] = []
  private var hand = 0
  private var largeReads: UInt = 0
  private let slotsMax: Int
  private let perf: PerfCounters

  init(bytesMax: Int, perf: PerfCounters) {
    slotsMax = bytesMax / Limits.unitBytes
    self.perf = perf
  }

  var bytesMax: Int { slotsMax * Limits.unitBytes }

  var isEnabled: Bool { slotsMax > 0 }
  var isEmpty: Bool { slots.isEmpty }
  /// Whether the next insertion drives nobody out.
  var hasRoom: Bool { contents.count < slotsMax || !free.isEmpty }

  /// Whether what a large read brings may come in: always where there is room, else now and then, so that
  /// what is read again and again gets in, and what is read once drives little out.
  func admitsLargeRead() -> Bool {
    if hasRoom { return true }
    largeReads &+= 1
    return largeReads % 8 == 0
  }

  func contains(_ unit: UInt64) -> Bool { slots[unit] != nil }

  func find(_ unit: UInt64) -> ByteSlice? {
    guard let slot = slots[unit] else { return nil }
    used[slot] = true
    return contents[slot]
  }

  /// Copies the bytes, whose checksum is `sum`.
  func insert(_ unit: UInt64, _ bytes: UnsafeRawPointer, sum: UInt32) {
    guard slotsMax > 0 else { return }
    let copy = ByteSlice(copying: UnsafeRawBufferPointer(start: bytes, count: Limits.unitBytes))
    copy.slab.blockSums = BlockSums(sum)
    if slots[unit] == nil { countBuffers(1) }
    if let slot = slots[unit] {
      contents[slot] = copy
    } else if contents.count < slotsMax {
      slots[unit] = contents.count
      units.append(unit)
      contents.append(copy)
      used.append(false)
    } else {
      let slot = free.popLast() ?? evict()
      slots[unit] = slot
      units[slot] = unit
      contents[slot] = copy
      used[slot] = false
    }
  }

  private func evict() -> Int {
    while used[hand] {
      used[hand] = false
      hand = (hand + 1) % slotsMax
    }
    defer { hand = (hand + 1) % slotsMax }
    slots[units[hand]] = nil
    countBuffers(-1)
    return hand
  }

  func removeAll() {
    for unit in Array(slots.keys) { forget(unit) }
  }

  private func countBuffers(_ change: Int) {
    perf.add(StoreCounter.buffers, UInt64(bitPattern: Int64(change)))
    perf.add(StoreCounter.bufferBytes, UInt64(bitPattern: Int64(change * Limits.unitBytes)))
  }

  /// The unit is nobody's any more, or about to get another content.
  func forget(_ unit: UInt64) {
    guard !slots.isEmpty, let slot = slots.removeValue(forKey: unit) else { return }
    countBuffers(-1)
    contents[slot] = .empty
    used[slot] = false
    free.append(slot)
  }
}
