import Base
import Buffers
import ObjectStores
import RadosTypes

private let pgCollection = StoreSamples.collection

extension StoreHarness {
  /// All four parts of an object.
  package struct Parts: Equatable {
    var data: [UInt8] = []
    var attributes: [NamedValue] = []
    var omap: [NamedValue] = []
    var header: [UInt8] = []
  }

  package func parts(_ object: GHObject, in collection: StoreCollection) async throws -> Parts {
    Parts(
      data: try await store.read(object, in: collection).array,
      attributes: try await store.attributes(of: object, in: collection),
      omap: try await store.omapEntries(of: object, in: collection).entries,
      header: try await store.omapHeader(of: object, in: collection).array)
  }

  /// Makes an object that has all four parts.
  func makeFull(_ object: GHObject, in c: StoreCollection, seed: UInt64, size: Int = 150_000) async
  {
    await commit(on: c) {
      $0.write(object, in: c.id, offset: 0, data: BufferList(StoreSamples.bytes(size, seed: seed)))
      $0.zero(object, in: c.id, offset: 20_000, length: 30_000)
      $0.setAttributes(
        object, in: c.id, [NamedValue("_", "info \(seed)"), NamedValue("_user", "value")])
      $0.omapSet(
        object, in: c.id, (0..<50).map { NamedValue(ByteString("key\($0)"), "\(seed) \($0)") })
      $0.omapSetHeader(object, in: c.id, ByteString("header \(seed)").slice)
    }
  }
}

