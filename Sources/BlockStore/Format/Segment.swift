import Base
import Buffers
import Wire

/// Where one block of an object is: its unit on the device and what it must read as.
struct BlockPlace: Equatable {
  /// 0: a hole.
  var unit: UInt64 = 0
  var checksum: UInt32 = 0
  /// The unit has, or once had, other owners: its count is in a reference group.
  var isShared = false
  /// A patch lies over the unit's bytes (or over the hole).
  var isPatched = false

  static let hole = BlockPlace()
  var isHole: Bool { unit == 0 }
  var isNothing: Bool { unit == 0 && !isPatched }
}

/// The places of the 32 blocks of 128 KiB of an object, decoded; a scratch that is used over and over.
///
/// Value of an `X` key: u8 flags (1 some shared, 2 some patched), u32 mask for each flag, u8 runs; for
/// each run u8 first block, u8 blocks, varint first unit; then u32 checksum of each block of the runs.
/// Nothing at all is 32 holes.
final class Segment {
  static let blocks = Limits.segmentBlocks
  private static let bytes = UInt64(blocks * Limits.unitBytes)

  /// How many segments an object of so many bytes has at the most.
  static func count(ofBytes size: UInt64) -> UInt64 { size / bytes + (size % bytes == 0 ? 0 : 1) }

  private let places: UnsafeMutablePointer<BlockPlace>

  init() {
    places = .allocate(capacity: Self.blocks)
    places.initialize(repeating: .hole, count: Self.blocks)
  }

  deinit { places.deallocate() }

  subscript(block: Int) -> BlockPlace {
    @inline(__always) get {
      precondition(block >= 0 && block < Self.blocks)
      return places[block]
    }
    @inline(__always) set {
      precondition(block >= 0 && block < Self.blocks)
      places[block] = newValue
    }
  }

  /// How many blocks from this one on, `most` at the most, lie side by side with nothing over them.
  func neighbours(_ block: Int, most: Int) -> Int {
    let first = self[block]
    guard first.unit != 0, !first.isPatched else { return 0 }
    var end = block + 1
    while end < min(block + most, Self.blocks), !places[end].isPatched,
      places[end].unit == first.unit + UInt64(end - block)
    {
      end += 1
    }
    return end - block
  }

  var isEmpty: Bool { (0..<Self.blocks).allSatisfy { places[$0].isNothing } }

  func clear() { places.update(repeating: .hole, count: Self.blocks) }

  func decode(_ bytes: [UInt8]) throws(DecodeError) {
    clear()
    guard !bytes.isEmpty else { return }
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(DecodeError) in
        var cursor = ByteCursor(bytes)
        try decode(&cursor)
      }
    }
    try result.get()
  }

  private func decode(_ cursor: inout ByteCursor) throws(DecodeError) {
    let flags = try cursor.take(UInt8.self)
    let shared = flags & 1 != 0 ? try cursor.take(UInt32.self) : 0
    let patched = flags & 2 != 0 ? try cursor.take(UInt32.self) : 0
    let runs = Int(try cursor.take(UInt8.self))
    for _ in 0..<runs {
      let first = Int(try cursor.take(UInt8.self))
      let count = Int(try cursor.take(UInt8.self))
      let unit = try cursor.takeVarint()
      guard first + count <= Self.blocks, unit > 0, unit < 1 << 52 else {
        throw .invalid("segment: run \(first)+\(count) at unit \(unit)")
      }
      for index in 0..<count { places[first + index].unit = unit + UInt64(index) }
    }
    for block in 0..<Self.blocks {
      if places[block].unit != 0 { places[block].checksum = try cursor.take() }
      places[block].isShared = shared & 1 << UInt32(block) != 0
      places[block].isPatched = patched & 1 << UInt32(block) != 0
    }
    guard cursor.isAtEnd else { throw .invalid("segment: \(cursor.remaining) bytes too many") }
  }

  /// Empty if there is nothing in it.
  func encode(_ buffer: EncodeBuffer) -> [UInt8] {
    var shared: UInt32 = 0
    var patched: UInt32 = 0
    var used = false
    for block in 0..<Self.blocks {
      if places[block].isShared { shared |= 1 << UInt32(block) }
      if places[block].isPatched { patched |= 1 << UInt32(block) }
      if places[block].unit != 0 { used = true }
    }
    guard used || patched != 0 else { return [] }
    buffer.clear()
    buffer.put(UInt8((shared != 0 ? 1 : 0) | (patched != 0 ? 2 : 0)))
    if shared != 0 { buffer.put(shared) }
    if patched != 0 { buffer.put(patched) }
    encodeRuns(buffer)
    for block in 0..<Self.blocks where places[block].unit != 0 {
      buffer.put(places[block].checksum)
    }
    return buffer.array
  }

  private func encodeRuns(_ buffer: EncodeBuffer) {
    let countAt = buffer.count
    var runs: UInt8 = 0
    buffer.put(runs)
    var block = 0
    while block < Self.blocks {
      let unit = places[block].unit
      var end = block + 1
      if unit != 0 {
        while end < Self.blocks, places[end].unit == unit + UInt64(end - block) { end += 1 }
        buffer.put(UInt8(block))
        buffer.put(UInt8(end - block))
        buffer.putVarint(unit)
        runs += 1
      }
      block = end
    }
    buffer.base.storeBytes(of: runs, toByteOffset: countAt, as: UInt8.self)
  }
}
