import Base
import Buffers
import ObjectStores
import RadosTypes
import Replication
import TestKit
import Testing

/// Objects of which the target has an older version: only what was written since is copied.
@Suite struct PartialRecoveryTests {
  /// A sample in both stores, then some writes in the source alone; what the target lacks.
  static func prepare(
    _ rig: CopyRig, _ sample: inout SampleObject, bytesMax: UInt64 = SampleObject.maxBytes
  ) async throws -> MissingItem {
    let create = sample.create(in: rig.sourcePG.id, bytesMax: bytesMax, keysMax: 2000)
    await rig.source.commit(create, on: rig.sourcePG)
    await rig.target.commit(create, on: rig.targetPG)
    var item = MissingItem(need: sample.info.version, have: sample.info.version)
    for _ in 0..<sample.number(1...3) {
      let (change, clean) = sample.change(in: rig.sourcePG.id)
      await rig.source.commit(change, on: rig.sourcePG)
      item.cleanRegions.merge(clean)
    }
    item.need = sample.info.version
    return item
  }

  @Test(arguments: 0..<20 as Range<UInt64>, [false, true])
  func `what is clean is kept, and the object is the same`(seed: UInt64, isPull: Bool) throws {
    try CopyRig.run { rig in
      var sample = SampleObject(1000 + seed)
      let item = try await Self.prepare(rig, &sample)
      if seed % 2 == 1 { rig.settings.chunkBytesMax = sample.number(10_000...1 << 20) }
      let (_, isDone) =
        isPull
        ? try await rig.pull(sample.name, missing: item)
        : try await rig.push(sample.name, missing: item)
      #expect(isDone)
      try await rig.expectEqual(sample.name)
      try await rig.expectOnly([sample.name])
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `a partial copy that is cut leaves the old object, and starts over`(seed: UInt64) throws {
    try CopyRig.run { rig in
      var sample = SampleObject(2000 + seed)
      let item = try await Self.prepare(rig, &sample, bytesMax: 2 << 20)
      rig.settings.chunkBytesMax = 100_000
      let before = try await rig.target.store.read(GHObject(sample.name), in: rig.targetPG)
      var cut = 1
      while !(try await rig.push(sample.name, missing: item, partsMax: cut).isDone) {
        let now = try await rig.target.store.read(GHObject(sample.name), in: rig.targetPG)
        #expect(now == before)
        try await rig.beginInterval()
        cut += 1
      }
      try await rig.expectEqual(sample.name)
    }
  }

  @Test func `a small change of a large object is a small push`() throws {
    try CopyRig.run { rig in
      var sample = SampleObject(1)
      sample.info.size = 16 << 20
      let object = GHObject(sample.name)
      var create = Transaction()
      create.write(object, in: create.pg, offset: 0, data: sample.bytes(sample.info.size))
      create.omapSet(object, in: create.pg, [NamedValue("k", "v")])
      sample.setInfo(&create, in: create.pg)
      await rig.source.commit(create, on: rig.sourcePG)
      await rig.target.commit(create, on: rig.targetPG)
      sample.info.version.version += 1
      await rig.source.commit(on: rig.sourcePG) { t in
        t.write(object, in: t.pg, offset: 5 << 20, data: sample.bytes(4096))
        sample.setInfo(&t, in: t.pg)
      }
      var item = MissingItem(need: sample.info.version)
      item.cleanRegions.markDirty(offset: 5 << 20, length: 4096)
      let subsets = RecoverySubsets(
        head: sample.info, sample.name, SnapSet(), clean: item.cleanRegions, rig.settings,
        has: { _ in false })
      var push = ObjectPush(sample.info, object: sample.name, missing: item, subsets: subsets)
      let part = try await push.next(from: rig.objectSource)
      #expect(push.isDone)
      #expect(part.dataIncluded == IntervalSet(start: 5 << 20, length: 4096))
      #expect(part.omapEntries.isEmpty)
      #expect(push.recovered.bytesRecovered == 4096 && push.recovered.keysRecovered == 0)
      try await rig.receive(part)
      try await rig.expectEqual(sample.name)
    }
  }

  @Test func `of a clean omap nothing is copied, unless the object comes in parts`() throws {
    try CopyRig.run { rig in
      var sample = SampleObject(2)
      sample.info.size = 300_000
      let object = GHObject(sample.name)
      var create = Transaction()
      create.write(object, in: create.pg, offset: 0, data: sample.bytes(sample.info.size))
      create.omapSet(object, in: create.pg, (0..<50).map { NamedValue(ByteString("k\($0)"), "v") })
      sample.setInfo(&create, in: create.pg)
      await rig.source.commit(create, on: rig.sourcePG)
      await rig.target.commit(create, on: rig.targetPG)
      var item = MissingItem(need: sample.info.version)
      item.cleanRegions.markDirty(offset: 0, length: 300_000)
      rig.settings.chunkBytesMax = 100_000
      let (parts, isDone) = try await rig.push(sample.name, missing: item)
      #expect(isDone && parts == 4)
      try await rig.expectEqual(sample.name)
    }
  }
}
