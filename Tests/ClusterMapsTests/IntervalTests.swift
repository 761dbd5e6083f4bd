import ClusterMaps
import RadosTypes
import Testing

@Suite struct IntervalTests {
  private static let pg = PGID(pool: 1, seed: 3)

  private static let placement: PGPlacement = {
    var placement = PGPlacement()
    placement.up = [1, 2]
    placement.upPrimary = 1
    placement.acting = [1, 2]
    placement.actingPrimary = 1
    return placement
  }()

  private static func map(_ change: (inout OSDMap.Contents) -> Void = { _ in }) -> OSDMap {
    var contents = OSDMap.Contents()
    contents.pools[1] = Pool(pgCount: 8)
    change(&contents)
    return OSDMap(contents)
  }

  private static func starts(
    from before: OSDMap = map(), to after: OSDMap = map(), _ new: PGPlacement = placement
  ) -> Bool {
    after.startsInterval(of: pg, after: before, from: placement, to: new)
  }

  @Test func `nothing changed, nothing starts`() {
    #expect(!Self.starts())
    #expect(!Self.starts(to: Self.map { $0.flags = [.noOut] }))
    #expect(!Self.starts(to: Self.map { $0.pools[1]?.lastChange = 9 }))
  }

  @Test(arguments: 0..<5)
  func `another set or another primary starts an interval`(which: Int) {
    var new = Self.placement
    switch which {
    case 0: new.up = [2, 1]
    case 1: new.upPrimary = 2
    case 2: new.acting = [1]
    case 3: new.actingPrimary = 2
    default: new.acting = [2, 1]
    }
    #expect(Self.starts(Self.map(), to: Self.map(), new))
  }

  private static func starts(_ before: OSDMap, to after: OSDMap, _ new: PGPlacement) -> Bool {
    after.startsInterval(of: pg, after: before, from: placement, to: new)
  }

  @Test func `the pool's sizes, sites and end start an interval`() {
    #expect(Self.starts(to: Self.map { $0.pools[1]?.size = 2 }))
    #expect(Self.starts(to: Self.map { $0.pools[1]?.minSize = 2 }))
    #expect(Self.starts(to: Self.map { $0.pools[1]?.stretch.bucketTarget = 2 }))
    #expect(Self.starts(to: Self.map { $0.flags = [.sortBitwise] }))
    #expect(Self.starts(to: Self.map { $0.pools = [:] }))
    #expect(!Self.starts(from: Self.map { $0.pools = [:] }))
  }

  /// PG 3 of 8 has child 11 of 16 and parent 3 of 4 itself.
  @Test func `splits and merges start one only for PGs that they touch`() {
    func pgs(_ count: UInt32, pending: UInt32? = nil) -> OSDMap {
      Self.map {
        $0.pools[1]?.pgCount = count
        $0.pools[1]?.pgCountPending = pending ?? count
      }
    }
    #expect(Self.starts(from: pgs(8), to: pgs(12)))
    #expect(!Self.starts(from: pgs(8), to: pgs(11)))
    #expect(Self.starts(from: pgs(8), to: pgs(8, pending: 7)))
    #expect(!Self.starts(from: pgs(7), to: pgs(7, pending: 6)))
    #expect(Self.starts(from: pgs(4), to: pgs(4, pending: 3)))
    #expect(Self.starts(from: pgs(8), to: pgs(7)))
    #expect(Self.starts(from: pgs(4, pending: 3), to: pgs(3)))
  }
}
