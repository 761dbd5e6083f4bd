import Messages
import Peering
import PlacementGroups
import RadosTypes
import Testing

@Suite struct MergeReportsTests {
  private static let source = PGID(pool: 2, seed: 5)
  private static let target = PGID(pool: 2, seed: 1)
  private static let ready = MergeReadiness.targetReady(
    EVersion(epoch: 8, version: 40), lastEpochStarted: 7, lastEpochClean: 9)

  private var reports = MergeReports()

  @Test mutating func `a source is reported once it and its target are ready`() throws {
    reports.note(Self.source, .sourceReady(EVersion(epoch: 8, version: 30)))
    #expect(reports.take(epoch: 10).isEmpty)
    reports.note(Self.target, Self.ready)
    let report = try #require(reports.take(epoch: 11).first)
    #expect(report.pgID == Self.source && report.isReady && report.paxos.version == 11)
    #expect(report.sourceVersion.version == 30 && report.targetVersion.version == 40)
    #expect(report.lastEpochStarted == 7 && report.lastEpochClean == 9)
    #expect(reports.take(epoch: 12).isEmpty)
    reports.reportAgain()
    #expect(reports.take(epoch: 13).count == 1)
  }

  @Test mutating func `that a target cannot be ready is reported of its source, and only that`() {
    reports.note(Self.source, .sourceReady(EVersion(epoch: 8, version: 30)))
    reports.note(Self.target, .targetNotReady(source: Self.source))
    let told = reports.take(epoch: 10)
    #expect(told.map(\.pgID) == [Self.source] && told.allSatisfy { !$0.isReady })
    #expect(reports.take(epoch: 10).isEmpty)
  }

  @Test mutating func `after a new interval all begins anew`() {
    reports.note(Self.source, .sourceNotReady)
    #expect(reports.take(epoch: 10).count == 1)
    reports.note(Self.source, .none)
    reports.note(Self.target, .none)
    #expect(reports.take(epoch: 11).isEmpty)
    reports.note(Self.target, Self.ready)
    reports.note(Self.source, .sourceReady(EVersion(epoch: 8, version: 30)))
    #expect(reports.take(epoch: 12).map(\.isReady) == [true])
  }
}
