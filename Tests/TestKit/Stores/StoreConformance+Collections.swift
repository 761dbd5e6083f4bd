import Base
import Buffers
import ObjectStores
import RadosTypes

private let pgCollection = StoreSamples.collection

extension StoreConformance {
  static let collectionCases = [
    Case("collections come and go") { h in
      try h.expectEqual(Set(h.store.collections()), [], "collections of a new store")
      let ids: [CollectionID] = [
        .meta, pgCollection, StoreSamples.pg(1), .temporary(StoreSamples.pg),
      ]
      for id in ids { _ = await h.makeCollection(id, bits: 1) }
      try h.expectEqual(Set(h.store.collections()), Set(ids), "collections")
      let second = try h.handle(StoreSamples.pg(1))
      try h.expect(second.exists && second.bits == 1, "bits \(second.bits)")
      try h.expect(h.store.open(StoreSamples.pg(1)) === second, "two handles of one collection")
      await h.commit(on: second) {
        $0.setCollectionBits(StoreSamples.pg(1), 3)
      }
      try h.expectEqual(second.bits, 3, "bits")
      let object = GHObject.meta("osdmap.1")
      let meta = try h.handle(.meta)
      await h.commit(on: meta) { $0.write(object, in: .meta, offset: 0, data: BufferList([4, 5])) }
      try await h.remount()
      try h.expectEqual(Set(h.store.collections()), Set(ids), "collections, restarted")
      try h.expectEqual(try h.handle(StoreSamples.pg(1)).bits, 3, "bits, restarted")
      try await h.expectData(object, in: try h.handle(.meta), [4, 5])
      let gone = try h.handle(StoreSamples.pg(1))
      await h.commit(on: gone) { $0.removeCollection(StoreSamples.pg(1)) }
      try h.expect(h.store.open(StoreSamples.pg(1)) == nil, "a removed collection is open")
      _ = await h.makeCollection(StoreSamples.pg(1), bits: 2)
      try await h.remount()
      try h.expectEqual(try h.handle(StoreSamples.pg(1)).bits, 2, "bits of the second life")
      try h.expectEqual(
        try await h.store.list(try h.handle(StoreSamples.pg(1))), [], "objects of the second life")
    },

    Case("a collection with its first object in one transaction, removed in one") { h in
      let handle = h.store.createHandle(pgCollection)
      let meta = GHObject.pgMeta(StoreSamples.pg)
      await h.commit(on: handle) {
        $0.createCollection(pgCollection, bits: 0)
        $0.touch(meta, in: pgCollection)
        $0.omapSet(meta, in: pgCollection, [NamedValue("_info", "x"), NamedValue("_epoch", "y")])
      }
      try h.expectEqual(try await h.store.list(handle), [meta], "objects")
      await h.commit(on: handle) {
        $0.remove(meta, in: pgCollection)
        $0.removeCollection(pgCollection)
      }
      try await h.remount()
      try h.expectEqual(h.store.collections(), [], "collections")
    },

    Case("listing is in Ceph's order, by pages") { h in
      let c = await h.makeCollection(pgCollection)
      var objects: [GHObject] = [GHObject.pgMeta(StoreSamples.pg)]
      for number in 0..<300 {
        objects.append(StoreSamples.object(ByteString("o\(number)")))
      }
      for hash in [0, 1, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff, 0x1234_5678] as [UInt32] {
        objects.append(StoreSamples.object("same name", hash: hash))
        objects.append(StoreSamples.object("", hash: hash, namespace: "only a namespace"))
        for name in ["x", "xx", "x\u{1}", "y"] as [ByteString] {
          objects.append(StoreSamples.object(name, hash: hash))
          objects.append(StoreSamples.object(name, hash: hash, namespace: "n"))
          objects.append(StoreSamples.object(name, hash: hash, key: "k", namespace: "n"))
          objects.append(StoreSamples.object(name, hash: hash, key: "zz"))
          objects.append(StoreSamples.object(name, hash: hash, snap: SnapID(3)))
          objects.append(StoreSamples.object(name, hash: hash, snap: SnapID(0x1_0000_0000)))
        }
        objects.append(StoreSamples.object(ByteString([0xff, 0x00, 0x01, 0xfe]), hash: hash))
        objects.append(StoreSamples.object(ByteString([0xff]), hash: hash))
        objects.append(StoreSamples.object("#!~{}/", hash: hash, namespace: "#!~{}/"))
        var temporary = StoreSamples.object("temp_recovering", hash: hash)
        temporary.object.pool = HObject.temporaryPool(StoreSamples.pool)
        objects.append(temporary)
      }
      objects = Array(Set(objects))
      for object in objects { h.queue(on: c) { $0.touch(object, in: pgCollection) } }
      let sorted = objects.sorted()
      try h.expectEqual(try await h.store.list(c), sorted, "all objects")
      try await h.remount()
      let again = try h.handle(pgCollection)
      try h.expectEqual(try await h.store.list(again), sorted, "all objects, restarted")
      for pageSize in [1, 7, 100, sorted.count, sorted.count + 1] {
        var seen: [GHObject] = []
        var from = GHObject.min
        while from != .max {
          let page = try await h.store.list(again, from: from, to: .max, max: pageSize)
          try h.expect(
            page.objects.count == pageSize || page.next == .max, "a short page before the end")
          seen += page.objects
          from = page.next
        }
        try h.expectEqual(seen, sorted, "pages of \(pageSize)")
      }
      for (low, high) in [(10, 20), (0, 1), (200, 200), (sorted.count - 2, sorted.count - 1)] {
        let part = try await h.store.list(again, from: sorted[low], to: sorted[high], max: .max)
        try h.expectEqual(part.objects, Array(sorted[low..<high]), "from \(low) to \(high)")
        try h.expectEqual(part.next, sorted[high], "next of \(low) to \(high)")
      }
      let between = StoreSamples.object("not there", hash: 1)
      let rest = try await h.store.list(again, from: between, to: .max, max: .max)
      try h.expectEqual(rest.objects, sorted.filter { $0 >= between }, "from an absent object")
    },

    Case("generations and shards are objects of their own") { h in
      let pg = ShardPGID(PGID(pool: StoreSamples.pool, seed: 0), shard: 2)
      let c = await h.makeCollection(.pg(pg))
      var objects: [GHObject] = []
      for name in ["a", "b"] as [ByteString] {
        for generation in [0, 1, 0x1_0000_0000, GHObject.noGeneration] as [UInt64] {
          objects.append(
            GHObject(StoreSamples.object(name).object, generation: generation, shard: 2))
        }
      }
      for (number, object) in objects.enumerated() {
        await h.commit(on: c) {
          $0.write(object, in: .pg(pg), offset: 0, data: BufferList([UInt8(number)]))
        }
      }
      try h.expectEqual(try await h.store.list(c), objects.sorted(), "objects")
      for (number, object) in objects.enumerated() {
        try await h.expectData(object, in: c, [UInt8(number)])
      }
    },

    Case("changes show in the listing at once") { h in
      let c = await h.makeCollection(pgCollection)
      var wanted: Set<GHObject> = []
      for round in 0..<6 {
        for number in 0..<40 where (number + round) % 3 != 0 {
          let object = StoreSamples.object(ByteString("o\(number)"))
          if (number + round) % 2 == 0 {
            h.queue(on: c) { $0.touch(object, in: pgCollection) }
            wanted.insert(object)
          } else {
            h.queue(on: c) { $0.remove(object, in: pgCollection) }
            wanted.remove(object)
          }
        }
        if round == 3 { try await h.remount() }
        try h.expectEqual(
          try await h.store.list(try h.handle(pgCollection)), wanted.sorted(), "round \(round)")
        if round == 3 { break }
      }
    },

    Case("a split moves objects by their hash, a merge brings them back") { h in
      let parent = await h.makeCollection(pgCollection)
      let objects = (0..<60).map { StoreSamples.object(ByteString("split\($0)")) }
      let meta = GHObject.pgMeta(StoreSamples.pg)
      await h.commit(on: parent) { $0.touch(meta, in: pgCollection) }
      for (number, object) in objects.enumerated() {
        await h.makeFull(object, in: parent, seed: UInt64(number), size: 60_000)
      }
      var parts: [GHObject: StoreHarness.Parts] = [:]
      for object in objects { parts[object] = try await h.parts(object, in: parent) }

      func verify(_ homes: [UInt32], bits: UInt32, _ when: String) async throws {
        let mask: UInt32 = (1 << bits) - 1
        for seed in homes {
          let c = try h.handle(StoreSamples.pg(seed))
          try h.expectEqual(c.bits, bits, "bits of \(c.id) \(when)")
          var wanted = objects.filter { $0.object.hash & mask == seed }
          if seed == 0 { wanted.append(meta) }
          try h.expectEqual(
            try await h.store.list(c), wanted.sorted(), "objects of \(c.id) \(when)")
          for object in wanted where object != meta {
            try h.expectEqual(try await h.parts(object, in: c), parts[object], "\(object) \(when)")
          }
        }
        for object in objects where object.object.hash & mask != 0 && homes.contains(0) {
          try await h.expectAbsent(object, in: try h.handle(pgCollection))
        }
      }

      let one = await h.makeCollection(StoreSamples.pg(1), bits: 1, beside: parent)
      await h.commit(on: parent) {
        $0.splitCollection(pgCollection, bits: 1, remainder: 1, into: StoreSamples.pg(1))
      }
      try await verify([0, 1], bits: 1, "after the first split")
      let two = h.store.createHandle(StoreSamples.pg(2), beside: parent)
      await h.commit(on: parent) {
        $0.createCollection(StoreSamples.pg(2), bits: 2)
        $0.splitCollection(pgCollection, bits: 2, remainder: 2, into: StoreSamples.pg(2))
      }
      try h.expect(two.exists, "the child's handle does not exist")
      _ = await h.makeCollection(StoreSamples.pg(3), bits: 2, beside: one)
      await h.commit(on: one) {
        $0.splitCollection(StoreSamples.pg(1), bits: 2, remainder: 3, into: StoreSamples.pg(3))
      }
      try await verify([0, 1, 2, 3], bits: 2, "after the second split")
      try await h.remount()
      try await verify([0, 1, 2, 3], bits: 2, "restarted")
      for (from, to, bits) in [(3, 1, 1), (2, 0, 1), (1, 0, 0)] as [(UInt32, UInt32, UInt32)] {
        let target = try h.handle(StoreSamples.pg(to))
        await h.commit(on: target) {
          $0.mergeCollection(StoreSamples.pg(from), into: StoreSamples.pg(to), bits: bits)
        }
        try h.expect(h.store.open(StoreSamples.pg(from)) == nil, "the merged collection is open")
      }
      try await verify([0], bits: 0, "after the merges")
      try await h.remount()
      try await verify([0], bits: 0, "merged and restarted")
    },

    Case("a child takes writes at once") { h in
      let parent = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("child", hash: 1)
      let child = h.store.createHandle(StoreSamples.pg(1), beside: parent)
      h.queue(on: parent) {
        $0.write(object, in: pgCollection, offset: 0, data: BufferList([1, 2]))
      }
      h.queue(on: parent) {
        $0.createCollection(StoreSamples.pg(1), bits: 1)
        $0.splitCollection(pgCollection, bits: 1, remainder: 1, into: StoreSamples.pg(1))
      }
      await h.commit(on: child) {
        $0.write(object, in: StoreSamples.pg(1), offset: 1, data: BufferList([3, 4]))
      }
      try await h.expectData(object, in: child, [1, 3, 4])
      try await h.remount()
      try await h.expectData(object, in: try h.handle(StoreSamples.pg(1)), [1, 3, 4])
    },
  ]
}
