import Buffers
import Monitors
import RadosTypes
import TestKit
import Testing
import Wire

struct ManagerAndMonitorMapTests {
  @Test func `manager maps that Ceph wrote are read`() {
    let samples = GoldenSamples.values(of: "MgrMap").map(\.bytes)
    if samples.isEmpty { print("golden samples of MgrMap are absent: set LOLIGO_CORPUS") }
    for sample in samples {
      #expect(throws: Never.self) { try MgrMap(wire: sample) }
    }
    let torture = DecoderTorture("MgrMap", MgrMap.self)
    #expect(torture.cut(samples).isEmpty)
    torture.mutate(samples)
    print("golden MgrMap: \(samples.count) decoded")
  }

  @Test func `monitor maps that Ceph wrote are read`() {
    let samples = GoldenSamples.values(of: "MonMap").map(\.bytes)
    for sample in samples where sample[0] >= 6 {
      #expect(throws: Never.self) { try MonRoster(wire: sample) }
    }
    let torture = DecoderTorture("MonMap", MonRoster.self)
    #expect(torture.cut(samples).isEmpty)
    torture.mutate(samples)
    print("golden MonMap: \(samples.count) decoded")
  }

  @Test func `a captured monitor map names its monitor`() throws {
    // From a throw-away cluster of one monitor, 16.2.15.
    let hex = """
      0906c30000003144540e140f4400b8d740954882a86501000000f138006b57787d29f138006b57787d290101
      08000000ff000000000000000101080000000000000000000000010000000100000061050158000000010000
      006102020000000101011c0000000200000000000000100000000200a1547f00000100000000000000000101
      011c0000000100000000000000100000000200a1557f00000100000000000000000000000000000000010000
      00010000006110000000000100000000000000000000000000
      """
    let digits = hex.compactMap(\.hexDigitValue)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
    let roster = try MonRoster(wire: ByteSlice(bytes))
    #expect(roster.epoch == 1)
    #expect(roster.monitors.map(\.name) == ["a"])
    #expect(roster.monitors.first?.addresses.v2?.socketText == "127.0.0.1:41300")
  }
}
