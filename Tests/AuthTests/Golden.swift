import Buffers
import TestKit
import Testing
import Wire

/// Decodes every sample to its last byte, encodes it back, and feeds the decoder what a peer might.
///
/// Most values of authentication have no envelope but begin with their version.
func checkGolden<Value: WireCodable & SendableMetatype>(
  _ type: String, as _: Value.Type, isVersioned: Bool = true
) {
  let samples = GoldenSamples.values(of: type)
  if samples.isEmpty { print("golden samples of \(type) are absent: set LOLIGO_CORPUS") }
  var tally = GoldenTally(type: type)
  for (name, bytes) in samples {
    tally.check(Value.self, name: name, bytes: bytes, isFramed: isVersioned)
  }
  let torture = DecoderTorture(type, Value.self)
  #expect(tally.failures.isEmpty)
  #expect(torture.cut(samples.map(\.bytes)).isEmpty)
  torture.mutate(samples.map(\.bytes))
  print("golden " + tally.line)
}

/// Calls `body` with damaged samples; it must only not trap.
func mutate(
  _ samples: [ByteSlice], count: Int = DecoderTorture.mutationCount, _ body: (ByteSlice) -> Void
) {
  withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let body = body
    let torture = DecoderTorture("any") { (bytes) throws(DecodeError) in body(bytes) }
    torture.mutate(samples, count: count)
  }
}
