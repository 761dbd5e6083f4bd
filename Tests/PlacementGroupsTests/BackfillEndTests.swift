import Messages
import Peering
import RadosTypes
import Testing
import Wire

@testable import PlacementGroups

/// A backfill of two targets that ends early while both have been asked for a scan.
@Suite struct BackfillEndTests {
  private static let pgID = ShardPGID(PGID(pool: ClusterBench.pool, seed: 0))

  /// osd.0 backfills 3 and 4, whose scans do not reach them.
  private final class Backfill {
    let cluster = ClusterBench(seed: 5, osds: 5, size: 3, minSize: 2)
    var scans: [Int32: RawMessage] = [:]
    var released: [Int32] = []

    init() {
      // More than a log has entries.
      for number in 0..<60 {
        #expect(cluster.client.ask("o\(number % 7)".name, .append("\(number);"))?.result == 0)
      }
      cluster.keepsBack = { [unowned self] message, osd in
        if let order = try? message.decode(MBackfillReserve.self),
          order.kind == BackfillReserveKind.release.rawValue
        {
          released.append(osd)
        }
        guard message.type == .osdPGScan, osd != 0 else { return false }
        scans[osd] = message
        return true
      }
      cluster.place(seed: 0, on: [0, 3, 4])
      #expect(cluster.run(for: .seconds(20)) { self.scans.count == 2 })
    }

    func answer(_ kind: BackfillReserveKind, from osd: Int32) {
      let answer = MBackfillReserve(
        pgID: BackfillEndTests.pgID, queryEpoch: cluster.map.epoch, kind: kind.rawValue,
        reservePriority: 0)
      cluster.osds[0].receive(RawMessage(encoding: answer), from: osd)
      cluster.run(for: .milliseconds(200))
    }

    func scan(_ osd: Int) throws {
      cluster.osds[osd].receive(try #require(scans[Int32(osd)]), from: 0)
      cluster.run(for: .milliseconds(200))
    }

    func expectClean() throws {
      cluster.keepsBack = { _, _ in false }
      cluster.settle()
      #expect(cluster.states() == [.active.union(.clean)])
      try cluster.expectEqualCopies()
    }
  }

  @Test(arguments: [true, false])
  func `no reservation is given back before both have answered`(hasRoom: Bool) throws {
    let backfill = Backfill()
    backfill.answer(.revokeTooFull, from: 3)
    #expect(backfill.released.isEmpty)
    // That it has lost its place is no answer: the scan's comes.
    backfill.answer(.revoke, from: 4)
    #expect(backfill.released.isEmpty)
    if hasRoom { try backfill.scan(4) } else { backfill.answer(.revokeTooFull, from: 4) }
    #expect(backfill.released == [3, 4])
    #expect(backfill.cluster.states()[0].contains(.backfillTooFull))
    try backfill.expectClean()
  }

  @Test func `an interval's end has nothing to wait for`() throws {
    let backfill = Backfill()
    backfill.answer(.revokeTooFull, from: 3)
    backfill.cluster.kill(4)
    backfill.cluster.run(for: .seconds(5))
    backfill.cluster.restart(4)
    try backfill.expectClean()
  }
}
