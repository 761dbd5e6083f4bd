import Base
import Buffers
import ObjectStores
import RadosTypes

private let pgCollection = StoreSamples.collection

extension StoreConformance {
  /// Attributes and omap.
  static let nameCases = [
    Case("attributes") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("attributes")
      let odd = ByteString([0xff, 0x00, 0x80])
      await h.commit(on: c) {
        $0.touch(object, in: pgCollection)
        $0.setAttributes(
          object, in: pgCollection,
          [NamedValue("b", "2"), NamedValue("a", "1"), NamedValue(odd, ""), NamedValue("c", "3")])
        $0.setAttribute(object, in: pgCollection, "b", ByteString("two").slice)
        $0.removeAttribute(object, in: pgCollection, "c")
        $0.removeAttribute(object, in: pgCollection, "never there")
      }
      try h.expectEqual(
        try await h.store.attributes(of: object, in: c),
        [NamedValue("a", "1"), NamedValue("b", "two"), NamedValue(odd, "")], "attributes")
      try h.expectEqual(
        try await h.store.attribute("b", of: object, in: c)?.text, "two", "one attribute")
      try h.expectEqual(
        try await h.store.attribute(odd, of: object, in: c)?.count, 0, "an empty one")
      try h.expect(
        try await h.store.attribute("c", of: object, in: c) == nil, "a removed attribute is there")
      let large = StoreSamples.bytes(65_536)
      await h.commit(on: c) { $0.setAttribute(object, in: pgCollection, "large", ByteSlice(large)) }
      try await h.remount()
      let again = try h.handle(pgCollection)
      try h.expectEqual(
        try await h.store.attribute("large", of: object, in: again)?.array, large, "a large one")
      await h.commit(on: again) { $0.removeAttributes(object, in: pgCollection) }
      try h.expectEqual(try await h.store.attributes(of: object, in: again), [], "all removed")
    },

