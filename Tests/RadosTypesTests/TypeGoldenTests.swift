import Buffers
import RadosTypes
import TestKit
import Testing
import Wire

/// A type of the corpus that this project implements, without its Swift type.
struct TypeCoder: Sendable, CustomTestStringConvertible {
  let name: String
  let check: @Sendable (inout GoldenTally, String, ByteSlice) -> Void
  let torture: DecoderTorture

  var testDescription: String { name }

  init<Value: WireCodable & SendableMetatype>(_ name: String, _: Value.Type, isFramed: Bool = true)
  {
    self.name = name
    check = { tally, sample, bytes in
      tally.check(Value.self, name: sample, bytes: bytes, isFramed: isFramed)
    }
    torture = DecoderTorture(name, Value.self)
  }

  static let all: [TypeCoder] = [
    TypeCoder("DaemonHealthMetric", DaemonHealthMetric.self),
    TypeCoder("ECSubRead", ECSubRead.self),
    TypeCoder("ECSubReadReply", ECSubReadReply.self),
    TypeCoder("ECSubWrite", ECSubWrite.self),
    TypeCoder("ECSubWriteReply", ECSubWriteReply.self),
    TypeCoder("ECUtil__HashInfo", ErasureHashInfo.self),
    TypeCoder("EntityName", AuthName.self, isFramed: false),
    TypeCoder("LogEntry", LogEntry.self),
    TypeCoder("OSDSuperblock", OSDSuperblock.self),
    TypeCoder("ObjectCleanRegions", ObjectCleanRegions.self),
    TypeCoder("ObjectModDesc", ObjectModDesc.self),
    TypeCoder("ObjectRecoveryInfo", ObjectRecoveryInfo.self),
    TypeCoder("ObjectRecoveryProgress", ObjectRecoveryProgress.self),
    TypeCoder("PastIntervals", PastIntervals.self),
    TypeCoder("PerfCounterType", PerfCounterType.self),
    TypeCoder("PullOp", PullOp.self),
    TypeCoder("PushOp", PushOp.self),
    TypeCoder("PushReplyOp", PushReplyOp.self),
    TypeCoder("ScrubMap", ScrubMap.self),
    TypeCoder("ScrubMap__object", ScrubMap.Object.self),
    TypeCoder("SnapContext", SnapContext.self, isFramed: false),
    TypeCoder("SnapSet", SnapSet.self),
  ]
}

@Suite struct TypeGoldenTests {
  @Test func `corpus values decode to the last byte, and encode to the same bytes`() {
    guard GoldenSamples.corpus != nil else {
      print("corpus of types: absent, nothing compared")
      return
    }
    print(GoldenTally.heading)
    for coder in TypeCoder.all {
      var tally = GoldenTally(type: coder.name)
      for sample in GoldenSamples.values(of: coder.name) {
        coder.check(&tally, sample.name, sample.bytes)
      }
      print(tally.line)
      #expect(tally.failures == [])
      #expect(tally.samples > 0, "\(coder.name)")
    }
  }
}
