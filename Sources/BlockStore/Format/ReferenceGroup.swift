import Base
import Buffers
import Wire

/// How many owners each of 32 neighbouring units has, where that is more than one.
///
/// Value of an `R` key: u32 mask of the units that are named, then a varint for each. A unit that is
/// not named has at most one owner.
struct ReferenceGroup: Equatable {
  /// 0 where there is at most one owner.
  private var counts = [UInt32](repeating: 0, count: Limits.referenceGroupUnits)

  init() {}

  static func group(of unit: UInt64) -> UInt64 { unit / UInt64(Limits.referenceGroupUnits) }

  private static func index(_ unit: UInt64) -> Int {
    Int(unit % UInt64(Limits.referenceGroupUnits))
  }

  var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }

  /// Owners of a unit that has at least one.
  func owners(of unit: UInt64) -> UInt32 { max(counts[Self.index(unit)], 1) }

  mutating func add(_ unit: UInt64) { counts[Self.index(unit)] = owners(of: unit) + 1 }

  /// One owner fewer of a unit that has several.
  mutating func remove(_ unit: UInt64) {
    let left = owners(of: unit) - 1
    counts[Self.index(unit)] = left > 1 ? left : 0
  }

  /// The units of this group with their counts above one.
  func named(group: UInt64) -> [(unit: UInt64, owners: UInt32)] {
    counts.indices.filter { counts[$0] > 1 }.map {
      (group * UInt64(Limits.referenceGroupUnits) + UInt64($0), counts[$0])
    }
  }

  func encode(_ buffer: EncodeBuffer) -> [UInt8] {
    buffer.clear()
    var mask: UInt32 = 0
    for index in counts.indices where counts[index] != 0 { mask |= 1 << UInt32(index) }
    buffer.put(mask)
    for count in counts where count != 0 { buffer.putVarint(UInt64(count)) }
    return buffer.array
  }

  init(decoding bytes: [UInt8]) throws(DecodeError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(DecodeError) in
        var cursor = ByteCursor(bytes)
        return try ReferenceGroup(&cursor)
      }
    }
    self = try result.get()
  }

  private init(_ cursor: inout ByteCursor) throws(DecodeError) {
    let mask = try cursor.take(UInt32.self)
    for index in counts.indices where mask & 1 << UInt32(index) != 0 {
      let count = try cursor.takeVarint()
      guard count > 1, count <= UInt64(UInt32.max) else {
        throw .implausible("reference count", count)
      }
      counts[index] = UInt32(count)
    }
  }
}
