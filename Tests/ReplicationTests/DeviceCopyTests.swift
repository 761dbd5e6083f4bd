import BlockStore
import ObjectStores
import RadosTypes
import Replication
import StoreSimulation
import TestKit
import Testing

/// Copies between stores on (simulated) devices, which keep data and holes otherwise than memory does.
@Suite struct DeviceCopyTests {
  @Test(arguments: 0..<8 as Range<UInt64>, [false, true])
  func `whole and in part, objects arrive as they are`(seed: UInt64, isPull: Bool) throws {
    try CopyRig.runOnDevices(seed: seed) { rig in
      var sample = SampleObject(3000 + seed)
      rig.settings.chunkBytesMax = sample.number(50_000...4 << 20)
      let item = try await PartialRecoveryTests.prepare(rig, &sample, bytesMax: 2 << 20)
      try await Self.copy(rig, sample.name, item, isPull: isPull)
      await rig.target.commit(on: rig.targetPG) { $0.remove(GHObject(sample.name), in: $0.pg) }
      let missing = MissingItem(need: sample.info.version, cleanRegions: .fullyDirty)
      try await Self.copy(rig, sample.name, missing, isPull: isPull)
    }
  }

  /// Begins, and starts over in a new interval.
  private static func copy(
    _ rig: CopyRig, _ object: HObject, _ item: MissingItem, isPull: Bool
  ) async throws {
    _ =
      isPull
      ? try await rig.pull(object, missing: item, partsMax: 1)
      : try await rig.push(object, missing: item, partsMax: 1)
    try await rig.beginInterval()
    let (_, isDone) =
      isPull
      ? try await rig.pull(object, missing: item) : try await rig.push(object, missing: item)
    #expect(isDone)
    try await rig.expectEqual(object, holesToo: false)
    try await rig.expectOnly([object])
  }
}

extension CopyRig {
  /// As `run`, with stores on devices, which are checked at the end.
  static func runOnDevices(
    seed: UInt64, _ body: @escaping (CopyRig) async throws -> Void
  ) throws {
    let world = SimWorld(seed: seed)
    let reactor = world.makeReactor()
    let format = SimStoreMedia.smallFormat(partitions: 4, logBytes: 4 << 20)
    var stores: [BlockStore] = []
    for id in 1...2 as ClosedRange<UInt64> {
      let medium = SimMedia(byteCount: 64 << 20)
      try SimStoreMedia.format(medium, format, id: id)
      stores.append(
        BlockStore(media: SimStoreMedia(medium, world: world), options: BlockStoreOptions()) {
          Issue.record("the store failed: \($0)")
        })
    }
    var outcome: Result<Void, any Error>?
    reactor.spawn {
      do {
        for store in stores { try await store.mount(reactors: [reactor]) }
        let harnesses = stores.map { StoreHarness(store: $0, reactor: reactor) { $0 } }
        try await body(await CopyRig(harnesses[0], harnesses[1]))
        for store in stores {
          #expect(try await store.check(deep: true).errors == [])
          try await store.unmount()
        }
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
    }
    world.run { outcome != nil }
    try #require(outcome, "the copy never ended").get()
  }
}
