import Base
import Buffers
import Peering
import RadosTypes
import TestKit
import Testing
import Wire

/// A log entry and the progress after it, as the store has them.
@Suite struct StoredEntryTests {
  /// An overwrite of 4 KiB that fio did.
  private static let entry: PGLogEntry = {
    var entry = PGLogEntry(
      .modify, HObject(pool: 2, hash: 0x24c8_542d, name: "blocks.0.16"),
      version: EVersion(epoch: 9, version: 26), priorVersion: EVersion(epoch: 9, version: 24),
      reqID: ReqID(name: EntityName(.client, 4140), tid: 770),
      mtime: UTime(seconds: 0x6b03_72c6, nanoseconds: 0x39a7_47b6), userVersion: 26)
    entry.modification = .unrollbackable
    entry.cleanRegions.markDirty(offset: 0x102000, length: 0x1000)
    return entry
  }()

  private static let progress: PGProgress = {
    var sum = ObjectStatSum()
    sum.bytes = 8 << 20
    sum.objects = 2
    sum.writes = 26
    sum.writeKB = 0x2060
    sum.objectsDirty = 2
    return PGProgress(tail: .zero, lastUserVersion: 26, reportedSequence: 2, sum: sum)
  }()

  private static let golden: [UInt8] = [
    2, 0, 1, 11, 0x62, 0x6c, 0x6f, 0x63, 0x6b, 0x73, 0x2e, 0x30, 0x2e, 0x31, 0x36,
    0x2d, 0x54, 0xc8, 0x24, 4, 9, 26, 0, 2,
    8, 0xd8, 0x40, 0x82, 0x06, 0, 0xc6, 0x72, 0x03, 0x6b, 0xb6, 0x47, 0xa7, 0x39, 0,
    2, 0, 0x80, 0xc0, 0x40, 0x80, 0x20, 0,
    9, 26, 0, 2, 0x83, 0x8c, 0x08,
    0x80, 0x80, 0x80, 0x08, 4, 0x34, 0xc0, 0x81, 0x01, 4,
  ]

  /// The same as version 1 had it, out of a store's log.
  private static let whole: [UInt8] = [
    0x01, 0x0e, 0x04, 0xc1, 0, 0, 0, 1, 0, 0, 0, 0x04, 0x03, 0x2c, 0, 0, 0, 0, 0, 0, 0,
    0x0b, 0, 0, 0, 0x62, 0x6c, 0x6f, 0x63, 0x6b, 0x73, 0x2e, 0x30, 0x2e, 0x31, 0x36,
    0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x2d, 0x54, 0xc8, 0x24, 0, 0, 0, 0, 0,
    2, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0,
    0x18, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, 2, 0x15, 0, 0, 0, 8, 0x2c, 0x10, 0, 0, 0, 0, 0, 0,
    0x02, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc6, 0x72, 0x03, 0x6b, 0xb6, 0x47, 0xa7, 0x39,
    0, 0, 0, 0, 0x1a, 0, 0, 0, 0, 0, 0, 0, 1, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 0x26, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0x10, 0, 0, 0, 0, 0,
    0, 0x30, 0x10, 0, 0, 0, 0, 0, 0xff, 0xcf, 0xef, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0, 0, 0, 0, 0, 0, 0,
    2, 0, 0, 0, 0, 0, 0, 0, 0x03, 0x06, 0x02, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0,
    2, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0, 0, 0, 0, 0, 0, 0, 0x60, 0x20, 0, 0, 0, 0, 0, 0,
    2, 0, 0, 0, 0, 0, 0, 0,
  ]

  @Test func `an overwrite takes few bytes`() throws {
    #expect(PGLogFormat.value(Self.entry, Self.progress).array == Self.golden)
    let (entry, progress) = try PGLogFormat.entry(ByteSlice(Self.golden))
    #expect(entry == Self.entry && progress == Self.progress)
  }

  @Test func `what version 1 wrote is read`() throws {
    let (entry, progress) = try PGLogFormat.entry(ByteSlice(Self.whole))
    #expect(entry == Self.entry && progress == Self.progress)
  }

