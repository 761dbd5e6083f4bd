import Base
import Buffers
import ObjectStores
import RadosTypes
import Replication
import TestKit
import Testing

/// Objects that the target does not have.
@Suite struct WholeObjectTests {
  private static func missing(_ sample: SampleObject) -> MissingItem {
    MissingItem(need: sample.info.version, cleanRegions: .fullyDirty)
  }

  /// Pushes or pulls.
  private static func copy(
    _ rig: CopyRig, _ sample: SampleObject, isPull: Bool, partsMax: Int = .max
  ) async throws -> (parts: Int, isDone: Bool) {
    let missing = missing(sample)
    return isPull
      ? try await rig.pull(sample.name, missing: missing, partsMax: partsMax)
      : try await rig.push(sample.name, missing: missing, partsMax: partsMax)
  }

  @Test(arguments: 0..<12 as Range<UInt64>, [false, true])
  func `an object arrives as it is`(seed: UInt64, isPull: Bool) throws {
    try CopyRig.run { rig in
      var sample = SampleObject(seed)
      await rig.source.commit(sample.create(in: rig.sourcePG.id), on: rig.sourcePG)
      rig.settings.chunkBytesMax = sample.number(0...1) == 0 ? 8 << 20 : sample.number(1...4 << 20)
      let (_, isDone) = try await Self.copy(rig, sample, isPull: isPull)
      #expect(isDone)
      try await rig.expectEqual(sample.name)
      try await rig.expectOnly([sample.name])
    }
  }

  @Test(arguments: 20..<26 as Range<UInt64>, [false, true])
  func `a copy that is cut after any part starts over and arrives`(
    seed: UInt64, isPull: Bool
  ) throws {
    try CopyRig.run { rig in
      var sample = SampleObject(seed)
      let create = sample.create(in: rig.sourcePG.id, bytesMax: 3 << 20, keysMax: 900)
      await rig.source.commit(create, on: rig.sourcePG)
      rig.settings.chunkBytesMax = sample.number(100_000...600_000)
      rig.settings.chunkOmapEntriesMax = 200
      let whole = try await Self.copy(rig, sample, isPull: isPull)
      for cut in 0..<whole.parts {
        await rig.target.commit(on: rig.targetPG) { $0.remove(GHObject(sample.name), in: $0.pg) }
        let isCrash = sample.number(0...1) == 0
        let (_, isDone) = try await Self.copy(rig, sample, isPull: isPull, partsMax: cut + 1)
        #expect(isDone == (cut + 1 == whole.parts))
        if !isDone { try await rig.target.expectAbsent(GHObject(sample.name), in: rig.targetPG) }
        try await rig.beginInterval(leavingParts: isCrash)
        let left = try await PushTarget.leftovers(in: rig.targetPG, of: rig.target.store)
        #expect(left.count == (isDone || !isCrash ? 0 : 1))
        await rig.target.commit(on: rig.targetPG) { t in
          for object in left { t.remove(object, in: t.pg) }
        }
        _ = try await Self.copy(rig, sample, isPull: isPull)
        try await rig.expectEqual(sample.name)
        try await rig.expectOnly([sample.name])
      }
    }
  }

  @Test func `a copy that starts over in the same interval replaces its parts`() throws {
    try CopyRig.run { rig in
      var sample = SampleObject(30)
      await rig.source.commit(sample.create(in: rig.sourcePG.id), on: rig.sourcePG)
      await rig.source.commit(on: rig.sourcePG) { t in
        t.write(GHObject(sample.name), in: t.pg, offset: 0, data: sample.bytes(5000))
      }
      rig.settings.chunkBytesMax = 1000
      rig.settings.chunkOmapEntriesMax = 20_000
      #expect(!(try await Self.copy(rig, sample, isPull: false, partsMax: 2).isDone))
      rig.settings = RecoverySettings()
      rig.settings.chunkBytesMax = 64 << 20
      #expect(try await Self.copy(rig, sample, isPull: false).isDone)
      try await rig.expectEqual(sample.name)
      try await rig.expectOnly([sample.name])
    }
  }
}

extension Transaction {
  /// Where all samples are.
  var pg: CollectionID { StoreSamples.collection }
}
