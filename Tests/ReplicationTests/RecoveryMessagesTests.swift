import Buffers
import Messages
import ObjectStores
import RadosTypes
import Replication
import TestKit
import Testing

@Suite struct RecoveryMessagesTests {
  private static let object = StoreSamples.object("o").object

  private static func push(bytes: UInt64, omap: Int = 0) -> PushOp {
    var push = PushOp(object, version: EVersion(epoch: 1, version: 1))
    push.dataIncluded = IntervalSet(start: 0, length: bytes)
    if omap > 0 { push.omapEntries["key"] = ByteSlice(zeros: omap) }
    return push
  }

  @Test func `a message ends at ten objects or eight mebibytes`() {
    let settings = RecoverySettings()
    let small = settings.batches(of: (0..<25).map { _ in Self.push(bytes: 10, omap: 5) })
    #expect(small.map(\.pushes.count) == [10, 10, 5])
    #expect(small.map(\.cost) == [10150, 10150, 5075])
    let large = settings.batches(of: (0..<3).map { _ in Self.push(bytes: 5 << 20) })
    #expect(large.map(\.pushes.count) == [2, 1])
    let deletes = settings.batches(
      of: (0..<11).map { ObjectVersion(Self.object, EVersion(epoch: 1, version: $0)) })
    #expect(deletes.map(\.objects.count) == [10, 1])
    #expect(deletes.map(\.cost) == [10000, 1000])
    #expect(settings.batches(of: [PushOp]()).isEmpty)
  }

  @Test func `no objects to a message means one`() {
    var settings = RecoverySettings()
    settings.messageObjectsMax = 0
    settings.messageCostMax = 0
    let batches = settings.batches(of: (0..<3).map { _ in Self.push(bytes: 10) })
    #expect(batches.map(\.pushes.count) == [1, 1, 1])
  }

  @Test func `the end of a backfill is told as its finish`() {
    let pg = ShardPGID(PGID(pool: 3, seed: 1))
    let on = MOSDPGBackfill(
      to: Self.object, stats: PGStat(), pgID: pg, epoch: 9, intervalEpoch: 7)
    #expect(on.op == MOSDPGBackfill.progress && on.queryEpoch == 7 && on.epoch == 9)
    let end = MOSDPGBackfill(to: .max, stats: PGStat(), pgID: pg, epoch: 9, intervalEpoch: 7)
    #expect(end.op == MOSDPGBackfill.finish && end.lastBackfill.isMax)
  }

  @Test func `the answer to a scan goes to the primary's shard`() {
    let question = MOSDPGScan(
      op: MOSDPGScan.asks, epoch: 8, queryEpoch: 6,
      pgID: ShardPGID(PGID(pool: 3, seed: 1), shard: 2),
      begin: .min, end: .min, from: PGShard(osd: 1, shard: 0))
    let answer = question.answer(
      BackfillInterval(at: Self.object), from: PGShard(osd: 5, shard: 2), primaryShard: 0, epoch: 9)
    #expect(answer.op == MOSDPGScan.brings && answer.pgID.shard == 0 && answer.from.osd == 5)
    #expect(answer.epoch == 9 && answer.queryEpoch == 6 && answer.begin == Self.object)
  }

  @Test func `a push is over when every peer has answered its last part`() throws {
    var info = ObjectInfo(Self.object)
    info.version = EVersion(epoch: 1, version: 4)
    info.size = 150
    try CopyRig.run { rig in
      rig.settings.chunkBytesMax = 100
      await rig.source.commit(on: rig.sourcePG) { t in
        t.write(
          GHObject(Self.object), in: t.pg, offset: 0, data: BufferList(StoreSamples.bytes(150)))
        t.setAttribute(GHObject(Self.object), in: t.pg, ObjectInfo.attributeName, info.wire)
      }
      let peers = [PGShard(osd: 1), PGShard(osd: 2)]
      var begun = ObjectPush(
        info, object: Self.object,
        missing: MissingItem(need: info.version, cleanRegions: .fullyDirty),
        subsets: RecoverySubsets(bytes: 150))
      _ = try await begun.next(from: rig.objectSource)
      var pushes = ObjectPushes(Dictionary(uniqueKeysWithValues: peers.map { ($0, begun) }))
      guard case .unknown = pushes.answered(PGShard(osd: 3)) else {
        Issue.record("a stranger's answer was taken")
        return
      }
      for peer in peers {
        guard case .wants(var push) = pushes.answered(peer) else {
          Issue.record("\(peer) wants no more")
          return
        }
        _ = try await push.next(from: rig.objectSource)
        pushes.made(push, for: peer)
        guard case .has(let version) = pushes.answered(peer) else {
          Issue.record("\(peer) does not have it")
          return
        }
        #expect(version == info.version)
      }
      #expect(pushes.isEmpty && !pushes.hasFailed)
      #expect(pushes.recovered.bytesRecovered == 300 && pushes.recovered.objectsRecovered == 2)
    }
  }

  @Test func `what can not be read fails at every peer`() throws {
    let missing = MissingItem(need: .zero, cleanRegions: .fullyDirty)
    let push = ObjectPush(
      ObjectInfo(Self.object), object: Self.object, missing: missing,
      subsets: RecoverySubsets(bytes: 10))
    let peers = [PGShard(osd: 1), PGShard(osd: 2), PGShard(osd: 3)]
    var pushes = ObjectPushes(Dictionary(uniqueKeysWithValues: peers.map { ($0, push) }))
    pushes.failed(peers[0])
    pushes.forget(peers[2])
    guard case .failed = pushes.answered(peers[1]) else {
      Issue.record("the second peer's push went on")
      return
    }
    #expect(pushes.isEmpty && pushes.hasFailed)
  }
}
