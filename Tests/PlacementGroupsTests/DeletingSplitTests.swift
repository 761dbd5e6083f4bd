import Base
import BlockStore
import ClusterMaps
import Messages
import ObjectStores
import RadosTypes
import StoreSimulation
import TestKit
import Testing

@testable import PlacementGroups

/// Pools that split while a PG of theirs is being removed here: its removal takes nothing of what splits
/// off, which may come here again at any time.
@Suite struct DeletingSplitTests {
  @Test(arguments: [0, 300, 3000] as [Int64])
  func `a child in the same place of the store keeps what is written to it`(
    microseconds: Int64
  ) throws {
    var settings = PGSettings(whoami: 0)
    settings.deletionBatch = 1
    let bench = Bench(settings: settings, on: Self.device)
    for number in 0..<100 { bench.ask("o\(number)".name, .writeFull("old")) }
    bench.remove(0)
    bench.run(for: .microseconds(microseconds))
    #expect(bench.store.open(.pg(Bench.id(0))) != nil)
    try bench.splitAndBear(writing: 100)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `whenever the map comes, all are where they are looked for`(seed: UInt64) throws {
    let bench = Bench(seed: seed, reactors: 1 + Int(seed % 3), isSlow: true)
    for number in 0..<20 { bench.ask("o\(number)".name, .writeFull("old")) }
    bench.remove(0)
    bench.run(for: .microseconds(Int64(seed) * 8))
    try bench.splitAndBear(writing: 20)
  }

  @Test(arguments: [1, 3])
  func `children of one that is gone before its shard has the map are made elsewhere`(
    reactors: Int
  ) throws {
    let bench = Bench(reactors: reactors)
    for number in 0..<20 { bench.ask("o\(number)".name, .writeFull("old")) }
    try bench.splitAndBear(writing: 20, to: 8) {
      bench.remove(0)
      bench.settle()
    }
  }

  @Test(arguments: [0, 1] as [UInt32], [1, 3])
  func `a merge does not wait for one that is gone`(seed: UInt32, reactors: Int) throws {
    let bench = Bench(pgCount: 2, reactors: reactors)
    bench.bumpEpoch()
    bench.setPool(pgCount: 2) { $0.pgCountPending = 1 }
    bench.publish()
    bench.bumpEpoch()
    bench.setPool(pgCount: 1)
    bench.follow()
    bench.remove(seed)
    bench.settle()
    bench.publish()
    #expect(bench.store.collections() == [.pg(Bench.id(0))])
    #expect(bench.births == 0)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>, [false, true])
  func `a copy whose removal was begun is none after a split`(seed: UInt64, dies: Bool) throws {
    let cluster = ClusterBench(seed: seed, osds: 3, pgCount: 1, size: 2, minSize: 1)
    let thrash = Thrash(cluster, objects: 100)
    thrash.append(150)
    thrash.waitForAcks()
    cluster.place(seed: 0, on: [1, 2])
    let isRemoved = cluster.run(for: .seconds(30)) {
      cluster.osds[0].shards.shards[0].pgs.values.contains { $0.isDeleting }
    }
    #expect(isRemoved)
    if dies { cluster.kill(0) }
    cluster.split()
    cluster.run(for: .milliseconds(dies ? 200 : Int64(seed % 10)))
    if dies { cluster.restart(0) }
    cluster.place(seed: 1, on: [0, 1])
    thrash.append(50)
    try thrash.finish()
  }

  /// A store of one partition: whatever comes to it is beside all else.
  private static func device(in world: SimWorld) -> any ObjectStore {
    let medium = SimMedia(byteCount: 256 << 20)
    let format = SimStoreMedia.smallFormat(partitions: 1, logBytes: 4 << 20)
    do { try SimStoreMedia.format(medium, format, id: 1) } catch { fatalError("\(error)") }
    let media = SimStoreMedia(medium, world: world)
    return BlockStore(media: media, options: BlockStoreOptions()) {
      Issue.record("the store failed: \($0)")
    }
  }
}

extension Bench {
  fileprivate func run(for duration: Duration) {
    let end = world.clock.now + duration
    reactors[0].schedule(after: duration) {}
    world.run { world.clock.now >= end }
  }

  /// As when its primary says that this copy is not needed.
  fileprivate func remove(_ seed: UInt32) {
    let id = Self.id(seed)
    nonisolated(unsafe) let bench = self
    try? run { _ = await bench.shards.collect { $0.pgs[id]?.delete() } }
  }

  /// How many PGs are being made or merged.
  fileprivate var births: Int { shards.shards.reduce(0) { $0 + $1.births.count } }

  fileprivate static func id(_ seed: UInt32) -> ShardPGID {
    ShardPGID(PGID(pool: pool, seed: seed))
  }

  /// The map comes, but to no shard yet.
  fileprivate func follow() { shards.follow(OSDMap(contents)) }

  /// The pool's only PG splits, and all are made here, at once; so many objects are written.
  /// `meanwhile`: the map is here, but no shard has it.
  fileprivate func splitAndBear(
    writing count: Int, to pgCount: UInt32 = 2, _ meanwhile: () -> Void = {}
  ) throws {
    bumpEpoch()
    setPool(pgCount: pgCount)
    follow()
    meanwhile()
    publishNow()
    bumpEpoch()
    publishNow()
    let ids = (0..<pgCount).map(Self.id)
    shards.create(
      ids.map { PGCreation(pgID: $0, epoch: contents.epoch, stamp: UTime(seconds: 1)) })
    let requests = (0..<count).map { request("o\($0)".name, [.append("new")]) }
    for request in requests { send(request) }
    settle()
    for request in requests { #expect(client.reply(to: request.tid)?.result == 0) }
    for id in ids { #expect(store.open(.pg(id))?.bits == id.pgID.splitBits(pgCount: pgCount)) }
    for number in 0..<count { #expect(ask("o\(number)".name, .read())?.text == "new") }
  }
}
