import Base
import Buffers
import ObjectStores
import RadosTypes

private let pgCollection = StoreSamples.collection

private func collection(_ h: StoreHarness) async -> StoreCollection {
  await h.makeCollection(pgCollection)
}

extension StoreConformance {
  static let dataCases = [
    Case("objects come and go") { h in
      let c = await collection(h)
      let object = StoreSamples.object("a")
      try await h.expectAbsent(object, in: c)
      await h.commit(on: c) { $0.touch(object, in: pgCollection) }
      try await h.expectData(object, in: c, [])
      try h.expect(try await h.store.exists(object, in: c), "does not exist after touch")
      await h.commit(on: c) {
        $0.touch(object, in: pgCollection)
        $0.create(StoreSamples.object("b"), in: pgCollection)
      }
      try await h.expectData(StoreSamples.object("b"), in: c, [])
      await h.commit(on: c) { $0.remove(object, in: pgCollection) }
      try await h.expectAbsent(object, in: c)
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: 0, data: BufferList([1, 2, 3]))
        $0.remove(object, in: pgCollection)
        $0.write(object, in: pgCollection, offset: 1, data: BufferList([9]))
      }
      try await h.expectData(object, in: c, [0, 9])
    },

    Case("what is written is read, wherever it begins and ends") { h in
      let c = await collection(h)
      let edges = [0, 1, 511, 512, 4095, 4096, 4097, 65535, 65536, 131_071]
      let lengths = [1, 2, 511, 4096, 4097, 12288, 65537]
      var number = 0
      for offset in edges {
        let object = StoreSamples.object(ByteString("edge\(offset)"))
        var model: [UInt8] = []
        for length in lengths {
          number += 1
          let bytes = StoreSamples.bytes(length, seed: UInt64(number))
          h.queue(on: c) {
            $0.write(
              object, in: pgCollection, offset: UInt64(offset), data: StoreSamples.list(bytes))
          }
          if model.count < offset + length {
            model += Array(repeating: 0, count: offset + length - model.count)
          }
          model.replaceSubrange(offset..<offset + length, with: bytes)
          try await h.expectData(object, in: c, model)
        }
      }
    },

    Case("reads are clipped to the object") { h in
      let c = await collection(h)
      let object = StoreSamples.object("clip")
      let bytes = StoreSamples.bytes(10_000)
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: 0, data: StoreSamples.list(bytes))
      }
      for (offset, length) in [
        (0, 10_000), (0, 20_000), (9_999, 1), (9_999, 5_000), (10_000, 1), (50_000, 10),
        (17, 4_096),
        (4_096, 4_096), (8_191, 2), (5, 0),
      ] {
        let found = try await h.store.read(
          object, in: c, offset: UInt64(offset), length: UInt64(length))
        let wanted = bytes.dropFirst(offset).prefix(length)
        try h.expectEqual(found.array, Array(wanted), "read of \(offset)+\(length)")
      }
      let all = try await h.store.read(object, in: c, offset: 1, length: .max)
      try h.expectEqual(all.count, 9_999, "read to the end")
    },

    Case("overwriting parts keeps the rest") { h in
      let c = await collection(h)
      let object = StoreSamples.object("overwrite")
      var model = StoreSamples.bytes(200_000)
      h.queue(on: c) {
        $0.write(object, in: pgCollection, offset: 0, data: StoreSamples.list(model))
      }
      for (number, (offset, length)) in [
        (0, 4096), (4096, 4096), (100, 50), (4000, 200), (60_000, 70_000), (65_536, 65_536),
        (199_999, 1), (0, 1), (131_000, 200), (8_192, 12_288),
      ].enumerated() {
        let bytes = StoreSamples.bytes(length, seed: UInt64(100 + number))
        h.queue(on: c) {
          $0.write(object, in: pgCollection, offset: UInt64(offset), data: StoreSamples.list(bytes))
        }
        model.replaceSubrange(offset..<offset + length, with: bytes)
      }
      try await h.expectData(object, in: c, model)
      try await h.remount()
      try await h.expectData(object, in: try h.handle(pgCollection), model)
    },

    Case("a payload in many slices is one run of bytes") { h in
      let c = await collection(h)
      let object = StoreSamples.object("slices")
      let bytes = StoreSamples.bytes(20_000)
      var list = BufferList()
      var at = 0
      for length in [1, 4096, 3, 8192, 500, 7208] {
        list.append(ByteSlice(bytes[at..<at + length]))
        at += length
      }
      await h.commit(on: c) { $0.write(object, in: pgCollection, offset: 777, data: list) }
      try await h.expectData(object, in: c, Array(repeating: 0, count: 777) + bytes)
    },

    Case("the writer's memory may change after the commit") { h in
      let c = await collection(h)
      let object = StoreSamples.object("reused")
      let bytes = StoreSamples.bytes(8192)
      let slab = Slab(capacity: 8192)
      bytes.withUnsafeBytes { slab.base.copyMemory(from: $0.baseAddress!, byteCount: 8192) }
      await h.commit(on: c) {
        $0.write(
          object, in: pgCollection, offset: 0, data: BufferList(ByteSlice(slab, count: 8192)))
      }
      slab.base.initializeMemory(as: UInt8.self, repeating: 0xee, count: 8192)
      try await h.expectData(object, in: c, bytes)
    },

    Case("a write of nothing makes the object and does not extend it") { h in
      let c = await collection(h)
      let object = StoreSamples.object("nothing")
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: 5_000, data: BufferList())
      }
      try await h.expectData(object, in: c, [])
      await h.commit(on: c) {
        $0.zero(StoreSamples.object("z"), in: pgCollection, offset: 5_000, length: 0)
      }
      try await h.expectData(StoreSamples.object("z"), in: c, [])
    },

    Case("holes read as zeros and are no extents") { h in
      let c = await collection(h)
      let object = StoreSamples.object("holes")
      let mebibyte = 1 << 20
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: UInt64(mebibyte), data: BufferList([7, 8]))
        $0.write(object, in: pgCollection, offset: UInt64(3 * mebibyte), data: BufferList([9]))
      }
      var model = Array(repeating: UInt8(0), count: 3 * mebibyte + 1)
      model[mebibyte] = 7
      model[mebibyte + 1] = 8
      model[3 * mebibyte] = 9
      try await h.expectData(object, in: c, model)
      try await h.expectExtents(object, in: c, model)
      let extents = try await h.store.extents(
        object, in: c, offset: 0, length: UInt64(model.count))
      let covered = extents.reduce(0) { $0 + $1.length }
      try h.expect(covered < UInt64(mebibyte), "\(covered) bytes of extents for 3 of data")
      let between = try await h.store.extents(
        object, in: c, offset: UInt64(2 * mebibyte), length: 4096)
      try h.expectEqual(between, [], "extents in a hole")
    },

    Case("zero makes zeros, and extends") { h in
      let c = await collection(h)
      let object = StoreSamples.object("zero")
      var model = StoreSamples.bytes(300_000)
      h.queue(on: c) {
        $0.write(object, in: pgCollection, offset: 0, data: StoreSamples.list(model))
      }
      for (offset, length) in [
        (0, 1), (4096, 4096), (10_000, 20_000), (65_536, 131_072), (299_000, 5_000),
      ] {
        h.queue(on: c) {
          $0.zero(object, in: pgCollection, offset: UInt64(offset), length: UInt64(length))
        }
        if offset + length > model.count {
          model += Array(repeating: 0, count: offset + length - model.count)
        }
        for at in offset..<offset + length { model[at] = 0 }
        try await h.expectData(object, in: c, model)
        try await h.expectExtents(object, in: c, model)
      }
      let made = StoreSamples.object("made by zero")
      await h.commit(on: c) { $0.zero(made, in: pgCollection, offset: 100, length: 100) }
      try await h.expectData(made, in: c, Array(repeating: 0, count: 200))
    },

    Case("truncate cuts, and what grows again is zeros") { h in
      let c = await collection(h)
      let object = StoreSamples.object("truncate")
      var model = StoreSamples.bytes(150_000)
      h.queue(on: c) {
        $0.write(object, in: pgCollection, offset: 0, data: StoreSamples.list(model))
      }
      for size in [
        149_999, 131_072, 70_001, 90_000, 65_536, 4_097, 4_096, 4_095, 10_000, 1, 0, 3, 200_000,
      ] {
        h.queue(on: c) { $0.truncate(object, in: pgCollection, size: UInt64(size)) }
        model = Array(model.prefix(size)) + Array(repeating: 0, count: max(0, size - model.count))
        try await h.expectData(object, in: c, model)
        try await h.expectExtents(object, in: c, model)
      }
      try await h.remount()
      try await h.expectData(object, in: try h.handle(pgCollection), model)
    },

    Case("offsets up to the greatest work") { h in
      let c = await collection(h)
      let object = StoreSamples.object("huge")
      let size = Limits.objectBytesMax - 1
      let bytes = StoreSamples.bytes(5_000)
      await h.commit(on: c) {
        $0.write(object, in: pgCollection, offset: size - 5_000, data: StoreSamples.list(bytes))
        $0.write(object, in: pgCollection, offset: 2_000_000_001, data: BufferList([1]))
      }
      try h.expectEqual(try await h.store.stat(object, in: c)?.size, size, "size")
      let end = try await h.store.read(object, in: c, offset: size - 5_001, length: 9_999)
      try h.expectEqual(end.array, [0] + bytes, "the end")
      let middle = try await h.store.read(object, in: c, offset: 2_000_000_000, length: 3)
      try h.expectEqual(middle.array, [0, 1, 0], "the middle")
      await h.commit(on: c) {
        $0.zero(object, in: pgCollection, offset: 10, length: size - 10)
        $0.truncate(object, in: pgCollection, size: size - 1)
        $0.truncate(object, in: pgCollection, size: 20)
      }
      try await h.expectData(object, in: c, Array(repeating: 0, count: 20))
      try h.expect(
        h.store.statfs(pool: StoreSamples.pool).stored < 1 << 20, "holes count as stored")
    },
  ]
}

extension StoreHarness {
  /// The extents are in order, within the object, and hold every byte of `wanted` that is not 0.
  package func expectExtents(
    _ object: GHObject, in collection: StoreCollection, _ wanted: [UInt8], line: UInt = #line
  ) async throws {
    let extents = try await store.extents(object, in: collection, offset: 0, length: .max)
    var at: UInt64 = 0
    for extent in extents {
      try expect(
        extent.length > 0 && (extent.offset > at || (at == 0 && extent.offset == 0))
          && extent.offset + extent.length <= UInt64(wanted.count),
        "extents of \(object): \(extents)", line: line)
      try expect(
        wanted[Int(at)..<Int(extent.offset)].allSatisfy { $0 == 0 },
        "data between extents \(extents) before \(extent.offset)", line: line)
      at = extent.offset + extent.length
    }
    try expect(wanted[Int(at)...].allSatisfy { $0 == 0 }, "data past \(extents)", line: line)
  }
}
