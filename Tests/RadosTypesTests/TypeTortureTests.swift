import Buffers
import RadosTypes
import TestKit
import Testing
import Wire

/// Types that messages carry are tortured with the messages; these are the corpus' values, and small
/// types by values of our own, which are there in every clone.
@Suite struct TypeTortureTests {
  @Test(arguments: TypeCoder.all)
  func `a corpus value cut short is refused`(coder: TypeCoder) {
    #expect(coder.torture.cut(GoldenSamples.values(of: coder.name).map(\.bytes)) == [])
  }

  @Test(arguments: TypeCoder.all)
  func `a corpus value with bytes changed does not trap`(coder: TypeCoder) {
    coder.torture.mutate(GoldenSamples.values(of: coder.name).map(\.bytes))
  }

  static let small: [(torture: DecoderTorture, value: ByteSlice)] = {
    let object = HObject(
      pool: 2, hash: 0x1f, name: "name", key: "key", namespace: "space", snap: SnapID(7))
    let pg = ShardPGID(PGID(pool: 2, seed: 0x1f), shard: 3)
    var info = ObjectInfo(object)
    info.watchers = [
      WatcherKey(cookie: 1, name: EntityName(.client, 4127)):
        WatchInfo(cookie: 1, timeoutSeconds: 30, address: .none)
    ]
    let entry = PGLogEntry(
      .modify, object, version: EVersion(epoch: 3, version: 9), priorVersion: .zero,
      reqID: ReqID(name: EntityName(.client, 4127), tid: 5))
    var log = PGLogRecord()
    log.entries = [entry]
    log.dups = [PGLogDup(entry)]
    return [
      example("HObject", object), example("GHObject", GHObject(object, generation: 4, shard: 1)),
      example("CollectionID", CollectionID.pg(pg)),
      example("CollectionID", CollectionID.temporary(pg)), example("ReqID", entry.reqID),
      example("ObjectLocator", ObjectLocator(pool: 2, key: "k", namespace: "n", hash: 3)),
      example("ObjectInfo", info), example("PGLogRecord", log),
      example("Missing", Missing(items: [object: MissingItem(need: entry.version)])),
      example("PGInfo", PGInfo(pg)), example("PGStat", PGStat()), example("OSDStat", OSDStat()),
      example(
        "PGListResponse",
        PGListResponse(next: object, objects: [ListedObject(namespace: "n", name: "o", key: "k")])),
    ]
  }()

  private static func example<Value: WireCodable & SendableMetatype>(
    _ name: String, _ value: Value
  ) -> (torture: DecoderTorture, value: ByteSlice) {
    (DecoderTorture(name, Value.self), value.wire)
  }

  @Test func `small values cut short are refused, and changed ones do not trap`() {
    for (torture, value) in Self.small {
      #expect(torture.cut([value]) == [])
      torture.mutate([value])
    }
  }
}
