import Buffers
import ClusterMaps
import ObjectStores
import RadosTypes
import Testing

@testable import Peering
@testable import PlacementGroups

/// What the store has of a PG's log is what the PG has of it.
@Suite struct StoredLogTests {
  /// A PG that keeps 20 entries and no dups, after 100 writes.
  private func makeBench() throws -> (bench: Bench, pg: PG) {
    var settings = PGSettings(whoami: 0)
    settings.log.entriesMin = 20
    settings.log.entriesPerOSD = 0
    settings.log.trimMin = 5
    settings.log.dupsTracked = 0
    let bench = Bench(settings: settings)
    for number in 0..<100 { bench.ask("o\(number % 5)".name, .append("x")) }
    return (bench, try #require(bench.shards.shards[0].pgs.values.first))
  }

  /// Runs `body` on the PG's reactor with a transaction, and waits until that is durable.
  private func write(
    _ bench: Bench, _ pg: PG, _ body: @escaping (PG, inout Transaction) -> Void
  ) throws {
    nonisolated(unsafe) let (pg, body) = (pg, body)
    try bench.run {
      await withUnsafeContinuation { continuation in
        var transaction = Transaction()
        body(pg, &transaction)
        pg.store.queue(transaction, on: pg.collection) { continuation.resume() }
      }
    }
  }

  @Test func `older entries that came of a longer log go when they are trimmed`() throws {
    let (bench, pg) = try makeBench()
    let tail = pg.log.tail
    #expect(tail.version > 10 && pg.keysFloor > tail)
    let older = (tail.version - 5...tail.version).map { version in
      PGLogEntry(
        .error, .min, version: EVersion(epoch: tail.epoch, version: version),
        priorVersion: .zero, reqID: .none)
    }
    try write(bench, pg) { pg, transaction in
      pg.log.extendTail(Array(older.dropFirst()), to: older[0].version)
      pg.info.logTail = pg.log.tail
      var changes = PeeringChanges()
      changes.log.entriesThrough = tail
      pg.write(changes, into: &transaction)
    }
    #expect(pg.keysFloor <= older[1].version)
    try write(bench, pg) { pg, transaction in
      pg.peering.trimLog(to: tail)
      pg.write(pg.peering.takeChanges(), into: &transaction)
    }
    nonisolated(unsafe) let held = pg
    try bench.run {
      let keys = try await held.storedVersions()
      #expect(keys.allSatisfy { $0 > tail }, "\(keys)")
    }
  }

  @Test func `the epoch of the stored information is known, whoever wrote it`() throws {
    let (bench, pg) = try makeBench()
    for _ in 0..<45 {
      bench.bumpEpoch()
      bench.publish()
    }
    #expect(pg.peering.persistedEpoch > 10 && pg.map.epoch - pg.peering.persistedEpoch <= 40)
    nonisolated(unsafe) let held = pg
    try bench.run {
      let stored = try await StoredPG(from: held.collection, of: held.store, held.id)
      #expect(stored.epoch == held.peering.persistedEpoch)
    }
    try write(bench, pg) { pg, transaction in pg.write(into: &transaction) }
    #expect(pg.peering.persistedEpoch == pg.map.epoch)
    try bench.restart()
    let loaded = try #require(bench.shards.shards[0].pgs.values.first)
    #expect(loaded.peering.persistedEpoch >= pg.map.epoch)
  }
}

extension PG {
  /// Of all keys of the log.
  fileprivate func storedVersions() async throws -> [EVersion] {
    let page = try await store.omapEntries(of: meta, in: collection)
    return page.entries.compactMap { entry in
      switch PGLogFormat.kind(of: entry.name) {
      case .entry, .dup:
        let bytes = entry.name.bytes
        func number(_ range: Range<Int>) -> UInt64 {
          range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
        }
        return EVersion(epoch: UInt32(number(1..<5)), version: number(5..<13))
      default: return nil
      }
    }
  }

  /// What a start would read is what is here; and no key of the log is older than the log and its dups.
  fileprivate func expectStoredAsHeld() async throws {
    let stored = try await StoredPG(from: collection, of: store, id)
    #expect(stored.log.head == log.head && stored.log.tail == log.tail, "\(id)")
    #expect(stored.log.entries.elementsEqual(log.entries), "\(id): entries")
    #expect(stored.log.dups.count == log.dups.count, "\(id): dups")
    #expect(Set(stored.log.dups) == Set(log.dups), "\(id): dups")
    #expect(stored.info.lastUpdate == info.lastUpdate && stored.info.logTail == info.logTail)
    #expect(stored.missing.items == peering.missing.items, "\(id): missing")
    #expect(stored.epoch <= map.epoch)
    let ends = [log.dups.first?.version, log.entries.first?.version].compactMap { $0 }
    let oldest = ends.min() ?? log.head
    let older = try await storedVersions().filter { $0 < oldest }
    #expect(older.isEmpty, "\(id): keys \(older) from before \(oldest)")
  }
}

extension ClusterBench {
  /// All PGs of all OSDs.
  func expectStoredAsHeld() throws {
    nonisolated(unsafe) var failure: (any Error)?
    for osd in osds where osd.isAlive {
      for shard in osd.shards.shards {
        nonisolated(unsafe) let shard = shard
        nonisolated(unsafe) var isDone = false
        shard.reactor.spawn {
          do {
            for pg in Array(shard.pgs.values) { try await pg.expectStoredAsHeld() }
          } catch { failure = error }
          isDone = true
        }
        #expect(run(for: .seconds(1)) { isDone })
      }
    }
    if let failure { throw failure }
  }
}
