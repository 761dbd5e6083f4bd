import Buffers
import Peering
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct PGLogTortureTests {
  private static let entry: ByteSlice = {
    var entry = PGLogEntry(
      .modify, HObject(pool: 1, hash: 7, name: "object", namespace: "ns"),
      version: EVersion(epoch: 3, version: 9), priorVersion: EVersion(epoch: 3, version: 8))
    entry.opReturns = [OpReturn(result: -2, data: "data")]
    var sum = ObjectStatSum()
    sum.bytes = 4096
    return PGLogFormat.value(
      entry, PGProgress(tail: .zero, lastUserVersion: 3, reportedSequence: 4, sum: sum))
  }()

  private static let info = PGLogFormat.value(PGInfo(ShardPGID(PGID(pool: 3, seed: 4))), epoch: 12)

  private static let decoders: [(DecoderTorture, ByteSlice)] = [
    (
      DecoderTorture("entry") { (bytes) throws(DecodeError) in _ = try PGLogFormat.entry(bytes) },
      entry
    ),
    (
      DecoderTorture("info") { (bytes) throws(DecodeError) in _ = try PGLogFormat.info(bytes) },
      info
    ),
  ]

  @Test func `records cut short are refused, changed ones do not trap`() {
    for (torture, sample) in Self.decoders {
      #expect(torture.cut([sample]) == [])
      torture.mutate([sample])
    }
  }
}
