import Buffers
import Peering
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct PGLogTests {
  private func reqID(_ number: UInt64) -> ReqID {
    ReqID(name: EntityName(.client, 1), tid: number)
  }

  private func entry(_ version: UInt64, hash: UInt32 = 0) -> PGLogEntry {
    PGLogEntry(
      .modify, HObject(pool: 1, hash: hash, name: "o\(version)".name),
      version: EVersion(epoch: 3, version: version), priorVersion: .zero, reqID: reqID(version),
      userVersion: version)
  }

  private func log(_ count: UInt64) -> PGLog {
    var log = PGLog()
    for version in 1...count { log.append(entry(version, hash: UInt32(version))) }
    return log
  }

  @Test func `what was logged is found, also when trimmed, until it is forgotten`() {
    var log = log(100)
    var limits = PGLogLimits()
    limits.dupsTracked = 60
    log.trim(to: EVersion(epoch: 3, version: 80), limits: limits)
    #expect(log.count == 20 && log.tail.version == 80 && log.dups.count == 40)
    for version in 41...100 as ClosedRange<UInt64> {
      #expect(log.find(reqID(version))?.version.version == version)
    }
    #expect(log.find(reqID(40)) == nil)
  }

  @Test func `a split shares entries out by hash and leaves both heads where they were`() {
    var mine = log(64)
    let child = mine.split(child: PGID(pool: 1, seed: 5), bits: 3)
    #expect(child.count == 8 && mine.count == 56)
    #expect(child.head == mine.head && child.tail == mine.tail)
    #expect(child.find(reqID(5)) != nil && mine.find(reqID(5)) == nil)
    #expect(mine.find(reqID(6)) != nil && child.find(reqID(6)) == nil)
  }

  @Test func `keys of entries sort as their versions`() {
    let versions = [(1, 5), (1, 300), (2, 4), (255, 1), (256, 0)].map {
      EVersion(epoch: $0.0, version: UInt64($0.1))
    }
    let keys = versions.map { PGLogFormat.entryKey($0) }
    #expect(keys == keys.sorted())
  }

  @Test func `information comes back as it was`() throws {
    var info = PGInfo(ShardPGID(PGID(pool: 3, seed: 4)))
    info.lastUserVersion = 77
    let stored = try PGLogFormat.info(PGLogFormat.value(info, epoch: 12))
    #expect(stored.info == info && stored.epoch == 12)
  }
}
