import Base
import Buffers
import ClusterMaps
import Foundation
import Messages
import PlacementGroups
import RadosTypes
import Testing

/// A cluster in which OSDs die, come back, and data moves, while a client appends to objects: whatever
/// was acknowledged is there, once and in order, and in the end every copy is equal.
@Suite struct ThrashTests {
  @Test func `a copy that was away gets what it missed by the log`() throws {
    let cluster = ClusterBench(seed: 3, osds: 3, size: 3, minSize: 2)
    let thrash = Thrash(cluster)
    thrash.append(20)
    thrash.waitForAcks()
    cluster.kill(2)
    cluster.run(for: .milliseconds(200))
    thrash.append(10)
    thrash.waitForAcks()
    cluster.restart(2)
    thrash.append(5)
    try thrash.finish()
  }

  @Test func `the primary may be the one that was away`() throws {
    let cluster = ClusterBench(seed: 4, osds: 3, size: 3, minSize: 2)
    let thrash = Thrash(cluster)
    thrash.append(20)
    cluster.kill(0)
    cluster.run(for: .milliseconds(300))
    thrash.append(10)
    thrash.waitForAcks()
    cluster.restart(0)
    thrash.append(5)
    try thrash.finish()
  }

  @Test func `data moves to other osds by backfill`() throws {
    let cluster = ClusterBench(seed: 5, osds: 4, size: 2)
    let thrash = Thrash(cluster, objects: 150)
    thrash.append(400)
    thrash.waitForAcks()
    cluster.place(seed: 0, on: [2, 3])
    thrash.append(50)
    try thrash.finish()
  }

  /// LOLIGO_THRASH_SEEDS: how many; LOLIGO_THRASH_FIRST: from which on.
  static let seeds: Range<UInt64> = {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["LOLIGO_THRASH_FIRST"].flatMap { UInt64($0) } ?? 1
    return first..<first + (environment["LOLIGO_THRASH_SEEDS"].flatMap { UInt64($0) } ?? 60)
  }()

  @Test(arguments: seeds)
  func `whatever happens, what was acknowledged is kept`(seed: UInt64) throws {
    _ = try run(seed)
  }

  /// Sets and dictionaries have another order each time: none of them may decide what is done first.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a seed is always the same run`(seed: UInt64) throws {
    let (once, again) = (try run(seed), try run(seed))
    #expect(once.world.clock.now == again.world.clock.now)
    #expect(once.random.next() == again.random.next())
  }

  private func run(_ seed: UInt64) throws -> ClusterBench {
    let cluster = ClusterBench(
      seed: seed, osds: 5, pgCount: UInt32(1 + seed % 4), size: UInt8(2 + seed % 2),
      minSize: UInt8(1 + seed % 2))
    let thrash = Thrash(cluster)
    for _ in 0..<12 { try thrash.step() }
    try thrash.finish()
    return cluster
  }
}

extension OSDOp {
  static func omapSet(_ values: [String: String]) -> OSDOp {
    .encoded(.omapSetValues) { writer in
      writer.write(UInt32(values.count))
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        writer.write(name.name)
        writer.write(value.name)
      }
    }
  }
}

/// Random events, and what must be true at the end.
final class Thrash {
  let cluster: ClusterBench
  private let objects: Int
  /// What each object has to be when all is answered.
  private var expected: [String: String] = [:]
  private var sent: [UInt64] = []
  /// Of each read under way, what was acknowledged of its object when it was sent, and what had been
  /// asked for.
  private var reads: [UInt64: (name: String, floor: String)] = [:]
  /// What each append that is not acknowledged makes of its object.
  private var unanswered: [UInt64: (name: String, content: String)] = [:]
  private var acknowledged: [String: String] = [:]
  private var counter = 0

  init(_ cluster: ClusterBench, objects: Int = 12) {
    self.cluster = cluster
    self.objects = objects
  }

  func append(_ count: Int) {
    for _ in 0..<count {
      let name = "o\(Int.random(in: 0..<objects, using: &cluster.random))"
      counter += 1
      expected[name, default: ""] += "\(counter);"
      let tid = cluster.client.send(
        name.name,
        [
          .append("\(counter);"), .attribute(.setAttribute, "last", "\(counter)"),
          .omapSet(["key\(counter % 50)": "\(counter)"]),
        ])
      sent.append(tid)
      unanswered[tid] = (name, expected[name] ?? "")
    }
  }

  /// Reads some objects; what they say is checked when it comes.
  private func read(_ count: Int) {
    noteReplies()
    for _ in 0..<count {
      let name = "o\(Int.random(in: 0..<objects, using: &cluster.random))"
      let isAnyones = Bool.random(using: &cluster.random)
      let tid = cluster.client.send(
        name.name, [.read()], flags: isAnyones ? [.onDisk, .balanceReads] : [.onDisk])
      reads[tid] = (name, acknowledged[name] ?? "")
    }
  }

  /// A read sees all that was acknowledged before it was sent, and nothing that nobody asked for.
  private func noteReplies() {
    for (tid, read) in reads {
      guard let reply = cluster.client.replies[tid] else { continue }
      reads[tid] = nil
      let text = reply.text
      #expect(text.hasPrefix(read.floor), "\(read.name): acknowledged \(read.floor), read \(text)")
      #expect((expected[read.name] ?? "").hasPrefix(text), "\(read.name): read \(text)")
    }
    for (tid, append) in unanswered where cluster.client.replies[tid] != nil {
      unanswered[tid] = nil
      if append.content.count > (acknowledged[append.name] ?? "").count {
        acknowledged[append.name] = append.content
      }
    }
  }

