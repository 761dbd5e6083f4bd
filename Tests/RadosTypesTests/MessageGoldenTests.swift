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
    #expect(!samples.isEmpty == (coder.example == nil), "\(coder.name): samples or an example")
  }

  @Test(arguments: MessageCoder.all.filter { $0.example != nil })
  func `a message that was never captured survives its own encoding`(coder: MessageCoder) throws {
    let example = try #require(coder.example)
    #expect(try coder.leftover(example) == 0)
    #expect(try coder.recode(example).front == example.front)
  }

  private func firstDifference(_ left: ByteSlice, _ right: ByteSlice) -> String? {
    if left == right { return nil }
    let at = zip(left.array, right.array).prefix { $0 == $1 }.count
    return "byte \(at) of \(left.count) and \(right.count)"
  }
}