extension StoreConformance {
  static let copyCases = [
    Case("a clone has all four parts and a life of its own") { h in
      let c = await h.makeCollection(pgCollection)
      let head = StoreSamples.object("head")
      let copy = StoreSamples.clone(of: head, snap: 4)
      await h.makeFull(head, in: c, seed: 1)
      let before = try await h.parts(head, in: c)
      await h.commit(on: c) { $0.clone(head, in: pgCollection, to: copy) }
      try h.expectEqual(try await h.parts(copy, in: c), before, "the clone")
      await h.commit(on: c) {
        $0.write(head, in: pgCollection, offset: 1_000, data: BufferList([1, 2, 3]))
        $0.truncate(head, in: pgCollection, size: 100_000)
        $0.removeAttributes(head, in: pgCollection)
        $0.omapClear(head, in: pgCollection)
      }
      try h.expectEqual(
        try await h.parts(copy, in: c), before, "the clone after a change of the head")
      await h.makeFull(head, in: c, seed: 2, size: 90_000)
      let changed = try await h.parts(head, in: c)
      await h.commit(on: c) {
        $0.write(copy, in: pgCollection, offset: 0, data: BufferList(StoreSamples.bytes(70_000)))
        $0.omapSet(copy, in: pgCollection, [NamedValue("key1", "other")])
        $0.setAttribute(copy, in: pgCollection, "_", ByteString("x").slice)
      }
      try h.expectEqual(
        try await h.parts(head, in: c), changed, "the head after a change of the clone")
      let copied = try await h.parts(copy, in: c)
      await h.commit(on: c) { $0.remove(head, in: pgCollection) }
      try h.expectEqual(try await h.parts(copy, in: c), copied, "the clone without the head")
      try await h.remount()
      try h.expectEqual(
        try await h.parts(copy, in: try h.handle(pgCollection)), copied, "the clone, restarted")
    },

    Case("a clone replaces what was there") { h in
      let c = await h.makeCollection(pgCollection)
      let head = StoreSamples.object("head")
      let copy = StoreSamples.clone(of: head, snap: 4)
      await h.makeFull(copy, in: c, seed: 3, size: 400_000)
      await h.commit(on: c) {
        $0.write(head, in: pgCollection, offset: 10, data: BufferList([5]))
        $0.setAttribute(head, in: pgCollection, "only", ByteString("this").slice)
        $0.clone(head, in: pgCollection, to: copy)
      }
      try h.expectEqual(
        try await h.parts(copy, in: c),
        StoreHarness.Parts(
          data: Array(repeating: 0, count: 10) + [5], attributes: [NamedValue("only", "this")]),
        "the clone")
    },

    Case("chains of clones stay apart") { h in
      let c = await h.makeCollection(pgCollection)
      let head = StoreSamples.object("chain")
      var models: [(GHObject, [UInt8])] = []
      var model = StoreSamples.bytes(140_000)
      await h.commit(on: c) { $0.write(head, in: pgCollection, offset: 0, data: BufferList(model)) }
      for snap in 1...8 {
        let copy = StoreSamples.clone(of: head, snap: UInt64(snap))
        let offset = snap * 9_000
        let bytes = StoreSamples.bytes(6_000 + snap * 700, seed: UInt64(snap))
        await h.commit(on: c) {
          $0.clone(head, in: pgCollection, to: copy)
          $0.write(head, in: pgCollection, offset: UInt64(offset), data: BufferList(bytes))
        }
        models.append((copy, model))
        model.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      }
      for gone in [6, 3, 0] {
        let (object, _) = models.remove(at: gone)
        await h.commit(on: c) { $0.remove(object, in: pgCollection) }
      }
      for (object, bytes) in models + [(head, model)] {
        try await h.expectData(object, in: c, bytes)
      }
      try await h.remount()
      let again = try h.handle(pgCollection)
      for (object, bytes) in models + [(head, model)] {
        try await h.expectData(object, in: again, bytes)
      }
    },

    Case("clone ranges land where they are told, holes and all") { h in
      let c = await h.makeCollection(pgCollection)
      let source = StoreSamples.object("source", hash: 77)
      let target = StoreSamples.object("target", hash: 77)
      var sourceModel = StoreSamples.bytes(200_000)
      for at in 50_000..<90_000 { sourceModel[at] = 0 }
      var model = StoreSamples.bytes(160_000, seed: 2)
      await h.commit(on: c) {
        $0.write(source, in: pgCollection, offset: 0, data: BufferList(sourceModel))
        $0.zero(source, in: pgCollection, offset: 50_000, length: 40_000)
        $0.setAttribute(source, in: pgCollection, "a", ByteString("b").slice)
        $0.omapSet(source, in: pgCollection, [NamedValue("k", "v")])
        $0.write(target, in: pgCollection, offset: 0, data: BufferList(model))
      }
      for (from, length, to) in [
        (0, 4_096, 0), (4_096, 8_192, 65_536), (100, 5_000, 33), (40_000, 60_000, 20_000),
        (0, 200_000, 0), (10_000, 50_000, 10_001), (60_000, 100, 199_999), (0, 1, 300_000),
        (5, 0, 400_000),
        (65_536, 65_536, 131_072),
      ] {
        h.queue(on: c) {
          $0.cloneRange(
            source, in: pgCollection, offset: UInt64(from), length: UInt64(length), to: target,
            at: UInt64(to))
        }
        if length > 0 {
          if model.count < to + length {
            model += Array(repeating: 0, count: to + length - model.count)
          }
          model.replaceSubrange(to..<to + length, with: sourceModel[from..<from + length])
        }
        try await h.expectData(target, in: c, model)
        try await h.expectExtents(target, in: c, model)
      }
      try await h.expectData(source, in: c, sourceModel)
      try h.expectEqual(
        try await h.store.attributes(of: target, in: c), [], "attributes of a range's target")
      let made = StoreSamples.object("made", hash: 77)
      await h.commit(on: c) {
        $0.cloneRange(source, in: pgCollection, offset: 7, length: 0, to: made, at: 9)
      }
      try await h.expectData(made, in: c, [])
    },

    Case("a range is cloned within one object") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("self")
      var model = StoreSamples.bytes(100_000)
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: 0, data: BufferList(model))
        $0.cloneRange(
          object, in: pgCollection, offset: 1_000, length: 30_000, to: object, at: 60_000)
        $0.cloneRange(
          object, in: pgCollection, offset: 60_000, length: 20_000, to: object, at: 95_000)
      }
      model.replaceSubrange(60_000..<90_000, with: Array(model[1_000..<31_000]))
      let part = Array(model[60_000..<80_000])
      model = Array(model[..<95_000]) + part
      try await h.expectData(object, in: c, model)
    },

    Case("a range is cloned to where it is, over bytes that a small write changed") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("self")
      var model = StoreSamples.bytes(100_000)
      let patch = StoreSamples.bytes(100, seed: 2)
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: 0, data: BufferList(model))
      }
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: 9_000, data: BufferList(patch))
      }
      await h.commit(on: c) {
        $0.cloneRange(
          object, in: pgCollection, offset: 4_096, length: 50_000, to: object, at: 4_096)
      }
      model.replaceSubrange(9_000..<9_100, with: patch)
      try await h.expectData(object, in: c, model)
    },

    Case("a range is cloned that the same transaction wrote behind the end of") { h in
      let c = await h.makeCollection(pgCollection)
      let source = StoreSamples.object("source", hash: 77)
      let target = StoreSamples.object("target", hash: 77)
      var model = StoreSamples.bytes(5_000)
      await h.commit(on: c) {
        $0.write(source, in: pgCollection, offset: 0, data: BufferList(model))
      }
      try await h.remount()
      let again = try h.handle(pgCollection)
      let more = StoreSamples.bytes(1_000, seed: 2)
      await h.commit(on: again) {
        $0.write(source, in: pgCollection, offset: 7_000, data: BufferList(more))
        $0.cloneRange(
          source, in: pgCollection, offset: 5_500, length: 2_000, to: target, at: 1)
      }
      model += Array(repeating: 0, count: 2_000) + more
      try await h.expectData(source, in: again, model)
      try await h.expectData(target, in: again, [0] + Array(model[5_500..<7_500]))
    },

    Case("what was cloned can be overwritten in the same transaction") { h in
      let c = await h.makeCollection(pgCollection)
      let head = StoreSamples.object("head")
      let copy = StoreSamples.clone(of: head, snap: 2)
      let first = StoreSamples.bytes(30_000, seed: 1)
      let second = StoreSamples.bytes(30_000, seed: 2)
      await h.commit(on: c) {
        $0.write(head, in: pgCollection, offset: 0, data: BufferList(first))
        $0.clone(head, in: pgCollection, to: copy)
        $0.write(head, in: pgCollection, offset: 0, data: BufferList(second))
      }
      try await h.expectData(copy, in: c, first)
      try await h.expectData(head, in: c, second)
    },

    Case("a rename carries all four parts") { h in
      let c = await h.makeCollection(pgCollection)
      let old = StoreSamples.object("old", hash: 5)
      let new = StoreSamples.object("new", hash: 900)
      let newer = StoreSamples.object("newer", hash: 6)
      await h.makeFull(old, in: c, seed: 9)
      let parts = try await h.parts(old, in: c)
      await h.commit(on: c) { $0.moveRename(old, in: pgCollection, to: new, in: pgCollection) }
      try await h.expectAbsent(old, in: c)
      try h.expectEqual(try await h.parts(new, in: c), parts, "the renamed")
      await h.commit(on: c) {
        $0.tryRename(new, in: pgCollection, to: newer)
        $0.touch(new, in: pgCollection)
        $0.tryRename(StoreSamples.object("not there"), in: pgCollection, to: old)
        $0.moveRename(
          StoreSamples.object("not there"), in: pgCollection, to: old, in: pgCollection)
      }
      try await h.expectData(new, in: c, [])
      try await h.expectAbsent(old, in: c)
      try h.expectEqual(try await h.parts(newer, in: c), parts, "the renamed again")
      await h.commit(on: c) {
        $0.remove(new, in: pgCollection)
        $0.tryRename(newer, in: pgCollection, to: new)
        $0.omapSet(new, in: pgCollection, [NamedValue("zz", "added")])
      }
      try await h.remount()
      let again = try h.handle(pgCollection)
      try h.expectEqual(
        try await h.parts(new, in: again).omap, parts.omap + [NamedValue("zz", "added")], "omap")
      try h.expectEqual(try await h.parts(new, in: again).data, parts.data, "data")
    },
  ]
}