  func waitForAcks() {
    let isDone = cluster.run(for: .seconds(120)) { cluster.client.isIdle }
    #expect(isDone, "ops are not answered: \(cluster.describe())")
  }

  func step() throws {
    append(Int.random(in: 0..<20, using: &cluster.random))
    read(Int.random(in: 0..<6, using: &cluster.random))
    let alive = cluster.osds.filter(\.isAlive)
    let dead = cluster.osds.filter { !$0.isAlive }
    switch Int.random(in: 0..<13, using: &cluster.random) {
    case 0..<3 where alive.count > 3: cluster.kill(Int(pick(alive).id))
    case 3..<6 where !dead.isEmpty: cluster.restart(Int(pick(dead).id))
    case 6..<8:
      let seeds = cluster.map.pool(ClusterBench.pool)?.pgCount ?? 1
      cluster.place(
        seed: UInt32.random(in: 0..<seeds, using: &cluster.random),
        on: Array(cluster.osds.map(\.id).shuffled(using: &cluster.random).prefix(cluster.size)))
    case 8: cluster.split()
    case 9: cluster.setAffinity(of: Int(pick(cluster.osds).id))
    case 10: cluster.bounce(Int(pick(alive).id))
    case 11: cluster.merge()
    default:
      let pgs = cluster.pgIDs
      cluster.scrub(
        pgs[Int.random(in: 0..<pgs.count, using: &cluster.random)],
        isDeep: Bool.random(using: &cluster.random))
    }
    cluster.run(for: .milliseconds(Int64.random(in: 0..<400, using: &cluster.random)))
    try cluster.expectTrueStatistics()
  }

  private func pick(_ osds: [SimOSD]) -> SimOSD {
    osds[Int.random(in: 0..<osds.count, using: &cluster.random)]
  }

  /// All come back; all is answered, clean, and as it should be.
  func finish() throws {
    for osd in cluster.osds where !osd.isAlive { cluster.restart(Int(osd.id)) }
    waitForAcks()
    noteReplies()
    #expect(reads.isEmpty && unanswered.isEmpty)
    #expect(sent.allSatisfy { cluster.client.replies[$0]?.result == 0 })
    let clean: PGState = [.active, .clean]
    for _ in 0..<60 where cluster.states().contains(where: { $0 != clean }) {
      cluster.run(for: .seconds(2))
    }
    #expect(cluster.states().allSatisfy { $0 == clean }, "\(cluster.describe())")
    for (name, content) in expected.sorted(by: { $0.key < $1.key }) {
      #expect(cluster.client.ask(name.name, .read())?.text == content, "\(name)")
    }
    cluster.run(for: .seconds(1))
    try cluster.expectEqualCopies()
    try cluster.expectStoredAsHeld()
    #expect(cluster.osds.allSatisfy { $0.failures == 0 })
    try cluster.expectTrueStatistics()
    cluster.expectCleanScrubs()
  }
}

extension ClusterBench {
  var size: Int { Int(map.pool(Self.pool)?.size ?? 1) }

  /// Moves a PG; the children of a split stay where their parent was, and what is about to be merged
  /// stays together.
  func place(seed: UInt32, on osds: [Int32]) {
    change { contents in
      guard let pool = contents.pools[Self.pool], seed < pool.pgCount else { return }
      let id = PGID(pool: Self.pool, seed: seed)
      for other in 0..<pool.pgCount {
        let other = PGID(pool: Self.pool, seed: other)
        if other == id || pool.areMerging(id, other) { contents.pgUpmap[other] = osds }
      }
    }
  }

  func setAffinity(of osd: Int) {
    let affinity = UInt32.random(in: 0...0x10000, using: &random)
    change { contents in
      let count = contents.osds.count
      if contents.osds.primaryAffinities.isEmpty {
        contents.osds.primaryAffinities = Array(repeating: 0x10000, count: count)
      }
      contents.osds.primaryAffinities[osd] = affinity
    }
  }

  /// Marks an OSD down that is not; it asks to be up again.
  func bounce(_ id: Int) {
    change { contents in
      contents.osds.states[id].remove(.up)
      contents.osds.infos[id].downAt = contents.epoch
    }
    let life = osds[id].life
    nonisolated(unsafe) let bench = self
    monitor.schedule(after: .milliseconds(30)) {
      if bench.osds[id].isAlive, bench.osds[id].life == life { bench.boot(bench.osds[id]) }
    }
  }

  func split() {
    change { contents in
      guard var pool = contents.pools[Self.pool], pool.pgCount < 8 else { return }
      let before = pool.pgCount
      pool.pgCount *= 2
      pool.pgCountPending = pool.pgCount
      pool.placementCount = pool.pgCount
      contents.pools[Self.pool] = pool
      for seed in 0..<before {
        let parent = PGID(pool: Self.pool, seed: seed)
        for child in parent.children(from: before, to: pool.pgCount) {
          contents.pgUpmap[child] = contents.pgUpmap[parent]
        }
      }
    }
  }

  func describe() -> String {
    let states = states().map(\.description)
    let placements = (0..<(map.pool(Self.pool)?.pgCount ?? 0)).map {
      map.placement(of: PGID(pool: Self.pool, seed: $0)).acting
    }
    let ops = osds.filter(\.isAlive).map { osd in
      osd.shards.shards.map { shard in
        var json = JSONWriter()
        json.array { json in
          for op in shard.trackedOps { op.dump(into: &json, clock: shard.reactor.clock) }
        }
        return "osd.\(osd.id): " + json.finish()
      }
    }
    return
      "client \(client.pendingText) ops \(ops) epoch \(map.epoch), alive \(osds.filter(\.isAlive).map(\.id)), \(states) \(placements)"
  }
}
