import Base
import ClusterMaps
import PlacementGroups
import RadosTypes
import Scheduling
import Testing

/// How much is copied at a time.
@Suite struct RecoveryLimitTests {
  /// Two PGs of 40 objects are about to move from osd 0 and 1 to osd 2 and 3.
  private func makeCluster(_ limits: RecoveryThrottle.Limits) -> (ClusterBench, Thrash) {
    let cluster = ClusterBench(seed: 41, osds: 4, pgCount: 2, size: 2)
    for osd in cluster.osds { osd.shards.recoveries.limits = limits }
    for seed in 0..<2 as Range<UInt32> { cluster.place(seed: seed, on: [0, 1]) }
    cluster.settle()
    let thrash = Thrash(cluster, objects: 80)
    thrash.append(300)
    thrash.waitForAcks()
    return (cluster, thrash)
  }

  private static let underWay: PGState = [.recovering, .recoveryWait, .backfilling, .backfillWait]

  private func move(_ cluster: ClusterBench) {
    for seed in 0..<2 as Range<UInt32> { cluster.place(seed: seed, on: [2, 3]) }
  }

  @Test func `no more objects than allowed are on their way, over all PGs`() throws {
    var limits = RecoveryThrottle.Limits()
    limits.activeMax = 3
    limits.singleStartMax = 2
    let (cluster, thrash) = makeCluster(limits)
    for osd in cluster.osds { osd.shards.setBackfillsMax(4) }
    move(cluster)
    var most = 0
    _ = cluster.run(for: .seconds(30)) {
      most = max(most, cluster.osds.map { $0.shards.recoveries.active }.max() ?? 0)
      return false
    }
    // Nobody waits for an object here, which would be begun at once.
    #expect(most == 3)
    try thrash.finish()
    #expect(cluster.osds.allSatisfy { $0.shards.recoveries.active == 0 })
  }

  @Test func `a pause lies between turns, until it is taken back`() throws {
    var limits = RecoveryThrottle.Limits()
    limits.pause = .seconds(2)
    let (cluster, thrash) = makeCluster(limits)
    move(cluster)
    cluster.run(for: .seconds(20))
    #expect(cluster.states().contains { !$0.isDisjoint(with: Self.underWay) })
    for osd in cluster.osds { osd.shards.recoveries.limits = RecoveryThrottle.Limits() }
    cluster.run(for: .seconds(10))
    #expect(cluster.states().allSatisfy { $0.isDisjoint(with: Self.underWay) })
    try thrash.finish()
  }

  @Test func `a PG that is forced goes before one that has begun`() throws {
    var limits = RecoveryThrottle.Limits()
    limits.pause = .seconds(1)
    let (cluster, thrash) = makeCluster(limits)
    move(cluster)
    cluster.run(for: .seconds(5))
    let pgIDs = (0..<2).map { ShardPGID(PGID(pool: ClusterBench.pool, seed: $0)) }
    let waits: PGState = [.recoveryWait, .backfillWait]
    let waiting = try #require(cluster.states().firstIndex { !$0.isDisjoint(with: waits) })
    for osd in cluster.osds {
      osd.shards.force([pgIDs[waiting]], recovery: true, backfill: true, true)
    }
    cluster.run(for: .seconds(5))
    #expect(!cluster.states()[waiting].isDisjoint(with: [.recovering, .backfilling]))
    #expect(!cluster.states()[waiting].isDisjoint(with: [.forcedRecovery, .forcedBackfill]))
    #expect(!cluster.states()[1 - waiting].isDisjoint(with: waits))
    for osd in cluster.osds {
      osd.shards.force([pgIDs[waiting]], recovery: true, backfill: true, false)
    }
    cluster.run(for: .seconds(1))
    #expect(cluster.states()[waiting].isDisjoint(with: [.forcedRecovery, .forcedBackfill]))
    for osd in cluster.osds { osd.shards.recoveries.limits = RecoveryThrottle.Limits() }
    try thrash.finish()
  }
}

@Suite struct RecoveryThrottleTests {
  private final class Turns: @unchecked Sendable { var given: [String] = [] }

  @Test func `turns come in order, and only as there is room`() {
    var limits = RecoveryThrottle.Limits()
    limits.activeMax = 2
    let throttle = RecoveryThrottle(limits)
    let turns = Turns()
    for name in ["a", "b", "c", "d"] { throttle.ask { turns.given.append("\(name)\($0)") } }
    #expect(turns.given == ["a1", "b1"])
    // a begins its object; b has nothing to begin.
    throttle.countActive(by: 1)
    throttle.end(1)
    #expect(turns.given == ["a1", "b1"])
    throttle.end(1)
    #expect(turns.given == ["a1", "b1", "c1"])
    // An object that a client waits for counts though no turn was asked for.
    throttle.countActive(by: 1)
    throttle.end(1)
    #expect(turns.given.count == 3)
    throttle.countActive(by: -2)
    #expect(turns.given == ["a1", "b1", "c1", "d1"])
  }

  @Test func `more room lets those in who wait, as many objects each as one may begin`() {
    var limits = RecoveryThrottle.Limits()
    limits.activeMax = 0
    let throttle = RecoveryThrottle(limits)
    let turns = Turns()
    for name in ["a", "b"] { throttle.ask { turns.given.append("\(name)\($0)") } }
    #expect(turns.given.isEmpty)
    limits.activeMax = 5
    limits.singleStartMax = 3
    throttle.limits = limits
    #expect(turns.given == ["a3", "b2"])
  }

  @Test func `pauses add up for all who want to begin`() {
    var limits = RecoveryThrottle.Limits()
    limits.pause = .milliseconds(100)
    let throttle = RecoveryThrottle(limits)
    let now = Instant(nanoseconds: 5_000_000_000)
    #expect(throttle.pause(at: now) == .zero)
    #expect(throttle.pause(at: now) == .milliseconds(100))
    #expect(throttle.pause(at: now + .milliseconds(50)) == .milliseconds(150))
    #expect(throttle.pause(at: now + .seconds(3)) == .zero)
  }
}
