import Base
import Buffers
import RadosTypes
import Scrubbing
import Testing
import Wire

/// When scrubs are made, of what kind, and what of their findings is listed.
@Suite struct ScrubScheduleTests {
  static let pg = ShardPGID(PGID(pool: 2, seed: 1))

  private func job(poolMin: Double = 0, poolMax: Double = 0, dice: Double) -> ScrubJob {
    ScrubJob(
      Self.pg, last: UTime(seconds: 1000), poolMin: poolMin, poolMax: poolMax, dice: dice,
      ScrubSettings())
  }

  @Test func `the next one is due an interval and a random part of it after the last`() {
    #expect(job(dice: 0).due == 1000 + 86400)
    #expect(job(dice: 0.5).due == 1000 + 86400 * 1.25)
    #expect(job(dice: 0).deadline == 605_800.0)
    #expect(job(poolMin: 10, poolMax: 20, dice: 0).due == 1010)
    #expect(job(poolMin: 10, poolMax: 20, dice: 0).deadline == 1020.0)
  }

  @Test func `load and hours hold it up until its deadline`() {
    let job = job(poolMin: 10, poolMax: 20, dice: 0)
    #expect(!job.mayBegin(at: 1009, isPermitted: true))
    #expect(job.mayBegin(at: 1010, isPermitted: true))
    #expect(!job.mayBegin(at: 1020, isPermitted: false))
    #expect(job.mayBegin(at: 1021, isPermitted: false))
    #expect(ScrubJob(forced: Self.pg).mayBegin(at: 5, isPermitted: false))
  }

  @Test(arguments: [
    (0, 0, 0, true), (0, 0, 23, true), (22, 6, 23, true), (22, 6, 5, true), (22, 6, 6, false),
    (1, 5, 1, true), (1, 5, 5, false), (1, 5, 0, false),
  ])
  func `hours may pass midnight`(begin: Int, end: Int, hour: Int, isPermitted: Bool) {
    var settings = ScrubSettings()
    settings.hours = (begin, end)
    #expect(settings.permits(weekDay: 3, hour: hour) == isPermitted)
  }

  @Test func `days count too`() {
    var settings = ScrubSettings()
    settings.weekDays = (1, 6)
    #expect(settings.permits(weekDay: 1, hour: 0) && !settings.permits(weekDay: 0, hour: 0))
  }

  @Test func `a busy machine is left alone, unless it is less busy than usual`() {
    let settings = ScrubSettings()
    #expect(settings.permits(load: 0.9, quarterHour: 0, day: 0, processors: 2))
    #expect(!settings.permits(load: 1, quarterHour: 0, day: 0, processors: 2))
    #expect(settings.permits(load: 4, quarterHour: 5, day: 6, processors: 2))
    #expect(!settings.permits(load: 4, quarterHour: 3, day: 6, processors: 2))
  }

  @Test func `places are for leading and following together`() {
    let queue = ScrubQueue(ScrubSettings(), random: SeededRandom(seed: 1))
    #expect(queue.takeRemote() && !queue.takeLocal() && !queue.takeRemote())
    queue.giveBackRemote()
    #expect(queue.hasPlace && queue.takeLocal() && !queue.hasPlace)
    queue.settings.scrubsMax = 2
    #expect(queue.takeRemote())
  }

  // MARK: Kinds

  private func decide(
    _ request: ScrubRequest = ScrubRequest(), _ change: (inout ScrubConditions) -> Void = { _ in },
    settings adjust: (inout ScrubSettings) -> Void = { _ in }
  ) -> (ScrubRequest?, [String]) {
    var conditions = ScrubConditions()
    conditions.coin = 0.9
    change(&conditions)
    var settings = ScrubSettings()
    adjust(&settings)
    var lines: [String] = []
    let mode = request.decide(conditions, settings, whoami: 3, pg: Self.pg) {
      lines.append($0.text)
    }
    return (mode, lines)
  }

  @Test func `a periodic one is shallow, or deep when that is due, or by the dice`() {
    #expect(decide().0?.isDeep == false)
    #expect(decide { $0.isDeepDue = true }.0?.isDeep == true)
    #expect(decide { $0.coin = 0.1 }.0?.isDeep == true)
    #expect(decide { $0.hasDeepErrors = true }.0?.isDeep == true)
  }