  /// Each has something that the others do not.
  private static let entries: [PGLogEntry] = {
    var all = [entry]
    func add(_ change: (inout PGLogEntry) -> Void) {
      var other = entry
      change(&other)
      all.append(other)
    }
    add { $0.object.key = "key" }
    add { $0.object.key = $0.object.name }
    add { $0.object.namespace = "ns" }
    add { $0.object.snap = SnapID(4) }
    add { $0.object = .min }
    add { $0.object = .max }
    add { $0.operation = .delete }
    add { $0.cleanRegions.markOmapDirty() }
    add { $0.cleanRegions.markFullyDirty() }
    add { $0.cleanRegions.cleanOffsets = IntervalSet(start: 7, length: 1) }
    add { $0.cleanRegions.markDirty(offset: 0, length: 1) }
    add { $0.cleanRegions.markDirty(offset: 1 << 40, length: .max - 1 << 40) }
    add { $0.returnCode = -125 }
    add { $0.opReturns = [OpReturn(result: -2, data: "data"), OpReturn(result: 1)] }
    add { $0.snaps = "\u{1}\0\0\0\u{4}\0\0\0\0\0\0\0" }
    add {
      $0.operation = .lostRevert
      $0.revertingTo = EVersion(epoch: 3, version: 20)
    }
    add { $0.modification = ObjectModDesc() }
    add {
      $0.extraReqIDs = [ExtraReqID(reqID: $0.reqID, userVersion: 5)]
      $0.extraReturnCodes = [0: -2]
    }
    add { $0.reqID = .none }
    add { $0.reqID = ReqID(name: EntityName(.osd, -1), tid: .max, incarnation: .min) }
    add { $0.priorVersion = .zero }
    add { $0.priorVersion = .max }
    add { $0.userVersion = .max }
    add { $0.version = .max }
    return all
  }()

  private static let progresses: [PGProgress] = {
    var extreme = ObjectStatSum()
    extreme.bytes = .min
    extreme.objects = -1
    extreme.flushModeHigh = -7
    extreme.flushModeLow = 7
    extreme.evictModeFull = .min
    extreme.objectsRepaired = .max
    return [
      progress,
      PGProgress(
        tail: .zero, lastUserVersion: 0, reportedSequence: 0, sum: ObjectStatSum()),
      PGProgress(tail: .max, lastUserVersion: .max, reportedSequence: .max, sum: extreme),
    ]
  }()

  @Test(arguments: entries, progresses)
  func `any comes back as it was`(entry: PGLogEntry, progress: PGProgress) throws {
    let (again, after) = try PGLogFormat.entry(PGLogFormat.value(entry, progress))
    #expect(again == entry && after == progress)
  }

  // MARK: Bad bytes

  /// Version, operation, length of the name, kind of client, number of runs, length of a run.
  @Test(arguments: [(0, 0), (0, 3), (2, 0), (2, 4), (3, 0x7f), (24, 3), (39, 0x7f), (42, 0)])
  func `what is wrong is refused`(place: Int, byte: UInt8) {
    var bytes = Self.golden
    bytes[place] = byte
    #expect(throws: DecodeError.self) { try PGLogFormat.entry(ByteSlice(bytes)) }
  }

  @Test func `parts that no entry has and words that statistics do not have are refused`() {
    let parts: [UInt8] = [2, 0x80, 0x20] + Self.golden.dropFirst(2)
    let words: [UInt8] = Self.golden.dropLast(13) + [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 4]
    for bytes in [parts, words] {
      #expect(throws: DecodeError.self) { try PGLogFormat.entry(ByteSlice(bytes)) }
    }
  }

  @Test func `records cut short are refused, changed ones do not trap`() {
    let torture = DecoderTorture("entry") { (bytes) throws(DecodeError) in
      _ = try PGLogFormat.entry(bytes)
    }
    var samples = Self.entries.map { PGLogFormat.value($0, Self.progress) }
    samples.append(ByteSlice(Self.whole))
    #expect(torture.cut(samples) == [])
    torture.mutate(samples)
  }
}
