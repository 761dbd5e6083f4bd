import Buffers
import RadosTypes
import Scrubbing
import Testing
import Wire

/// Maps of three copies, compared.
@Suite struct ScrubComparisonTests {
  static let object = HObject(pool: 2, hash: 1, name: "o")
  static let primary = PGShard(osd: 0)

  static func info(_ version: UInt64 = 5, size: UInt64 = 9) -> ObjectInfo {
    var info = ObjectInfo(object)
    info.version = EVersion(epoch: 3, version: version)
    info.userVersion = version
    info.size = size
    info.localMTime = UTime(seconds: 1000)
    return info
  }

  static func copy(
    _ info: ObjectInfo = info(), size: UInt64 = 9, digest: UInt32? = 0xd, omap: UInt32? = 0xe
  ) -> ScrubMap.Object {
    var copy = ScrubMap.Object()
    copy.size = size
    copy.digest = digest
    copy.omapDigest = omap
    copy.attributes = [
      "_": info.wire, "snapset": SnapSet().wire, "_color": ByteString("red").slice,
    ]
    return copy
  }

  static func compare(
    _ copies: [ScrubMap.Object?], isRepair: Bool = false, now: UInt32 = 1000
  ) -> ScrubComparison {
    var maps: [PGShard: ScrubMap] = [:]
    for (osd, copy) in copies.enumerated() {
      var map = ScrubMap()
      map.objects[object] = copy
      maps[PGShard(osd: Int32(osd))] = map
    }
    return ScrubComparison(
      maps,
      ScrubComparison.Context(
        pgID: ShardPGID(PGID(pool: 2, seed: 1)), whoami: primary, isRepair: isRepair,
        now: UTime(seconds: now), settings: ScrubSettings()))
  }

  @Test func `copies that are alike are good`() {
    let found = Self.compare([Self.copy(), Self.copy(), Self.copy()])
    #expect(found.shallowErrors + found.deepErrors == 0)
    #expect(found.lines == [] && found.objectErrors == [])
    #expect(found.authoritative.isEmpty && found.digestUpdates.isEmpty)
  }

  @Test func `a copy that is not there is missing, and others are good`() throws {
    let found = Self.compare([Self.copy(), nil, Self.copy()])
    #expect(found.missing[Self.object] == [PGShard(osd: 1)])
    #expect(found.authoritative[Self.object] == [Self.primary, PGShard(osd: 2)])
    #expect(found.shallowErrors == 1 && found.deepErrors == 0)
    #expect(found.lines == ["2.1 shard 1 2:80000000:::o:head : missing"])
    let error = try #require(found.objectErrors.first)
    #expect(error.union == .missing && error.version == 5)
    #expect(error.shards[Self.primary]?.isSelected == true)
  }

