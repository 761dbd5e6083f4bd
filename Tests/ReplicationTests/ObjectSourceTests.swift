import Base
import Buffers
import ObjectStores
import RadosTypes
import Replication
import TestKit
import Testing

/// What a source gives, and what it refuses.
@Suite struct ObjectSourceTests {
  /// A sample object of `size` bytes without holes.
  private static func make(
    _ rig: CopyRig, size: UInt64, entries: [NamedValue] = [],
    _ change: (inout ObjectInfo, BufferList) -> Void = { _, _ in }
  ) async -> SampleObject {
    var sample = SampleObject(7)
    sample.info.size = size
    let data = sample.bytes(size)
    change(&sample.info, data)
    await rig.source.commit(on: rig.sourcePG) { t in
      t.write(GHObject(sample.name), in: t.pg, offset: 0, data: data)
      if !entries.isEmpty { t.omapSet(GHObject(sample.name), in: t.pg, entries) }
      sample.setInfo(&t, in: t.pg)
    }
    return sample
  }

  private static func recovery(_ sample: SampleObject) -> ObjectRecoveryInfo {
    var recovery = ObjectRecoveryInfo(sample.name)
    recovery.version = sample.info.version
    recovery.size = sample.info.size
    recovery.copySubset = IntervalSet(start: 0, length: sample.info.size)
    return recovery
  }

  private static func pull(_ sample: SampleObject) -> PullOp {
    ObjectPull(
      sample.name, MissingItem(need: sample.info.version, cleanRegions: .fullyDirty),
      version: sample.info.version, from: PGShard(osd: 1)
    ).request
  }

  @Test func `omap goes by entries and by bytes, one entry at least`() throws {
    try CopyRig.run { rig in
      let entries = (0..<20_000).map { index in
        NamedValue(ByteString("k\(1_000_000 + index)"), "value")
      }
      let sample = await Self.make(rig, size: 10, entries: entries)
      var progress = ObjectRecoveryProgress()
      var counts: [Int] = []
      var data: [Int] = []
      repeat {
        let part = try await rig.objectSource.push(Self.recovery(sample), after: progress)
        counts.append(part.omapEntries.count)
        data.append(part.data.count)
        progress = part.after
      } while !progress.dataComplete
      #expect(counts == [8096, 8096, 3808])
      #expect(data == [10, 0, 0])
    }
  }

  @Test func `an entry larger than a part goes alone, and data waits for room`() throws {
    try CopyRig.run { rig in
      rig.settings.chunkBytesMax = 1000
      let large = NamedValue("b", String(repeating: "x", count: 5000))
      let sample = await Self.make(
        rig, size: 1500, entries: [NamedValue("a", "1"), large, NamedValue("c", "3")])
      var progress = ObjectRecoveryProgress()
      var parts: [[String]] = []
      var data: [Int] = []
      repeat {
        let part = try await rig.objectSource.push(Self.recovery(sample), after: progress)
        parts.append(part.omapEntries.keys.sorted().map(\.text))
        data.append(part.data.count)
        progress = part.after
      } while !progress.dataComplete
      #expect(parts == [["a"], ["b"], ["c"]])
      #expect(data == [998, 0, 502])
    }
  }

  @Test func `another version is refused`() throws {
    try CopyRig.run { rig in
      let sample = await Self.make(rig, size: 100)
      var recovery = Self.recovery(sample)
      recovery.version.version += 1
      do throws(RecoveryError) {
        _ = try await rig.objectSource.push(recovery, after: ObjectRecoveryProgress())
        Issue.record("an older version was pushed")
      } catch {
        guard case .wrongVersion(_, let found, _) = error else { throw error }
        #expect(found == sample.info.version)
      }
      var pull = Self.pull(sample)
      pull.recovery.version.version += 1
      let (blank, error) = await rig.objectSource.answer(pull)
      #expect(blank == PushOp.blank(sample.name) && blank.version == .zero && error != nil)
    }
  }

  @Test func `a version that the peer does not know is told`() throws {
    try CopyRig.run { rig in
      let sample = await Self.make(rig, size: 100)
      var pull = Self.pull(sample)
      pull.recovery.version = .zero
      let (push, error) = await rig.objectSource.answer(pull)
      #expect(error == nil && push.version == sample.info.version)
      #expect(push.recovery.size == 100)
      pull.progress.isFirst = false
      #expect(await rig.objectSource.answer(pull).error != nil)
    }
  }

  @Test func `what is not there, or not to be had so, is answered by a blank`() throws {
    try CopyRig.run { rig in
      let sample = await Self.make(rig, size: 100)
      var absent = Self.pull(sample)
      absent.object.name = "absent"
      absent.recovery.object.name = "absent"
      var crossed = Self.pull(sample)
      crossed.recovery.object.name = "other"
      var byClones = Self.pull(sample)
      byClones.recovery.cloneSubset[sample.name.with(snap: SnapID(1))] = IntervalSet()
      for pull in [absent, crossed, byClones] {
        let (push, error) = await rig.objectSource.answer(pull)
        #expect(push.version == .zero && push.object == pull.object && error != nil)
      }
      var pull = ObjectPull(
        sample.name, MissingItem(need: sample.info.version), version: sample.info.version,
        from: PGShard(osd: 1))
      var transaction = Transaction()
      await #expect(throws: RecoveryError.self) {
        _ = try await pull.receive(
          .blank(sample.name), target: rig.pushTarget, into: &transaction)
      }
      #expect(transaction.isEmpty)
    }
  }

  @Test(arguments: [false, true])
  func `a digest that does not fit ends the push`(isDamaged: Bool) throws {
    try CopyRig.run { rig in
      let sample = await Self.make(rig, size: 5000) { info, data in
        info.setDataDigest(CRC32C.checksum(data, seed: .max) ^ (isDamaged ? 1 : 0))
      }
      let (push, error) = await rig.objectSource.answer(Self.pull(sample))
      #expect((error != nil) == isDamaged && (push.version == .zero) == isDamaged)
    }
  }
}
