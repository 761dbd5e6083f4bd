import Peering
import RadosTypes
import TestKit
import Testing
import Wire

@Suite struct PGLogTortureTests {
  @Test func `information cut short is refused, changed one does not trap`() {
    let torture = DecoderTorture("info") { (bytes) throws(DecodeError) in
      _ = try PGLogFormat.info(bytes)
    }
    let sample = PGLogFormat.value(PGInfo(ShardPGID(PGID(pool: 3, seed: 4))), epoch: 12)
    #expect(torture.cut([sample]) == [])
    torture.mutate([sample])
  }
}
