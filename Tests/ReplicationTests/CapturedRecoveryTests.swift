import Base
import Buffers
import Messages
import ObjectStores
import RadosTypes
import Reactors
import Replication
import TestKit
import Testing
import Wire

/// What stock daemons sent each other in recovery and backfill.
@Suite struct CapturedRecoveryTests {
  private static func messages<Body: Message>(
    _: Body.Type, _ directory: String
  ) throws -> [Body] {
    let data = Dictionary(
      uniqueKeysWithValues: GoldenSamples.captured(type: directory, segment: "data")
        .map { ($0.name.prefix { $0 != "." }, $0.bytes) })
    return try GoldenSamples.captured(type: directory, segment: "front").map { name, front in
      let header = MessageHeader(
        type: Body.type, version: Body.version, compatVersion: Body.compatVersion)
      var reader = WireReader(front)
      return try Body(
        header: header, front: &reader, middle: BufferList(),
        data: BufferList(data[name.prefix { $0 != "." }] ?? .empty))
    }
  }

  @Test func `pushes are stored as they say`() throws {
    // Erasure code pushes shards, which say nothing of ranges.
    let messages = try Self.messages(MOSDPGPush.self, "0069").filter { !$0.pgID.hasShard }
    #expect(messages.count >= 4)
    print("\(messages.count) captured messages, \(messages.flatMap(\.pushes).count) pushes")
    try CopyRig.run { rig in
      for message in messages {
        let pg = await rig.target.makeCollection(.pg(message.pgID))
        let target = PushTarget(
          pg: message.pgID, intervalSince: 1, store: rig.target.store, collection: pg)
        for push in message.pushes { try await Self.store(push, target, pg, rig) }
        await rig.target.commit(on: pg) { t in
          target.abandonAll(into: &t)
          for push in message.pushes { t.remove(GHObject(push.object), in: pg.id) }
          t.removeCollection(pg.id)
        }
      }
    }
  }

  private static func store(
    _ push: PushOp, _ target: PushTarget, _ pg: StoreCollection, _ rig: CopyRig
  ) async throws {
    let object = GHObject(push.object)
    if push.recovery.exists { await rig.target.commit(on: pg) { $0.touch(object, in: pg.id) } }
    var transaction = Transaction()
    guard push.before.isFirst && push.version != .zero else {
      await #expect(throws: RecoveryError.self) {
        _ = try await target.receive(push, into: &transaction)
      }
      return
    }
    let received = try await target.receive(push, into: &transaction)
    await rig.target.commit(transaction, on: pg)
    #expect(received.isComplete == push.after.dataComplete)
    #expect(received.info.version == push.version)
    guard received.isComplete else { return }
    #expect(try await rig.target.store.stat(object, in: pg)?.size == push.recovery.size)
    let data = try await rig.target.store.read(object, in: pg).contiguous()
    var at = 0
    for run in push.dataIncluded.intervals {
      #expect(data.sub(Int(run.start), Int(run.length)) == push.data.sub(at, Int(run.length)))
      at += Int(run.length)
    }
    let attributes = try await rig.target.store.attributes(of: object, in: pg)
    #expect(
      Dictionary(uniqueKeysWithValues: attributes.map { ($0.name, $0.value) }) == push.attributes)
    let omap = try await rig.target.store.omapEntries(of: object, in: pg).entries
    #expect(Dictionary(uniqueKeysWithValues: omap.map { ($0.name, $0.value) }) == push.omapEntries)
  }

  @Test func `pulls are answered`() throws {
    let messages = try Self.messages(MOSDPGPull.self, "006a")
    #expect(messages.count >= 3)
    try CopyRig.run { rig in
      for pull in messages.flatMap(\.pulls) {
        #expect(await rig.objectSource.answer(pull).push.version == .zero)
        let object = GHObject(pull.object)
        var info = ObjectInfo(pull.object)
        info.version = pull.recovery.version
        info.size = 5000
        await rig.source.commit(on: rig.sourcePG) { t in
          t.write(object, in: t.pg, offset: 0, data: BufferList(StoreSamples.bytes(5000)))
          t.setAttribute(object, in: t.pg, ObjectInfo.attributeName, info.wire)
        }
        let (push, error) = await rig.objectSource.answer(pull)
        #expect(error == nil && push.version == pull.recovery.version)
        #expect(push.after.dataComplete && push.after.omapComplete)
        await rig.source.commit(on: rig.sourcePG) { $0.remove(object, in: $0.pg) }
      }
    }
  }

  @Test func `our first pull of an object is what stock's is`() throws {
    for pull in try Self.messages(MOSDPGPull.self, "006a").flatMap(\.pulls)
    where pull.progress.isFirst && pull.object.isHead {
      var item = MissingItem(need: pull.recovery.version)
      item.cleanRegions = pull.recovery.exists ? ObjectCleanRegions() : .fullyDirty
      item.cleanRegions.cleanOmap = pull.progress.omapComplete
      item.cleanRegions.cleanOffsets.subtract(pull.recovery.copySubset)
      let ours = ObjectPull(
        pull.object, item, version: pull.recovery.version, from: PGShard(osd: 0))
      #expect(ours.request == pull)
    }
  }

  @Test func `scans are read, and written as they were`() throws {
    let brought = try Self.messages(MOSDPGScan.self, "005e").filter { $0.op == MOSDPGScan.brings }
    #expect(!brought.isEmpty)
    for message in brought {
      let interval = try BackfillInterval(
        begin: message.begin, end: message.end, wireObjects: message.data)
      #expect(interval.wireObjects == message.data)
    }
  }

  @Test func `deletes are done`() throws {
    let messages = try Self.messages(MOSDPGRecoveryDelete.self, "0076")
    #expect(!messages.isEmpty)
    try CopyRig.run { rig in
      for message in messages {
        let pg = await rig.target.makeCollection(.pg(message.pgID))
        let target = PushTarget(
          pg: message.pgID, intervalSince: 1, store: rig.target.store, collection: pg)
        await rig.target.commit(on: pg) { t in
          for object in message.objects {
            t.write(
              GHObject(object.object), in: pg.id, offset: 0,
              data: BufferList(StoreSamples.bytes(10)))
          }
        }
        var transaction = Transaction()
        try target.remove(message.objects, into: &transaction)
        await rig.target.commit(transaction, on: pg)
        #expect(try await rig.target.store.list(pg).isEmpty)
        let reply = message.reply(from: PGShard(osd: 2))
        #expect(reply.objects == message.objects && reply.epoch == message.epoch)
        #expect(reply.minEpoch == message.minEpoch && reply.from.osd == 2)
      }
    }
  }
}
