import Buffers
import Wire

/// An inner node of the CRUSH tree: a host, a rack, a root, with the items below it.
///
/// Ceph: `crush_bucket` and its five kinds. Weights are 16.16 fixed point; an item below 0 is the id
/// of a bucket, from 0 on the number of a device.
package struct CrushBucket: Hashable, Sendable {
  /// How a bucket chooses among its items, with the numbers that it needs for it; one number for each
  /// item unless said otherwise.
  package enum Choice: Hashable, Sendable {
    /// All items weigh the same.
    case uniform(itemWeight: UInt32)
    /// `sums[i]` is the weight of items 0...i.
    case list(weights: [UInt32], sums: [UInt32])
    /// The weights of a binary tree's nodes; item i is node 2i+1.
    case tree(nodes: [UInt32])
    case straw(weights: [UInt32], straws: [UInt32])
    case straw2(weights: [UInt32])

    package var algorithm: UInt8 {
      switch self {
      case .uniform: 1
      case .list: 2
      case .tree: 3
      case .straw: 4
      case .straw2: 5
      }
    }

    package var name: String {
      switch self {
      case .uniform: "uniform"
      case .list: "list"
      case .tree: "tree"
      case .straw: "straw"
      case .straw2: "straw2"
      }
    }
  }

  /// Below 0; its place in the map's array is `-1 - id`.
  package var id: Int32
  package var type: UInt16
  package var hash: UInt8
  package var weight: UInt32
  package var items: [Int32]
  package var choice: Choice

  package init(
    id: Int32, type: UInt16, hash: UInt8, weight: UInt32, items: [Int32], choice: Choice
  ) {
    self.id = id
    self.type = type
    self.hash = hash
    self.weight = weight
    self.items = items
    self.choice = choice
  }

  package var slot: Int { -1 - Int(id) }

  /// The weight of item `index`.
  package func itemWeight(_ index: Int) -> UInt32 {
    switch choice {
    case .uniform(let weight): weight
    case .list(let weights, _), .straw(let weights, _), .straw2(let weights): weights[index]
    case .tree(let nodes): 2 * index + 1 < nodes.count ? nodes[2 * index + 1] : 0
    }
  }
}

extension CrushBucket {
  /// A slot of the map's bucket array: `algorithm: u32`, and nothing more if that is 0; then `id: s32,
  /// type: u16, algorithm: u8, hash: u8, weight: u32, items: vector<s32>`, then what the kind needs.
  ///
  /// Source: `CrushWrapper::decode_crush_bucket`.
  static func readSlot(from reader: inout WireReader) throws(DecodeError) -> CrushBucket? {
    let slotAlgorithm = try reader.read(UInt32.self)
    guard slotAlgorithm != 0 else { return nil }
    let id = try reader.read(Int32.self)
    let type = try reader.read(UInt16.self)
    let algorithm = try reader.read(UInt8.self)
    guard slotAlgorithm == UInt32(algorithm) else {
      throw .invalid("bucket \(id) of algorithm \(algorithm) in a slot for \(slotAlgorithm)")
    }
    let hash = try reader.read(UInt8.self)
    let weight = try reader.read(UInt32.self)
    let items = try reader.readNumberArray(of: Int32.self)
    let choice = try readChoice(algorithm, itemCount: items.count, from: &reader)
    return CrushBucket(
      id: id, type: type, hash: hash, weight: weight, items: items, choice: choice)
  }

  private static func readChoice(
    _ algorithm: UInt8, itemCount: Int, from reader: inout WireReader
  ) throws(DecodeError) -> Choice {
    switch algorithm {
    case 1: return .uniform(itemWeight: try reader.read(UInt32.self))
    case 2:
      let (weights, sums) = try readPairs(itemCount, from: &reader)
      return .list(weights: weights, sums: sums)
    case 3:
      let count = Int(try reader.read(UInt8.self))
      return .tree(nodes: try reader.readNumbers(count))
    case 4:
      let (weights, straws) = try readPairs(itemCount, from: &reader)
      return .straw(weights: weights, straws: straws)
    case 5: return .straw2(weights: try reader.readNumbers(itemCount))
    default: throw .invalid("bucket algorithm \(algorithm)")
    }
  }

  private static func readPairs(
    _ count: Int, from reader: inout WireReader
  ) throws(DecodeError) -> ([UInt32], [UInt32]) {
    let numbers = try reader.readNumbers(2 * count)
    return (
      (0..<count).map { numbers[2 * $0] }, (0..<count).map { numbers[2 * $0 + 1] }
    )
  }

  /// `straw2Weights` stand in for its own, for readers that know no `choose_args`.
  func encode(into writer: inout WireWriter, straw2Weights: [UInt32]? = nil) {
    writer.write(UInt32(choice.algorithm))
    writer.write(id)
    writer.write(type)
    writer.write(choice.algorithm)
    writer.write(hash)
    writer.write(weight)
    writer.write(numbers: items)
    switch choice {
    case .uniform(let itemWeight): writer.write(itemWeight)
    case .list(let first, let second), .straw(let first, let second):
      for (one, other) in zip(first, second) {
        writer.write(one)
        writer.write(other)
      }
    case .tree(let nodes):
      writer.write(UInt8(nodes.count))
      for node in nodes { writer.write(node) }
    case .straw2(let weights):
      for weight in straw2Weights ?? weights { writer.write(weight) }
    }
  }
}
