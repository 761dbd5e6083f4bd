import Buffers
import Messages
import TestKit
import Testing
import Wire

@Suite struct MessageGoldenTests {
  @Test(arguments: MessageCoder.all)
  func `captured messages decode, and encode to the same bytes`(coder: MessageCoder) throws {
    let samples = try CapturedMessage.all(of: coder.type)
    var identical = 0
    for sample in samples {
      #expect(try coder.leftover(sample.raw) == 0, "\(sample.name)")
      let again = try coder.recode(sample.raw)
      guard sample.raw.header.version == coder.version else { continue }
      #expect(again.header.compatVersion == sample.raw.header.compatVersion, "\(sample.name)")
      #expect(firstDifference(again.front, sample.raw.front) == nil, "\(sample.name)")
      #expect(again.middle == sample.raw.middle, "\(sample.name)")
      #expect(again.data == sample.raw.data, "\(sample.name)")
      if again.front == sample.raw.front && again.data == sample.raw.data { identical += 1 }
    }
    print("golden \(coder.name): \(samples.count) captured, \(identical) identical")
    #expect(!samples.isEmpty == coder.hasSample, "\(coder.name) has no sample")
  }

  @Test(arguments: MessageCoder.all)
  func `a captured message cut short is refused`(coder: MessageCoder) throws {
    for sample in try CapturedMessage.all(of: coder.type) {
      #expect(coder.torture(like: sample.raw).cut([sample.raw.front]) == [])
    }
  }

  @Test(arguments: MessageCoder.all)
  func `a captured message with bytes changed neither traps nor takes memory`(
    coder: MessageCoder
  ) throws {
    let before = peakResidentBytes()
    let samples = try CapturedMessage.all(of: coder.type)
    for (index, sample) in samples.enumerated() {
      let share = DecoderTorture.mutationCount / samples.count
      coder.torture(like: sample.raw).mutate(
        [sample.raw.front], count: share, seed: UInt64(index) + 3)
    }
    #expect(peakResidentBytes() - before < 512 << 20)
  }

  private func firstDifference(_ left: ByteSlice, _ right: ByteSlice) -> String? {
    if left == right { return nil }
    let at = zip(left.array, right.array).prefix { $0 == $1 }.count
    return "byte \(at) of \(left.count) and \(right.count)"
  }
}

extension MessageCoder {
  /// Decodes fronts that come with the header and the data of `raw`.
  func torture(like raw: RawMessage) -> DecoderTorture {
    DecoderTorture(name, optionalTail: optionalTail) { (front) throws(DecodeError) in
      var changed = raw
      changed.front = front
      _ = try recode(changed)
    }
  }
}
