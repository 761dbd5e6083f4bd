import Base
import Buffers
import KeyValue
import Testing

@testable import BlockStore

/// A generation of the overlay against a plain dictionary and a list of what was deleted.
@Suite struct OverlayGenerationTests {
  private struct Model {
    var entries: [ByteString: [UInt8]?] = [:]
    var ranges: [(from: ByteString, to: ByteString)] = []

    mutating func deleteRange(from: ByteString, to: ByteString) {
      entries = entries.filter { $0.key < from || !($0.key < to) }
      ranges.append((from, to))
    }
  }

  /// Keys as the store has them: some grow in order, some come anywhere, some are long, one is empty.
  private func key(_ random: inout SeededRandom) -> ByteString {
    switch Int.random(in: 0..<16, using: &random) {
    case 0: return ""
    case 1...5: return ByteString("log.\(1000 + Int.random(in: 0..<400, using: &random))")
    case 6: return ByteString(Array(repeating: UInt8(ascii: "l"), count: 3000))
    default: return ByteString("o\(Int.random(in: 0..<5000, using: &random))")
    }
  }

  private func change(
    _ generation: OverlayGeneration, _ model: inout Model, _ random: inout SeededRandom
  ) {
    let key = key(&random)
    switch Int.random(in: 0..<40, using: &random) {
    case 0:
      let to = ByteString(key.bytes + [UInt8(ascii: "5")])
      generation.deleteRange(from: key, to: to)
      model.deleteRange(from: key, to: to)
    case 1...6:
      generation.set(key, nil)
      model.entries[key] = .some(nil)
    default:
      let value = [UInt8](repeating: 7, count: Int.random(in: 0..<20, using: &random))
      generation.set(key, value)
      model.entries[key] = value
    }
  }

  @Test(arguments: 0..<8) func `all that was changed is found, in order`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let generation = OverlayGeneration()
    var model = Model()
    for _ in 0..<4000 { change(generation, &model, &random) }

    var found: [(key: ByteString, value: [UInt8]?)] = []
    generation.forEach(from: "", to: nil) { key, value in
      found.append((key, value))
      return true
    }
    let sorted = model.entries.sorted { $0.key < $1.key }
    #expect(found.map(\.key) == sorted.map(\.key))
    #expect(found.map(\.value) == sorted.map(\.value))
    #expect(generation.count == sorted.count)
    for _ in 0..<2000 { check(key(&random), generation, model) }
    try checkIndex(generation, model, (0..<2000).map { _ in key(&random) })
  }

  private func check(_ key: ByteString, _ generation: OverlayGeneration, _ model: Model) {
    let isCovered = model.ranges.contains { !(key < $0.from) && key < $0.to }
    switch generation.find(key) {
    case .value(let value): #expect(model.entries[key] == .some(value))
    case .deleted:
      #expect(model.entries[key] == .some(nil) || model.entries[key] == nil && isCovered)
    case .unknown: #expect(model.entries[key] == nil && !isCovered)
    }
  }

  /// What an index that had something else under each of these keys has when the generation has gone there,
  /// in more than one change.
  private func checkIndex(
    _ generation: OverlayGeneration, _ model: Model, _ keys: [ByteString]
  ) throws {
    let index = MemoryKeyValue()
    var before = KeyValueBatch()
    for key in keys { before.put(key, [1, 2, 3]) }
    try index.apply(before)
    try index.flush()
    let large = (1...3).map { ByteString("o\($0 * 1000)+") }
    for key in large { generation.set(key, Array(repeating: 9, count: 200 << 10)) }
    try generation.apply(to: index)
    #expect(index.batchesSinceFlush > 1)
    #expect(index.changesSinceFlush == generation.count + generation.ranges.count)
    for key in keys {
      let isCovered = model.ranges.contains { !(key < $0.from) && key < $0.to }
      let expected = model.entries[key] ?? (isCovered ? nil : [1, 2, 3])
      #expect(try index.get(key)?.withUnsafeBytes { Array($0) } == expected)
    }
    for key in large { #expect(try index.get(key)?.count == 200 << 10) }
  }

  @Test func `a part of the keys is walked from any place to any other`() {
    let generation = OverlayGeneration()
    let keys = (1000..<1500).map { ByteString("k\($0)") }
    for key in keys.reversed() { generation.set(key, []) }
    for (from, to) in [("k", "l"), ("k1063x", "k1129"), ("a", "k1001"), ("k1499", "z"), ("x", "z")]
    {
      var walked: [ByteString] = []
      generation.forEach(from: ByteString(from), to: ByteString(to)) { key, _ in
        walked.append(key)
        return true
      }
      #expect(walked == keys.filter { !($0 < ByteString(from)) && $0 < ByteString(to) })
    }
  }
}