  @Test func `data that is not what the information says is one shard's fault`() throws {
    var info = Self.info()
    info.setDataDigest(0xd)
    let bad = Self.copy(info, digest: 0xbad)
    let found = Self.compare([Self.copy(info), Self.copy(info), bad])
    #expect(found.inconsistent[Self.object] == [PGShard(osd: 2)])
    // Once for the shard, once for the object.
    #expect(found.deepErrors == 2 && found.shallowErrors == 0)
    let error = try #require(found.objectErrors.first)
    #expect(error.errors == .dataDigestMismatch && error.union == .dataDigestMismatchInfo)
    #expect(
      found.lines == [
        "2.1 shard 2 soid 2:80000000:::o:head : data_digest 0xbad != data_digest 0xd from shard 0, "
          + "data_digest 0xbad != data_digest 0xd from auth oi 2:80000000:::o:head(3'5 "
          + "unknown.0.0:0 data_digest s 9 uv 5 dd d alloc_hint [0 0 0])"
      ])
  }

  @Test func `the newest information counts, and a copy with a read error never`() {
    var unreadable = Self.copy(Self.info(7))
    unreadable.readError = true
    let found = Self.compare([Self.copy(), Self.copy(Self.info(6)), unreadable])
    #expect(found.inconsistent[Self.object] == [Self.primary, PGShard(osd: 2)])
    #expect(found.authoritative[Self.object] == [PGShard(osd: 1)])
    #expect(found.objectErrors[0].version == 6)
    #expect(found.lines[0] == "2.1 shard 2 soid 2:80000000:::o:head : candidate had a read error")
  }

  @Test func `a size that is not the information's rules a copy out`() {
    let found = Self.compare([Self.copy(size: 3), Self.copy(), Self.copy()])
    #expect(found.inconsistent[Self.object] == [Self.primary])
    let errors = found.objectErrors[0].shards[Self.primary]?.errors
    #expect(errors == [.objectSizeInfoMismatch, .sizeMismatchInfo])
    #expect(found.objectErrors[0].errors == .sizeMismatch)
    #expect(found.lines[0].hasSuffix("candidate size 3 info size 9 mismatch"))
  }

  @Test func `attributes that differ make all others suspect`() {
    var odd = Self.copy()
    odd.attributes["_color"] = ByteString("blue").slice
    odd.attributes["_more"] = ByteString("1").slice
    let found = Self.compare([Self.copy(), odd, Self.copy()])
    #expect(found.inconsistent[Self.object] == [PGShard(osd: 1)])
    #expect(found.objectErrors[0].errors == [.attributeValueMismatch, .attributeNameMismatch])
    #expect(found.objectErrors[0].union == [])
    #expect(
      found.lines == [
        "2.1 soid 2:80000000:::o:head : attr value mismatch '_color', attr name mismatch '_more'"
      ])
  }

  @Test func `without any information nobody can say what is right`() {
    var bare = Self.copy()
    bare.attributes["_"] = nil
    let found = Self.compare([bare, bare, nil])
    #expect(found.authoritative.isEmpty)
    #expect(found.shallowErrors == 3)
    #expect(found.objectErrors[0].union == [.infoMissing, .missing])
    #expect(
      found.lines.last == "2.1 soid 2:80000000:::o:head : failed to pick suitable object info")
  }

  @Test func `information about another object, or none that can be read, is corrupt`() {
    var other = Self.info()
    other.object = HObject(pool: 2, hash: 1, name: "other")
    var torn = Self.copy()
    torn.attributes["_"] = ByteString("torn").slice
    torn.attributes["snapset"] = ByteString("torn").slice
    let found = Self.compare([Self.copy(other), torn, Self.copy()])
    #expect(found.objectErrors[0].shards[Self.primary]?.errors == .infoCorrupted)
    let errors = found.objectErrors[0].shards[PGShard(osd: 1)]?.errors
    #expect(errors == [.infoCorrupted, .snapSetCorrupted])
    #expect(found.authoritative[Self.object] == [PGShard(osd: 2)])
  }

  @Test func `when all copies are alike, a repair puts the information right`() {
    var info = Self.info()
    info.setDataDigest(0xbad)
    let copies = [Self.copy(info), Self.copy(info), Self.copy(info)]
    let found = Self.compare(copies)
    #expect(found.deepErrors == 3 && found.digestUpdates.isEmpty)
    let repair = Self.compare(copies, isRepair: true)
    #expect(repair.digestUpdates[Self.object]?.data == 0xd)
    #expect(repair.lines.contains { $0.hasSuffix("repairing object info data_digest") })
  }

  @Test func `digests are kept of what has not changed for long`() {
    let copies = [Self.copy(), Self.copy(), Self.copy()]
    #expect(Self.compare(copies, now: 8000).digestUpdates.isEmpty)
    let digests = Self.compare(copies, now: 9000).digestUpdates[Self.object]
    #expect(digests?.data == 0xd && digests?.omap == 0xe)
    let shallow = Self.copy(digest: nil, omap: nil)
    #expect(Self.compare([shallow, shallow, shallow], now: 9000).digestUpdates.isEmpty)
  }

  @Test func `a copy that is too large is said once`() {
    let info = Self.info(size: 1 << 30)
    let copy = Self.copy(info, size: 1 << 30)
    let found = Self.compare([copy, copy])
    #expect(found.objectErrors[0].errors == .sizeTooLarge)
    #expect(found.lines.count { $0.contains("is too large") } == 1)
  }
}
