import Buffers
import Wire

/// Weights and ids that stand in for a bucket's own in its draws (the balancer's weight sets).
///
/// Ceph: `crush_choose_arg`. Layout: `slot: u32` (its bucket's place, `-1 - id`), `positions:
/// vector<vector<u32>>` (weights of all items, for the first, second... replica, the last one for the
/// rest), `ids: vector<s32>` (hashed in place of the items' own).
package struct CrushChooseArguments: Hashable, Sendable {
  package var positions: [[UInt32]]
  package var ids: [Int32]

  package init(positions: [[UInt32]], ids: [Int32] = []) {
    self.positions = positions
    self.ids = ids
  }

  package var isEmpty: Bool { positions.isEmpty && ids.isEmpty }
}

/// A set of them, by slot of the bucket. Ceph: `crush_choose_arg_map`.
package typealias CrushChooseArgumentSet = [UInt32: CrushChooseArguments]

extension CrushMap {
  /// The index of the set that pools without one of their own use.
  package static let defaultChooseArguments: Int64 = -1

  /// The set that pool `pool` draws with, if any.
  package func chooseArguments(pool: Int64) -> CrushChooseArgumentSet? {
    chooseArguments[pool] ?? chooseArguments[Self.defaultChooseArguments]
  }

  /// Whether these sets can be shown to a reader that knows none, as changed bucket weights.
  var chooseArgumentsAreCompatible: Bool {
    guard let only = chooseArguments.first else { return true }
    guard chooseArguments.count == 1, only.key == Self.defaultChooseArguments else { return false }
    return only.value.values.allSatisfy { $0.positions.count == 1 && $0.ids.isEmpty }
  }

  static func readChooseArguments(
    buckets: [CrushBucket?], from reader: inout WireReader
  ) throws(DecodeError) -> [Int64: CrushChooseArgumentSet] {
    var sets: [Int64: CrushChooseArgumentSet] = [:]
    for _ in 0..<(try reader.readCount(elementBytesMin: 12)) {
      let index = try reader.read(Int64.self)
      var set: CrushChooseArgumentSet = [:]
      for _ in 0..<(try reader.readCount(elementBytesMin: 12)) {
        let slot = try reader.read(UInt32.self)
        guard slot < buckets.count else { throw .invalid("choose_args for bucket slot \(slot)") }
        set[slot] = try CrushChooseArguments(for: buckets[Int(slot)], from: &reader)
      }
      sets[index] = repair(set, buckets)
    }
    return sets
  }

  /// What Ceph does after it read such a set: nothing is kept for buckets that are gone or not straw2,
  /// and weights are cut or filled up with zeros to the number of items.
  ///
  /// Source: `CrushWrapper::update_choose_args`.
  private static func repair(
    _ set: CrushChooseArgumentSet, _ buckets: [CrushBucket?]
  ) -> CrushChooseArgumentSet {
    let usual = set.sorted { $0.key < $1.key }.first { !$0.value.positions.isEmpty }
    let positionCount = usual?.value.positions.count ?? 1
    var kept: CrushChooseArgumentSet = [:]
    for (slot, var arguments) in set where !arguments.isEmpty {
      guard let bucket = buckets[Int(slot)], case .straw2 = bucket.choice else { continue }
      if arguments.positions.count == positionCount {
        for position in arguments.positions.indices {
          arguments.positions[position].resize(to: bucket.items.count, filler: 0)
        }
      }
      kept[slot] = arguments
    }
    return kept
  }

  func encodeChooseArguments(into writer: inout WireWriter) {
    writer.write(map: chooseArguments) { writer, index, set in
      writer.write(index)
      writer.write(map: set.filter { !$0.value.isEmpty }) { writer, slot, arguments in
        writer.write(slot)
        writer.write(array: arguments.positions) { $0.write(numbers: $1) }
        writer.write(numbers: arguments.ids)
      }
    }
  }
}

extension CrushChooseArguments {
  fileprivate init(for bucket: CrushBucket?, from reader: inout WireReader) throws(DecodeError) {
    positions = try reader.readArray(elementBytesMin: 4) {
      (reader) throws(DecodeError) in try reader.readNumberArray(of: UInt32.self)
    }
    ids = try reader.readNumberArray(of: Int32.self)
    guard ids.isEmpty || ids.count == bucket?.items.count else {
      throw .invalid("choose_args with \(ids.count) ids for \(bucket?.items.count ?? 0) items")
    }
  }
}

extension Array {
  /// Makes it `count` long, by cutting or by adding `filler`.
  mutating func resize(to count: Int, filler: Element) {
    if count <= self.count {
      removeLast(self.count - count)
    } else {
      append(contentsOf: repeatElement(filler, count: count - self.count))
    }
  }
}
