import Base
import Buffers
import ObjectStores
import RadosTypes

/// Random transactions against a store and against plain arrays; one seed, one run.
package struct StoreModelRun {
  private struct ModelObject: Equatable {
    var data: [UInt8] = []
    var attributes: [ByteString: [UInt8]] = [:]
    var omap: [ByteString: [UInt8]] = [:]
    var header: [UInt8] = []
  }

  private let harness: StoreHarness
  private var random: SeededRandom
  private var model: [GHObject: ModelObject] = [:]
  private var collection: StoreCollection
  private let names: [GHObject]
  private let sizeMax: Int

  /// The store behind `harness` must be new.
  package init(_ harness: StoreHarness, seed: UInt64, sizeMax: Int = 300_000) async {
    self.harness = harness
    self.sizeMax = sizeMax
    random = SeededRandom(seed: seed)
    collection = await harness.makeCollection(StoreSamples.collection)
    // One hash, so that any may be cloned to any.
    names = (0..<8).map { StoreSamples.object(ByteString("model\($0)"), hash: 0x1234_5678) }
  }

  package mutating func run(transactions: Int, remountEvery: Int = 60) async throws {
    for number in 1...transactions {
      var transaction = Transaction()
      for _ in 0..<Int.random(in: 1...5, using: &random) { step(&transaction) }
      if Int.random(in: 0..<4, using: &random) == 0 {
        await harness.commit(transaction, on: collection)
      } else {
        harness.store.queue(transaction, on: collection) {}
      }
      if number % 5 == 0 { try await verify(names.randomElement(using: &random)!, number) }
      if number % remountEvery == 0 {
        try await harness.remount()
        collection = try harness.handle(StoreSamples.collection)
        try await verifyAll(number)
      }
    }
    try await verifyAll(transactions)
  }

  // MARK: Steps

  private mutating func range() -> (Int, Int) {
    let length: Int
    switch Int.random(in: 0..<6, using: &random) {
    case 0: length = Int.random(in: 0...20, using: &random)
    case 1: length = 4096 * Int.random(in: 1...4, using: &random)
    case 2: length = Int.random(in: 1...sizeMax / 2, using: &random)
    default: length = Int.random(in: 1...9_000, using: &random)
    }
    var offset = Int.random(in: 0...(sizeMax - length), using: &random)
    if Bool.random(using: &random) { offset &= ~4095 }
    return (offset, length)
  }

  private mutating func text() -> [UInt8] {
    let length = Int.random(in: 0...Int.random(in: 1...600, using: &random), using: &random)
    return StoreSamples.bytes(length, seed: random.next())
  }

  private mutating func key() -> ByteString {
    ByteString("k\(Int.random(in: 0..<40, using: &random))")
  }

  private mutating func step(_ t: inout Transaction) {
    let id = StoreSamples.collection
    let object = names.randomElement(using: &random)!
    if model[object] == nil, Int.random(in: 0..<3, using: &random) > 0 {
      t.touch(object, in: id)
      model[object] = ModelObject()
    }
    let isThere = model[object] != nil
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<7:
      let (offset, length) = range()
      let bytes = StoreSamples.bytes(length, seed: random.next())
      t.write(object, in: id, offset: UInt64(offset), data: BufferList(bytes))
      put(bytes, at: offset, in: object)
    case 7:
      let (offset, length) = range()
      t.zero(object, in: id, offset: UInt64(offset), length: UInt64(length))
      put(Array(repeating: 0, count: length), at: offset, in: object)
    case 8:
      let size = Int.random(in: 0...sizeMax, using: &random)
      t.truncate(object, in: id, size: UInt64(size))
      if let data = model[object]?.data {
        model[object]!.data =
          Array(data.prefix(size)) + Array(repeating: 0, count: max(0, size - data.count))
      }
    case 9:
      t.remove(object, in: id)
      model[object] = nil
    case 10 where isThere:
      let copy = names.randomElement(using: &random)!
      guard copy != object else { return }
      t.clone(object, in: id, to: copy)
      model[copy] = model[object]
    case 11, 12:
      cloneRange(object, &t)
    case 13:
      let name = names.randomElement(using: &random)!
      guard model[name] == nil else { return }
      t.tryRename(object, in: id, to: name)
      model[name] = model.removeValue(forKey: object)
    case 14 where isThere:
      let name = key()
      let value = text()
      t.setAttributes(object, in: id, [NamedValue(name, ByteSlice(value))])
      model[object]!.attributes[name] = value
    case 15 where isThere:
      let name = key()
      t.removeAttribute(object, in: id, name)
      model[object]!.attributes[name] = nil
    case 16...19 where isThere: omapStep(object, &t)
    default: break
    }
  }

  private mutating func put(_ bytes: [UInt8], at offset: Int, in object: GHObject) {
    var changed = model[object] ?? ModelObject()
    if !bytes.isEmpty {
      let end = offset + bytes.count
      if changed.data.count < end {
        changed.data += Array(repeating: 0, count: end - changed.data.count)
      }
      changed.data.replaceSubrange(offset..<end, with: bytes)
    }
    model[object] = changed
  }

  private mutating func cloneRange(_ object: GHObject, _ t: inout Transaction) {
    let copy = names.randomElement(using: &random)!
    guard let data = model[object]?.data, copy != object, !data.isEmpty else { return }
    let offset = Int.random(in: 0..<data.count, using: &random)
    let length = Int.random(in: 0...(data.count - offset), using: &random)
    let target = Int.random(in: 0...(sizeMax - length), using: &random)
    t.cloneRange(
      object, in: StoreSamples.collection, offset: UInt64(offset), length: UInt64(length), to: copy,
      at: UInt64(target))
    put(Array(data[offset..<offset + length]), at: target, in: copy)
  }

  private mutating func omapStep(_ object: GHObject, _ t: inout Transaction) {
    let id = StoreSamples.collection
    switch Int.random(in: 0..<8, using: &random) {
    case 0..<4:
      var entries: [ByteString: [UInt8]] = [:]
      for _ in 0..<Int.random(in: 1...6, using: &random) { entries[key()] = text() }
      t.omapSet(object, in: id, entries.map { NamedValue($0.key, ByteSlice($0.value)) })
      model[object]!.omap.merge(entries) { $1 }
    case 4:
      let keys = [key(), key()]
      t.omapRemove(object, in: id, keys)
      for key in keys { model[object]!.omap[key] = nil }
    case 5:
      let (from, to) = (key(), key())
      t.omapRemoveRange(object, in: id, from: from, to: to)
      model[object]!.omap = model[object]!.omap.filter { !(from <= $0.key && $0.key < to) }
    case 6:
      let header = text()
      t.omapSetHeader(object, in: id, ByteSlice(header))
      model[object]!.header = header
    default:
      t.omapClear(object, in: id)
      model[object]!.omap = [:]
      model[object]!.header = []
    }
  }

  // MARK: Verification

  private func verifyAll(_ number: Int) async throws {
    for object in names { try await verify(object, number) }
    try harness.expectEqual(
      try await harness.store.list(collection), model.keys.sorted(), "listing after \(number)")
    let stored = model.values.reduce(0) { $0 + UInt64($1.data.count) }
    try harness.expect(
      harness.store.statfs(pool: StoreSamples.pool).stored <= stored,
      "more stored than written after \(number)")
  }

  private func verify(_ object: GHObject, _ number: Int) async throws {
    guard let wanted = model[object] else {
      return try await harness.expectAbsent(object, in: collection)
    }
    let when = "\(object.object.name) after \(number)"
    let found = try await harness.parts(object, in: collection)
    if found.data != wanted.data {
      let at = zip(found.data, wanted.data).enumerated().first { $0.element.0 != $0.element.1 }
      throw ConformanceFailure(
        "data of \(when): \(found.data.count) of \(wanted.data.count) bytes, at \(at?.offset ?? -1)",
        line: #line)
    }
    func sorted(_ map: [ByteString: [UInt8]]) -> [NamedValue] {
      map.sorted { $0.key < $1.key }.map { NamedValue($0.key, ByteSlice($0.value)) }
    }
    try harness.expectEqual(found.attributes, sorted(wanted.attributes), "attributes of \(when)")
    try harness.expectEqual(found.omap, sorted(wanted.omap), "omap of \(when)")
    try harness.expectEqual(found.header, wanted.header, "header of \(when)")
    try await harness.expectExtents(object, in: collection, wanted.data)
  }
}