  @Test func `flags forbid what nobody asked for`() {
    #expect(decide { $0.allowsShallow = false }.0 == nil)
    #expect(
      decide {
        $0.allowsShallow = false
        $0.isDeepDue = true
      }.0?.isDeep == true)
    #expect(
      decide {
        $0.allowsDeep = false
        $0.isDeepDue = true
      }.0?.isDeep == false)
    let (mode, lines) = decide {
      $0.allowsDeep = false
      $0.hasDeepErrors = true
    }
    #expect(mode == nil && lines.count == 1)
    var asked = ScrubRequest()
    asked.ask(isDeep: true, isRepair: false)
    #expect(
      decide(asked) {
        $0.allowsDeep = false
        $0.allowsShallow = false
      }.0?.isDeep == true)
  }

  @Test func `recovery goes first, but for repairs if they may`() {
    #expect(decide { $0.isRecovering = true }.0 == nil)
    #expect(decide({ $0.isRecovering = true }, settings: { $0.duringRecovery = true }).0 != nil)
    var repair = ScrubRequest()
    repair.ask(isDeep: false, isRepair: true)
    #expect(repair.isDeep && decide(repair) { $0.isRecovering = true }.0 == nil)
    #expect(
      decide(repair, { $0.isRecovering = true }, settings: { $0.repairDuringRecovery = true }).0
        != nil)
  }

  private func decide(
    _ change: (inout ScrubConditions) -> Void, settings: (inout ScrubSettings) -> Void = { _ in }
  ) -> (ScrubRequest?, [String]) { decide(ScrubRequest(), change, settings: settings) }

  @Test func `by itself it repairs if it is deep, and else becomes deep when there is something`() {
    let shallow = decide({ _ in }, settings: { $0.autoRepair = true }).0
    #expect(shallow?.deepensOnError == true && shallow?.repairsAutomatically == false)
    let deep = decide({ $0.isDeepDue = true }, settings: { $0.autoRepair = true }).0
    #expect(deep?.deepensOnError == false && deep?.repairsAutomatically == true)
    var follow = ScrubRequest()
    follow.needsAuto = true
    let next = decide(follow, settings: { $0.autoRepair = true }).0
    #expect(next?.isDeep == true && next?.repairsAutomatically == true && next?.needsAuto == false)
  }

  // MARK: Findings

  @Test func `findings come in order, page by page, the later of two of one object`() throws {
    var findings = ScrubFindings()
    let objects = ["c", "a", "b"].map {
      InconsistentObject(HObject(pool: 2, hash: 7, name: ByteString($0)))
    }
    findings.add(objects)
    var again = objects[0]
    again.errors = .sizeMismatch
    findings.add([again])
    findings.add([InconsistentSnapSet(HObject(pool: 2, hash: 7, name: "s"))])
    var request = ScrubListRequest()
    request.most = 2
    let first = try Self.objects(findings.list(request, interval: 9))
    #expect(first.map(\.object.name) == ["a", "b"])
    request.after = first[1].object
    let second = try Self.objects(findings.list(request, interval: 9))
    #expect(second == [again])
    request.wantsSnapSets = true
    request.after = ObjectID()
    #expect(findings.list(request, interval: 9).values.count == 1)
  }

  private static func objects(_ result: ScrubListResult) throws -> [InconsistentObject] {
    try result.values.map { try InconsistentObject(wire: $0) }
  }

  @Test func `what is listed is encoded as it is decoded`() throws {
    var object = InconsistentObject(HObject(pool: 2, hash: 7, name: "o", key: "k", namespace: "n"))
    object.errors = [.dataDigestMismatch]
    object.version = 12
    var shard = InconsistentShard()
    shard.errors = [.dataDigestMismatchInfo]
    shard.dataDigest = 7
    shard.size = 3
    shard.attributes = ["_": ByteString("info").slice]
    object.add(shard, at: PGShard(osd: 1))
    var absent = InconsistentShard()
    absent.errors = .missing
    absent.isPrimary = true
    object.add(absent, at: PGShard(osd: 0))
    #expect(try InconsistentObject(wire: object.wire) == object)
    var snapSet = InconsistentSnapSet(HObject(pool: 2, hash: 7, name: "o"))
    snapSet.addMissingClone(SnapID(4))
    snapSet.addExtraClone(SnapID(5))
    snapSet.snapSet = ByteString("set").slice
    #expect(try InconsistentSnapSet(wire: snapSet.wire) == snapSet)
  }

  // MARK: Statistics

  @Test func `statistics are held against what was counted`() {
    var stats = PGStat()
    stats.sum.objects = 5
    stats.sum.bytes = 50
    var tally = ScrubTally()
    tally.sum.objects = 4
    tally.sum.bytes = 50
    #expect(
      tally.mismatch(stats)
        == "stat mismatch, got 4/5 objects, 0/0 clones, 0/0 dirty, 0/0 omap, 0/0 pinned, "
        + "0/0 hit_set_archive, 0/0 whiteouts, 50/50 bytes, 0/0 manifest objects, "
        + "0/0 hit_set_archive bytes.")
    stats.sum.reads = 3
    tally.correct(&stats)
    #expect(stats.sum.objects == 4 && stats.sum.reads == 3)
    #expect(tally.mismatch(stats) == nil)
    stats.sum.objectsDirty = 1
    stats.dirtyStatsInvalid = true
    #expect(tally.mismatch(stats) == nil)
  }
}
