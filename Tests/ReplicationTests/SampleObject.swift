import Base
import Buffers
import ObjectStores
import RadosTypes
import TestKit
import Wire

/// An object of random content, from a seed.
struct SampleObject {
  let name: HObject
  var info: ObjectInfo
  private(set) var random: SeededRandom
  static let maxBytes: UInt64 = 20 << 20

  init(_ seed: UInt64, snap: SnapID = .head) {
    random = SeededRandom(seed: seed)
    name = StoreSamples.object(ByteString("sample \(seed)"), snap: snap).object
    info = ObjectInfo(name)
    info.version = EVersion(epoch: 5, version: 10 + seed)
    info.expectedObjectSize = 4 << 20
    info.expectedWriteSize = 1 << 16
    info.allocationHintFlags = 3
  }

  mutating func number(_ range: ClosedRange<UInt64>) -> UInt64 {
    UInt64.random(in: range, using: &random)
  }

  /// Bytes without end: a block that begins anywhere.
  private static let block = BufferList(StoreSamples.bytes(1 << 20, seed: 99))

  mutating func bytes(_ count: UInt64) -> BufferList {
    var list = BufferList()
    while UInt64(list.count) < count {
      let start = Int(number(0...UInt64(Self.block.count / 2)))
      let length = min(Int(count) - list.count, Self.block.count - start)
      list.append(Self.block.sub(start, length))
    }
    return list
  }

  mutating func text(_ max: UInt64) -> ByteSlice { bytes(number(0...max)).contiguous() }

  /// Makes it: a size, some runs of data with holes between them, attributes, header and omap.
  mutating func create(
    in collection: CollectionID, bytesMax: UInt64 = maxBytes, keysMax: UInt64 = 20_000
  ) -> Transaction {
    var t = Transaction()
    let object = GHObject(name)
    info.size = number(0...3) == 0 ? number(0...4096) : number(0...bytesMax)
    t.touch(object, in: collection)
    t.truncate(object, in: collection, size: info.size)
    for _ in 0..<number(0...6) where info.size > 0 {
      let offset = number(0...info.size - 1)
      let length = min(number(1...max(info.size / 2, 1)), info.size - offset)
      t.write(object, in: collection, offset: offset, data: bytes(length))
    }
    t.setAttribute(object, in: collection, "snapset", SnapSet().wire)
    for index in 0..<number(0...8) {
      t.setAttribute(object, in: collection, ByteString("_user\(index)"), text(3000))
    }
    changeOmap(keys: number(0...2) == 0 ? keysMax : number(0...40), &t, in: collection)
    setInfo(&t, in: collection)
    return t
  }

  mutating func setInfo(_ t: inout Transaction, in collection: CollectionID) {
    t.setAttribute(GHObject(name), in: collection, ObjectInfo.attributeName, info.wire)
  }

  mutating func changeOmap(
    keys: UInt64, _ t: inout Transaction, in collection: CollectionID
  ) {
    let object = GHObject(name)
    if number(0...1) == 0 { t.omapSetHeader(object, in: collection, text(600)) }
    let entries = (0..<keys).map { _ in
      NamedValue(ByteString("key \(number(0...1 << 30))"), text(60))
    }
    if !entries.isEmpty { t.omapSet(object, in: collection, entries) }
  }

  /// A write as a client's, with what it leaves clean.
  mutating func change(in collection: CollectionID) -> (Transaction, ObjectCleanRegions) {
    var t = Transaction()
    var clean = ObjectCleanRegions()
    let object = GHObject(name)
    info.priorVersion = info.version
    info.version.version += 1
    for _ in 0..<number(1...3) {
      changeData(&t, &clean, in: collection)
    }
    if number(0...2) == 0 {
      changeOmap(keys: 30, &t, in: collection)
      if number(0...1) == 0 {
        t.omapRemoveRange(object, in: collection, from: "key 5", to: "key 7")
      }
      clean.markOmapDirty()
    }
    if number(0...1) == 0 { t.setAttribute(object, in: collection, "_user0", text(500)) }
    if number(0...3) == 0 { t.removeAttribute(object, in: collection, "_user1") }
    setInfo(&t, in: collection)
    return (t, clean)
  }

  private mutating func changeData(
    _ t: inout Transaction, _ clean: inout ObjectCleanRegions, in collection: CollectionID
  ) {
    let object = GHObject(name)
    let offset = number(0...info.size)
    let length = number(1...1 << 20)
    switch number(0...4) {
    case 0:
      let size = number(0...info.size)
      t.truncate(object, in: collection, size: size)
      clean.markDirty(offset: size, length: info.size - size)
      info.size = size
    case 1 where offset < info.size:
      let inside = min(length, info.size - offset)
      t.zero(object, in: collection, offset: offset, length: inside)
      clean.markDirty(offset: offset, length: inside)
    default:
      t.write(object, in: collection, offset: offset, data: bytes(length))
      clean.markDirty(offset: offset, length: length)
      info.size = max(info.size, offset + length)
    }
  }
}