    Case("what is absent is told") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("absent")
      try await h.expectNotFound("attributes") { try await h.store.attributes(of: object, in: c) }
      try await h.expectNotFound("attribute") {
        try await h.store.attribute("a", of: object, in: c)
      }
      try await h.expectNotFound("omapHeader") { try await h.store.omapHeader(of: object, in: c) }
      try await h.expectNotFound("omapValues") {
        try await h.store.omapValues(["a"], of: object, in: c)
      }
      try await h.expectNotFound("omapEntries") { try await h.store.omapEntries(of: object, in: c) }
      try await h.expectNotFound("extents") {
        try await h.store.extents(object, in: c, offset: 0, length: 10)
      }
      try h.expect(h.store.open(StoreSamples.pg(99)) == nil, "a collection that never was is open")
    },

    Case("what may be absent is ignored") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("absent")
      await h.commit(on: c) {
        $0.nop()
        $0.remove(object, in: pgCollection)
        $0.truncate(object, in: pgCollection, size: 10)
        $0.removeAttributes(object, in: pgCollection)
        $0.omapClear(object, in: pgCollection)
        $0.setAllocationHint(object, in: pgCollection, objectSize: 1, writeSize: 1, flags: 0)
        $0.collectionHint(pgCollection, type: 1, data: BufferList([1, 2, 3]))
      }
      try await h.expectAbsent(object, in: c)
      await h.commit(on: c) {
        $0.touch(object, in: pgCollection)
        $0.setAllocationHint(
          object, in: pgCollection, objectSize: 4 << 20, writeSize: 4096, flags: 9)
      }
      try await h.expectData(object, in: c, [])
    },

    Case("omap keeps keys in order") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("omap")
      let keys: [ByteString] = [
        "a", "aa", "ab", "b", "b\u{1}", "key", "key.1", "key.10", "key.2", ByteString([0x7f]),
        ByteString([0x80]), ByteString([0xff]), ByteString([0xff, 0xff]), ByteString([0x00]),
      ]
      await h.commit(on: c) {
        $0.touch(object, in: pgCollection)
        $0.omapSet(object, in: pgCollection, keys.map { NamedValue($0, "of " + $0.text) })
      }
      let sorted = keys.sorted()
      func page(
        _ start: OmapStart, prefix: ByteString = ByteString(), _ count: Int = .max,
        bytes: Int = .max
      ) async throws -> OmapPage {
        try await h.store.omapEntries(
          of: object, in: c, start: start, prefix: prefix, maxEntries: count, maxBytes: bytes)
      }
      let all = try await page(.first)
      try h.expectEqual(all.entries.map(\.name), sorted, "all keys")
      try h.expect(!all.hasMore, "more after all")
      try h.expectEqual(all.entries[3].value.text, "of " + sorted[3].text, "a value")
      for (place, key) in sorted.enumerated() {
        let from = try await page(.from(key), 3)
        try h.expectEqual(
          from.entries.map(\.name), Array(sorted[place...].prefix(3)), "from \(key)")
        try h.expectEqual(from.hasMore, place + 3 < sorted.count, "more from \(key)")
        let after = try await page(.after(key))
        try h.expectEqual(after.entries.map(\.name), Array(sorted[(place + 1)...]), "after \(key)")
      }
      let under = try await page(.first, prefix: "key")
      try h.expectEqual(under.entries.map(\.name), ["key", "key.1", "key.10", "key.2"], "prefix")
      let inside = try await page(.after("key.1"), prefix: "key", 1)
      try h.expectEqual(inside.entries.map(\.name), ["key.10"], "after, in a prefix")
      try h.expect(inside.hasMore, "no more in the prefix")
      let last = try await page(.after("key.10"), prefix: "key", 1)
      try h.expect(!last.hasMore, "more past the prefix")
      let none = try await page(.from("zzz"), prefix: "key")
      try h.expectEqual(none, OmapPage(), "from past the prefix")
      let few = try await page(.first, bytes: 1)
      try h.expectEqual(few.entries.count, 1, "entries for one byte")
      try h.expect(few.hasMore, "no more after one byte")
      try h.expectEqual(try await page(.first, 0).entries, [], "no entries asked for")
      let values = try await h.store.omapValues(["key", "no", "a"], of: object, in: c)
      try h.expectEqual(values.map(\.name), ["key", "a"], "values by key")
    },

    Case("omap changes") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("omap")
      func keys() async throws -> [String] {
        try await h.store.omapEntries(of: object, in: try h.handle(pgCollection)).entries
          .map(\.name.text)
      }
      await h.commit(on: c) {
        $0.touch(object, in: pgCollection)
        $0.omapSet(object, in: pgCollection, ["e", "b", "d", "a", "c"].map { NamedValue($0, "1") })
      }
      await h.commit(on: c) {
        $0.omapRemove(object, in: pgCollection, ["b", "not there"])
        $0.omapSet(object, in: pgCollection, [NamedValue("c", "2"), NamedValue("f", "")])
      }
      try h.expectEqual(try await keys(), ["a", "c", "d", "e", "f"], "keys")
      let values = try await h.store.omapValues(["c", "f"], of: object, in: c)
      try h.expectEqual(values.map(\.value.text), ["2", ""], "values")
      await h.commit(on: c) { $0.omapRemoveRange(object, in: pgCollection, from: "c", to: "e") }
      try h.expectEqual(try await keys(), ["a", "e", "f"], "after a range")
      await h.commit(on: c) {
        $0.omapRemoveRange(object, in: pgCollection, from: "x", to: "b")
        $0.omapRemoveRange(object, in: pgCollection, from: "", to: "a")
        $0.omapSetHeader(object, in: pgCollection, ByteString("head").slice)
        $0.omapSet(object, in: pgCollection, [NamedValue("big", ByteSlice(zeros: 1 << 20))])
      }
      try await h.remount()
      let again = try h.handle(pgCollection)
      try h.expectEqual(try await keys(), ["a", "big", "e", "f"], "restarted")
      try h.expectEqual(
        try await h.store.omapHeader(of: object, in: again).text, "head", "header")
      let big = try await h.store.omapValues(["big"], of: object, in: again)
      try h.expectEqual(big.first?.value.count, 1 << 20, "a large value")
      await h.commit(on: again) {
        $0.omapSet(object, in: pgCollection, [NamedValue("lost", "")])
        $0.omapClear(object, in: pgCollection)
        $0.omapSet(object, in: pgCollection, [NamedValue("kept", "")])
      }
      try h.expectEqual(try await keys(), ["kept"], "cleared and set")
      try h.expectEqual(
        try await h.store.omapHeader(of: object, in: again).count, 0, "header after clear")
      await h.commit(on: again) {
        $0.remove(object, in: pgCollection)
        $0.touch(object, in: pgCollection)
      }
      try h.expectEqual(try await keys(), [], "of the next object of that name")
    },

    Case("omaps of neighbours do not touch") { h in
      let c = await h.makeCollection(pgCollection)
      let objects = (0..<5).map { StoreSamples.object(ByteString("n\($0)")) }
      for (number, object) in objects.enumerated() {
        await h.commit(on: c) {
          $0.touch(object, in: pgCollection)
          $0.omapSet(
            object, in: pgCollection,
            (0..<20).map { NamedValue(ByteString("k\($0)"), "\(number)") })
        }
      }
      await h.commit(on: c) {
        $0.omapClear(objects[2], in: pgCollection)
        $0.omapRemoveRange(
          objects[3], in: pgCollection, from: "", to: ByteString([0xff, 0xff, 0xff, 0xff, 0xff]))
      }
      for (number, object) in objects.enumerated() {
        let entries = try await h.store.omapEntries(of: object, in: c).entries
        try h.expectEqual(entries.count, number == 2 || number == 3 ? 0 : 20, "keys of \(object)")
        try h.expect(entries.allSatisfy { $0.value.text == "\(number)" }, "another's values")
      }
    },

    Case("thousands of omap keys, page by page") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("many")
      await h.commit(on: c) { $0.touch(object, in: pgCollection) }
      for batch in 0..<10 {
        h.queue(on: c) {
          $0.omapSet(
            object, in: pgCollection,
            (0..<300).map {
              NamedValue(ByteString("\((($0 * 10 + batch) * 7919) % 3000 + 10_000)"), "v")
            })
        }
      }
      h.queue(on: c) { $0.omapRemoveRange(object, in: pgCollection, from: "11000", to: "11500") }
      try await h.remount()
      let again = try h.handle(pgCollection)
      var seen: [ByteString] = []
      var start = OmapStart.first
      while true {
        let page = try await h.store.omapEntries(
          of: object, in: again, start: start, maxEntries: 77)
        seen += page.entries.map(\.name)
        guard page.hasMore, let last = page.entries.last else { break }
        start = .after(last.name)
      }
      let wanted = (10_000..<13_000).filter { !(11_000..<11_500).contains($0) }
      try h.expectEqual(seen.map(\.text), wanted.map { "\($0)" }, "keys")
    },
  ]
}
