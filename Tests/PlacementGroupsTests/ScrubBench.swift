import Base
import Buffers
import Messages
import ObjectStores
import PlacementGroups
import RadosTypes
import Scrubbing
import Testing
import Wire

/// Asking for scrubs of the bench's first PG, and doing harm to its copies.
extension ClusterBench {
  static let pg = ShardPGID(PGID(pool: pool, seed: 0))

  var primary: SimOSD { osds[Int(map.placement(of: Self.pg.pgID).actingPrimary)] }

  /// Scrubs that each OSD takes part in.
  var places: [Int] { osds.map { $0.shards.scrubs.places.local + $0.shards.scrubs.places.remote } }

  func wait<Answer>(_ body: @escaping () async -> Answer) -> Answer? {
    nonisolated(unsafe) var answer: Answer?
    monitor.spawn { answer = await body() }
    _ = run(for: .seconds(5)) { answer != nil }
    return answer
  }

  func stat() -> PGStat {
    nonisolated(unsafe) let shards = primary.shards!
    return wait { await shards.pgStats(changedOnly: false)[Self.pg.pgID] }.flatMap { $0 }
      ?? PGStat()
  }

  /// Asks for a scrub as the manager does, and for its turn as the daemon's tick does.
  func request(isDeep: Bool, isRepair: Bool = false, for duration: Duration = .seconds(20)) {
    primary.shards.requestScrub([Self.pg], isDeep: isDeep, isRepair: isRepair)
    takeTurn()
    run(for: duration)
  }

  @discardableResult
  func takeTurn() -> OSDShards.ScrubAnswer? {
    nonisolated(unsafe) let shards = primary.shards!
    return wait { await shards.tryScrub(Self.pg, repairsOnly: false) }
  }

  func scrub(isDeep: Bool, isRepair: Bool = false) throws {
    let before = stat().lastScrubStamp
    request(isDeep: isDeep, isRepair: isRepair)
    try #require(stat().lastScrubStamp > before)
  }

  func list(interval: UInt32) -> MOSDOpReply {
    var request = ScrubListRequest()
    request.interval = interval
    request.most = 100
    let reply = client.ask("", .encoded(.scrubList) { $0.write(request) })
    guard let reply else { fatalError("SCRUBLS is not answered") }
    return reply
  }

  func inconsistentObjects() throws -> [InconsistentObject] {
    let reply = list(interval: 0)
    try #require(reply.result >= 0)
    let page = try ScrubListResult(wire: reply.ops[0].outdata.contiguous())
    return try page.values.map { try InconsistentObject(wire: $0) }
  }

  func harm(_ name: ByteString, _ harm: ScrubTests.Harm, at victim: Int) throws {
    let osd = osds[victim]
    switch harm {
    case .data: try osd.write(name) { $0.write($1, in: $2, offset: 2, data: BufferList([1])) }
    case .size: try osd.write(name) { $0.truncate($1, in: $2, size: 3) }
    case .attribute:
      try osd.write(name) { $0.setAttribute($1, in: $2, "_color", ByteString("blue").slice) }
    case .omap:
      try osd.write(name) { $0.omapSet($1, in: $2, [NamedValue("key", ByteString("v").slice)]) }
    case .absent: try osd.remove(name)
    case .extra: try osd.write("extra") { $0.touch($1, in: $2) }
    case .unreadable, .unknown:
      let object = Self.object(name)
      nonisolated(unsafe) let shards = osd.shards!
      let damage = harm == .unknown ? ObjectDamage.failMetadata : .failReads
      #expect(wait { await shards.damage(object, in: Self.pg, damage) } == true)
    }
  }

  static func object(_ name: ByteString) -> HObject {
    HObject(
      pool: pool, hash: ObjectHash.hash(name: name, key: "", namespace: ""), name: name)
  }
}

extension SimOSD {
  /// Changes the store behind the PG's back.
  func write(
    _ name: ByteString, _ change: @escaping (inout Transaction, GHObject, CollectionID) -> Void
  ) throws {
    nonisolated(unsafe) let collection = try #require(store.open(.pg(ClusterBench.pg)))
    let store = store
    nonisolated(unsafe) let change = change
    nonisolated(unsafe) var isDone = false
    collection.reactor.post {
      var transaction = Transaction()
      change(&transaction, GHObject(ClusterBench.object(name)), collection.id)
      store.queue(transaction, on: collection) { isDone = true }
    }
    try #require(cluster.run(for: .seconds(1)) { isDone })
  }

  func remove(_ name: ByteString) throws { try write(name) { $0.remove($1, in: $2) } }

  func info(_ name: ByteString) throws -> ObjectInfo? {
    let found = try objects(of: ClusterBench.pg.pgID)[GHObject(ClusterBench.object(name))]
    return try found?.attributes.first { $0.name == "_" }.map { try ObjectInfo(wire: $0.value) }
  }
}
