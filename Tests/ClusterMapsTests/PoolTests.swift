import Base
import Buffers
import ClusterMaps
import RadosTypes
import Testing
import Wire

@Suite struct PoolTests {
  static let growths: [(UInt32, UInt32)] = [
    (1, 2), (1, 8), (3, 4), (4, 5), (5, 16), (8, 32), (12, 13), (24, 28), (100, 128), (100, 257),
  ]

  @Test(arguments: growths)
  func `when PGs split, each object goes from parent to child and nowhere else`(
    old: UInt32, new: UInt32
  ) {
    var random = SeededRandom(seed: 3)
    var children: [PGID: PGID] = [:]
    for seed in 0..<old {
      let parent = PGID(pool: 1, seed: seed)
      for child in parent.children(from: old, to: new) { children[child] = parent }
    }
    #expect(Set(children.keys.map(\.seed)) == Set(old..<new))
    let (before, after) = (Pool(pgCount: old), Pool(pgCount: new))
    for _ in 0..<2000 {
      let hash = UInt32.random(in: 0...UInt32.max, using: &random)
      let from = before.seed(ofHash: hash)
      let to = after.seed(ofHash: hash)
      let target = PGID(pool: 1, seed: to)
      #expect(from == to || children[target]?.seed == from)
      #expect(target.contains(hash: hash, bits: target.splitBits(pgCount: new)))
    }
  }

  @Test(arguments: growths)
  func `when PGs merge, each goes where its objects go`(new: UInt32, old: UInt32) {
    let (before, after) = (Pool(pgCount: old), Pool(pgCount: new))
    for seed in 0..<old {
      let target = PGID(pool: 1, seed: seed).mergeTarget(from: old, to: new)
      #expect(after.seed(ofHash: before.seed(ofHash: seed)) == target?.seed ?? seed)
    }
  }

  @Test func `merges are announced to both sides`() {
    var pool = Pool(pgCount: 8)
    pool.pgCountPending = 7
    #expect(pool.pendingMerge(of: PGID(pool: 1, seed: 7)) == (true, false))
    #expect(pool.pendingMerge(of: PGID(pool: 1, seed: 3)) == (false, true))
    #expect(pool.pendingMerge(of: PGID(pool: 1, seed: 2)) == (false, false))
    pool.pgCountPending = 8
    #expect(pool.pendingMerge(of: PGID(pool: 1, seed: 7)) == (false, false))
  }

  @Test func `a stretched pool says so in a later version`() throws {
    var pool = Pool(kind: .replicated, size: 4, pgCount: 32)
    #expect(pool.wire[0] == 29)
    pool.stretch.bucketCount = 2
    pool.stretch.mandatoryMember = -3
    #expect(pool.wire[0] == 30)
    #expect(try Pool(wire: pool.wire) == pool)
  }

  @Test func `copies of a pool share what is seldom changed until it is`() {
    var pool = Pool()
    let copy = pool
    pool.details.applications["rbd"] = [:]
    #expect(copy.details.applications.isEmpty)
    #expect(pool != copy)
  }

  @Test func `the pool's snapshots are those a write must preserve, newest first`() {
    var pool = Pool()
    pool.flags.insert(.poolSnaps)
    pool.snapSequence = SnapID(5)
    for number in [UInt64(2), 4] {
      pool.details.snaps[SnapID(number)] = Pool.Snap(
        id: SnapID(number), stamp: .zero, name: ByteString("s\(number)"))
    }
    #expect(pool.snapContext == SnapContext(sequence: SnapID(5), snaps: [SnapID(4), SnapID(2)]))
    #expect(pool.isRemoved(SnapID(3)))
    #expect(!pool.isRemoved(SnapID(4)))
    #expect(!pool.isRemoved(SnapID(6)))
  }
}
