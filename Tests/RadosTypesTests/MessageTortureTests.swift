import Buffers
import Messages
import TestKit
import Testing
import Wire

/// `Scripts/fuzz` runs every suite whose name ends in TortureTests with more mutations.
@Suite struct MessageTortureTests {
  @Test(arguments: MessageCoder.all)
  func `a message cut short is refused`(coder: MessageCoder) throws {
    for sample in try coder.samples() {
      #expect(coder.torture(like: sample).cut([sample.front]) == [])
    }
  }

  @Test(arguments: MessageCoder.all)
  func `a message with bytes changed neither traps nor takes memory`(
    coder: MessageCoder
  ) throws {
    let before = peakResidentBytes()
    let samples = try coder.samples()
    for (index, sample) in samples.enumerated() {
      let share = DecoderTorture.mutationCount / samples.count
      coder.torture(like: sample).mutate(
        [sample.front], count: share, seed: UInt64(index) + 3)
    }
    #expect(peakResidentBytes() - before < 512 << 20)
  }
}

extension MessageCoder {
  /// What was captured, or an example of our own.
  func samples() throws -> [RawMessage] {
    let captured = try CapturedMessage.all(of: type).map(\.raw)
    return example.map { captured + [$0] } ?? captured
  }

  /// Decodes fronts that come with the header and the data of `raw`.
  func torture(like raw: RawMessage) -> DecoderTorture {
    DecoderTorture(name, optionalTail: optionalTail) { (front) throws(DecodeError) in
      var changed = raw
      changed.front = front
      _ = try recode(changed)
    }
  }
}
