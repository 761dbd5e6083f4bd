import Base
import Buffers
import Messages
import TestKit
import Testing
import Wire

@testable import Messaging

struct BadFrameTests {
  /// The golden message with some bytes replaced and the preamble's crc made right again.
  private func changed(_ changes: [Int: UInt8]) -> [UInt8] {
    var bytes = GoldenFrames.message
    for (index, byte) in changes { bytes[index] = byte }
    let crc = CRC32C.checksum(ByteSlice(bytes[..<28]), seed: 0)
    withUnsafeBytes(of: crc.littleEndian) { bytes.replaceSubrange(28..<32, with: $0) }
    return bytes
  }

  private func error(_ bytes: [UInt8], secure: Bool = false) -> ProtocolError? {
    do {
      _ = try FrameSamples.frames(bytes, secure: secure)
      return nil
    } catch { return error as? ProtocolError }
  }

  @Test func `a wrong crc of the preamble is told with both numbers`() {
    var bytes = GoldenFrames.message
    bytes[28] ^= 1
    guard case .badCRC("preamble", let expected, let got) = error(bytes) else {
      Issue.record("\(String(describing: error(bytes)))")
      return
    }
    #expect(expected ^ got == 1)
  }

  @Test(arguments: [(32, "segment 0"), (32 + 45, "front"), (32 + 45 + 11, "data")])
  func `a wrong crc of a segment names the segment`(at: Int, what: String) {
    var bytes = GoldenFrames.message
    bytes[at] ^= 0x80
    guard case .badCRC(let named, _, _) = error(bytes) else {
      Issue.record("\(String(describing: error(bytes)))")
      return
    }
    #expect(named == "\(what) of message frame")
  }

  @Test func `a wrong crc of the middle names the middle`() {
    var bytes = GoldenFrames.messageWithMiddle
    bytes[32 + 45 + 11] ^= 0x80
    guard case .badCRC("middle of message frame", _, _) = error(bytes) else {
      Issue.record("\(String(describing: error(bytes)))")
      return
    }
  }

  @Test func `tags, segment counts and lengths are checked before anything is awaited`() {
    #expect(error(changed([0: 0])) == .unknownTag(0))
    #expect(error(changed([0: 21])) == .unknownTag(21))
    #expect(error(changed([1: 0])) == .badSegments(.message, count: 0))
    #expect(error(changed([1: 5])) == .badSegments(.message, count: 5))
    #expect(error(changed([1: 3])) == .badSegments(.message, count: 3))
    #expect(error(changed([0: 1])) == .badSegments(.hello, count: 4))
    #expect(
      error(changed([11: 0xff]))
        == .tooLong(.message, segment: 1, bytes: 0xff00_000b, max: Limits.frontBytesMax))
    #expect(
      error(changed([23: 0xff]))
        == .tooLong(.message, segment: 3, bytes: 0xff00_0009, max: Limits.dataBytesMax))
    #expect(
      error(changed([2: 200]))
        == .tooLong(.message, segment: 0, bytes: 200, max: MessageHeader2.bytes))
    #expect(error(changed([2: 40])) != nil)
  }

  @Test func `a late status that is none is an error`() {
    var bytes = GoldenFrames.message
    bytes[bytes.count - 13] = 0x7
    #expect(error(bytes) == .badLateStatus(7))
  }

  @Test func `every flipped bit of a secure stream is noticed`() {
    for index in GoldenFrames.secure.indices {
      var bytes = GoldenFrames.secure
      bytes[index] ^= 1 << UInt8(index % 8)
      guard case .badSeal = error(bytes, secure: true) else {
        Issue.record("byte \(index): \(String(describing: error(bytes, secure: true)))")
        return
      }
    }
  }

  @Test func `the nonce that comes round ends the connection`() {
    var secret = FrameSamples.secret
    secret.replaceSubrange(28 + 4..<40, with: Array(repeating: 0xff, count: 8))
    var cipher = OnWireCipher(secret: secret, direction: .seal, isConnectingSide: true)
    for _ in 0..<3 { #expect(throws: Never.self) { try cipher.begin() } }
    #expect(cipher.unitsLeft == UInt64.max - 2)
  }

  @Test(arguments: [false, true])
  func `a prefix is no frame and no error`(secure: Bool) throws {
    let bytes = secure ? GoldenFrames.secure : GoldenFrames.messageWithMiddle
    let whole = try FrameSamples.frames(bytes, secure: secure).count
    for count in 0..<bytes.count {
      #expect(try FrameSamples.frames(Array(bytes[..<count]), secure: secure).count < whole)
    }
  }

  /// Declared 64 MiB of front and 256 MiB of data, of which little comes.
  @Test func `memory follows what was received, not what was declared`() throws {
    let preamble = Preamble(
      .message,
      lengths: SIMD4(
        41, UInt32(Limits.frontBytesMax), UInt32(Limits.middleBytesMax), UInt32(Limits.dataBytesMax)
      ))
    var head = [UInt8](repeating: 0, count: 32)
    head.withUnsafeMutableBytes { preamble.store(at: $0.baseAddress!) }
    let before = residentBytes()
    var parsers: [FrameParser] = []
    for _ in 0..<200 {
      var parser = FrameSamples.parser(secure: false)
      parser.feed(
        ByteSlice(head + GoldenFrames.message[32..<77] + [UInt8](repeating: 1, count: 5000)))
      #expect(try parser.next() == nil)
      parsers.append(parser)
    }
    #expect(residentBytes() - before < 32 << 20)
  }

  @Test(arguments: 0..<100)
  func `mutated frames are frames or errors`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed) + 77)
    let stream =
      GoldenFrames.hello + GoldenFrames.message + GoldenFrames.ident
      + GoldenFrames.messageWithMiddle
    for _ in 0..<DecoderTorture.mutationCount / 100 {
      let secure = Bool.random(using: &random)
      var bytes = secure ? GoldenFrames.secure : stream
      for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes, &random) }
      if !secure, Bool.random(using: &random) { repair(&bytes) }
      _ = error(bytes, secure: secure)
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    let at = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[at] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random)!
    case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &random)))
    case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 20)], at: at)
    case _: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
    }
  }

  /// Makes the first preamble's crc right, so that what is behind it is reached.
  private func repair(_ bytes: inout [UInt8]) {
    guard bytes.count >= 32 else { return }
    let crc = CRC32C.checksum(ByteSlice(bytes[..<28]), seed: 0)
    withUnsafeBytes(of: crc.littleEndian) { bytes.replaceSubrange(28..<32, with: $0) }
  }

  @Test(arguments: 0..<20)
  func `random bytes are errors`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    for _ in 0..<100 {
      let bytes = (0..<Int.random(in: 96...600, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      #expect(error(bytes, secure: Bool.random(using: &random)) != nil)
    }
  }
}
