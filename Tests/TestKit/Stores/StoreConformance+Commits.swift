import Base
import Buffers
import ObjectStores
import RadosTypes

private let pgCollection = StoreSamples.collection

/// What commits have been called, shared with their closures.
private final class CommitRecord {
  var order: [Int] = []
}

extension StoreConformance {
  static let commitCases = [
    Case("commits come later, each once, in order") { h in
      let c = await h.makeCollection(pgCollection)
      let record = CommitRecord()
      for number in 0..<300 {
        var transaction = Transaction()
        let object = StoreSamples.object(ByteString("o\(number % 17)"))
        let size = number % 10 == 0 ? 200_000 : number % 3 == 0 ? 0 : 100 * number
        transaction.write(
          object, in: pgCollection, offset: 0,
          data: BufferList(StoreSamples.bytes(size, seed: UInt64(number))))
        let before = record.order.count
        h.store.queue(transaction, on: c) { record.order.append(number) }
        try h.expectEqual(record.order.count, before, "commits within queue")
        if number % 20 == 0 { _ = try await h.store.stat(object, in: c) }
      }
      await h.commit(on: c) { _ in }
      try h.expectEqual(record.order, Array(0..<300), "order of commits")
    },

    Case("transactions may be queued from a commit") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("chain")
      let store = h.store
      await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
        func next(_ number: Int) {
          guard number < 50 else { return done.resume() }
          var transaction = Transaction()
          transaction.write(
            object, in: pgCollection, offset: UInt64(number), data: BufferList([UInt8(number)]))
          store.queue(transaction, on: c) { next(number + 1) }
        }
        next(0)
      }
      try await h.expectData(object, in: c, (0..<50).map { UInt8($0) })
    },

    Case("a transaction of many objects") { h in
      let c = await h.makeCollection(pgCollection)
      let objects = (0..<100).map { StoreSamples.object(ByteString("m\($0)")) }
      await h.commit(on: c) {
        for (number, object) in objects.enumerated() {
          $0.write(object, in: pgCollection, offset: UInt64(number), data: BufferList([1]))
          $0.setAttribute(object, in: pgCollection, "n", ByteString("\(number)").slice)
        }
        for object in objects.prefix(10) { $0.remove(object, in: pgCollection) }
        for object in objects { $0.truncate(object, in: pgCollection, size: 50) }
      }
      try await h.remount()
      let again = try h.handle(pgCollection)
      try h.expectEqual(
        try await h.store.list(again), objects.dropFirst(10).sorted(), "objects")
      for (number, object) in objects.enumerated().dropFirst(10) {
        try h.expectEqual(
          try await h.store.attribute("n", of: object, in: again)?.text, "\(number)", "attribute")
        try h.expectEqual(try await h.store.stat(object, in: again)?.size, 50, "size")
      }
    },

    Case("a transaction means the same after a trip over the wire") { h in
      let c = await h.makeCollection(pgCollection)
      let object = StoreSamples.object("wire")
      let copy = StoreSamples.clone(of: object, snap: 7)
      var transaction = Transaction()
      transaction.create(object, in: pgCollection)
      transaction.write(
        object, in: pgCollection, offset: 3, data: BufferList(StoreSamples.bytes(9_000)))
      transaction.setAttributes(object, in: pgCollection, [NamedValue("_", "1")])
      transaction.omapSet(object, in: pgCollection, [NamedValue("k", "v"), NamedValue("l", "w")])
      transaction.omapRemove(object, in: pgCollection, ["l"])
      transaction.clone(object, in: pgCollection, to: copy)
      transaction.zero(object, in: pgCollection, offset: 0, length: 5_000)
      transaction.tryRename(object, in: pgCollection, to: StoreSamples.object("renamed"))
      let decoded = try Transaction(wire: transaction.wireList.contiguous())
      await h.commit(decoded, on: c)
      try await h.expectAbsent(object, in: c)
      let bytes = [0, 0, 0] + StoreSamples.bytes(9_000)
      try await h.expectData(copy, in: c, bytes)
      try await h.expectData(
        StoreSamples.object("renamed"), in: c,
        Array(repeating: 0, count: 5_000) + bytes.dropFirst(5_000))
      try h.expectEqual(
        try await h.store.omapEntries(of: copy, in: c).entries, [NamedValue("k", "v")], "omap")
    },

    Case("thousands of objects") { h in
      let c = await h.makeCollection(pgCollection)
      let objects = (0..<2_000).map { StoreSamples.object(ByteString("many\($0)")) }
      for (number, object) in objects.enumerated() {
        h.queue(on: c) {
          $0.write(
            object, in: pgCollection, offset: 0,
            data: BufferList(StoreSamples.bytes(number % 300, seed: UInt64(number))))
          $0.setAttribute(object, in: pgCollection, "_", ByteString("info\(number)").slice)
        }
        if number % 256 == 0 { await h.commit(on: c) { _ in } }
      }
      try await h.remount()
      let again = try h.handle(pgCollection)
      try h.expectEqual(try await h.store.list(again), objects.sorted(), "objects")
      for (number, object) in objects.enumerated() where number % 7 == 0 {
        try await h.expectData(
          object, in: again, StoreSamples.bytes(number % 300, seed: UInt64(number)))
      }
      for object in objects.dropFirst(100) {
        h.queue(on: again) { $0.remove(object, in: pgCollection) }
      }
      await h.commit(on: again) { _ in }
      try h.expectEqual(
        try await h.store.list(again), objects.prefix(100).sorted(), "objects that stay")
    },

    Case("statistics follow what is stored") { h in
      let c = await h.makeCollection(pgCollection)
      let empty = h.store.statfs()
      try h.expect(
        empty.total > 0 && empty.available <= empty.total && empty.available > empty.total / 2,
        "of an empty store: \(empty)")
      let objects = (0..<16).map { StoreSamples.object(ByteString("s\($0)")) }
      for object in objects {
        await h.commit(on: c) {
          $0.write(
            object, in: pgCollection, offset: 0, data: BufferList(StoreSamples.bytes(256 << 10)))
        }
      }
      let stored: UInt64 = 16 * 256 << 10
      let full = h.store.statfs(pool: StoreSamples.pool)
      try h.expectEqual(full.stored, stored, "stored by the pool")
      try h.expect(full.allocated >= stored, "allocated: \(full)")
      let all = h.store.statfs()
      try h.expectEqual(all.total, empty.total, "total")
      try h.expect(all.stored >= stored && all.allocated >= stored, "of the store: \(all)")
      try h.expect(
        all.available <= empty.available - stored,
        "available \(all.available) of \(empty.available)")
      try h.expectEqual(h.store.statfs(pool: 77), StoreUsage(), "of another pool")
      await h.commit(on: c) {
        for object in objects.prefix(8) { $0.remove(object, in: pgCollection) }
        $0.truncate(objects[8], in: pgCollection, size: 1 << 10)
        $0.zero(objects[9], in: pgCollection, offset: 0, length: 64 << 10)
      }
      let left: UInt64 = 6 * 256 << 10 + 1 << 10 + 192 << 10
      try h.expectEqual(
        h.store.statfs(pool: StoreSamples.pool).stored, left, "stored after removals")
      try await h.remount()
      try h.expectEqual(
        h.store.statfs(pool: StoreSamples.pool).stored, left, "stored, restarted")
    },
  ]
}
