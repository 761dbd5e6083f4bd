import Base
import Buffers
import Messages
import RadosTypes
import Testing
import Wire

@testable import Messaging

/// Parts shared by the tests of frames.
enum FrameSamples {
  static let secret = (0..<64).map { UInt8($0) }

  static let ident = ClientIdent(
    addresses: EntityAddresses(EntityAddress("v2:127.0.0.1:6801/4711")!),
    target: EntityAddress("v2:127.0.0.1:6800/815")!, gid: 3, globalSequence: 9,
    featuresSupported: Features.pacific.rawValue, featuresRequired: 0x0800_0000_0000_0000, flags: 0,
    cookie: 0x1122_3344_5566_7788)

  static func message(
    front: String = "front bytes", middle: String = "", data: String = "some data"
  )
    -> RawMessage
  {
    RawMessage(
      header: MessageHeader(
        type: .osdOp, sequence: 5, tid: 1234, priority: 127, version: 8, compatVersion: 3,
        dataOffset: 512),
      front: ByteSlice(front.utf8), middle: BufferList(middle.utf8), data: BufferList(data.utf8))
  }

  static func assembler(secure: Bool, connecting: Bool = true) -> FrameAssembler {
    var assembler = FrameAssembler()
    if secure {
      assembler.becomeSecure(
        OnWireCipher(secret: secret, direction: .seal, isConnectingSide: connecting))
    }
    return assembler
  }

  static func parser(secure: Bool, connecting: Bool = false) -> FrameParser {
    var parser = FrameParser()
    parser.endTranscript()
    parser.acceptsMessages = true
    if secure {
      parser.becomeSecure(
        OnWireCipher(secret: secret, direction: .open, isConnectingSide: connecting))
    }
    return parser
  }

  static func bytes(
    _ body: (inout FrameAssembler, inout WireWriter) throws -> Void, secure: Bool = false
  )
    rethrows -> [UInt8]
  {
    var assembler = assembler(secure: secure)
    var writer = WireWriter()
    try body(&assembler, &writer)
    return writer.finishList().array
  }

  /// All frames of the bytes, fed in pieces of the given sizes.
  static func frames(
    _ bytes: [UInt8], secure: Bool = false, pieces: (Int) -> Int = { $0 }
  ) throws -> [Frame] {
    var parser = parser(secure: secure)
    var frames: [Frame] = []
    var at = 0
    while at < bytes.count {
      let count = min(max(1, pieces(bytes.count - at)), bytes.count - at)
      parser.feed(ByteSlice(bytes[at..<at + count]))
      at += count
      while let frame = try parser.next() { frames.append(frame) }
    }
    return frames
  }
}

extension RawMessage {
  func isSame(as other: RawMessage) -> Bool {
    header == other.header && front == other.front && middle == other.middle && data == other.data
  }
}

struct FrameTests {
  @Test func `control frames encode to the golden bytes`() throws {
    let seen = EntityAddress("v2:127.0.0.1:45678/0")!
    #expect(
      try FrameSamples.bytes { try $0.append(Hello(type: .osd, peerAddress: seen), to: &$1) }
        == GoldenFrames.hello)
    #expect(
      try FrameSamples.bytes { try $0.append(FrameSamples.ident, to: &$1) } == GoldenFrames.ident)
    #expect(
      try FrameSamples.bytes { try $0.appendControl(.wait, .empty, to: &$1) } == GoldenFrames.wait)
    var ack = WireWriter()
    ack.write(UInt64(77))
    let payload = ack.finish()
    #expect(
      try FrameSamples.bytes { try $0.appendControl(.ack, payload, to: &$1) } == GoldenFrames.ack)
  }

  static let messages: [(RawMessage, [UInt8])] = [
    (FrameSamples.message(), GoldenFrames.message),
    (FrameSamples.message(middle: "mid"), GoldenFrames.messageWithMiddle),
    (FrameSamples.message(front: "", data: ""), GoldenFrames.bareMessage),
    (FrameSamples.message(data: ""), GoldenFrames.messageWithFront),
  ]

  @Test(arguments: messages.indices)
  func `messages encode to the golden bytes and back`(index: Int) throws {
    let (message, golden) = Self.messages[index]
    #expect(
      try FrameSamples.bytes { try $0.append(message, sequence: 5, ackSequence: 17, to: &$1) }
        == golden)
    let frames = try FrameSamples.frames(golden)
    guard frames.count == 1, case .message(let parsed, 17) = frames[0] else {
      Issue.record("\(frames)")
      return
    }
    #expect(parsed.isSame(as: message))
  }

  @Test func `secure frames encode to the golden bytes and back`() throws {
    let made = try FrameSamples.bytes(
      { assembler, writer in
        try assembler.append(AuthSignature(digest: Array(repeating: 0, count: 32)), to: &writer)
        try assembler.append(FrameSamples.message(), sequence: 5, ackSequence: 17, to: &writer)
        try assembler.append(FrameSamples.ident, to: &writer)
        try assembler.append(
          FrameSamples.message(data: ""), sequence: 5, ackSequence: 17, to: &writer)
      }, secure: true)
    #expect(made == GoldenFrames.secure)
    let frames = try FrameSamples.frames(GoldenFrames.secure, secure: true)
    try #require(frames.count == 4)
    guard case .control(.authSignature, let zeros) = frames[0],
      case .message(let first, 17) = frames[1],
      case .control(.clientIdent, let ident) = frames[2], case .message(let second, _) = frames[3]
    else {
      Issue.record("\(frames)")
      return
    }
    #expect(zeros.array == Array(repeating: 0, count: 32))
    #expect(first.isSame(as: FrameSamples.message()))
    #expect(try ClientIdent(wire: ident) == FrameSamples.ident)
    #expect(second.isSame(as: FrameSamples.message(data: "")))
  }

  @Test(arguments: [false, true], 1..<64)
  func `frames are the same however they are cut`(secure: Bool, seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let sizes = [0, 1, 15, 16, 17, 47, 48, 4095, 4096, 5000, 300_000]
    func bytes(_ count: Int) -> ByteSlice {
      ByteSlice((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    }
    let messages = (0..<6).map { index in
      var message = FrameSamples.message()
      message.header.sequence = UInt64(index)
      message.front = bytes(sizes.prefix(10).randomElement(using: &random)!)
      message.middle = BufferList(bytes(sizes.prefix(5).randomElement(using: &random)!))
      message.data = BufferList(bytes(sizes.randomElement(using: &random)!))
      return message
    }
    let wire = try FrameSamples.bytes(
      { assembler, writer in
        for message in messages {
          try assembler.append(
            message, sequence: message.header.sequence, ackSequence: 1, to: &writer)
        }
      }, secure: secure)
    let mostBytes = [1, 40, 1000, 100_000][seed % 4]
    let pieces = { (left: Int) in
      left > 700_000
        ? left - 700_000 : Int.random(in: 1...max(mostBytes, wire.count / 2000), using: &random)
    }
    let frames = try FrameSamples.frames(wire, secure: secure, pieces: pieces)
    try #require(frames.count == messages.count)
    for (frame, sent) in zip(frames, messages) {
      guard case .message(let message, _) = frame else {
        Issue.record("\(frame)")
        continue
      }
      #expect(message.isSame(as: sent))
      if !secure, !sent.data.isEmpty {
        #expect(message.dataCRC == CRC32C.checksum(sent.data, seed: 0xffff_ffff))
      }
    }
  }

  @Test(arguments: [false, true])
  func `long data lands on a page, whether the socket brings it there or not`(secure: Bool) throws {
    let data = ByteSlice((0..<100_001).map { UInt8(truncatingIfNeeded: $0) })
    var message = FrameSamples.message()
    message.data = BufferList(data)
    let wire = try FrameSamples.bytes(
      { try $0.append(message, sequence: 5, ackSequence: 0, to: &$1) }, secure: secure)
    for first in [200, 4000, wire.count] {
      var parser = FrameSamples.parser(secure: secure)
      parser.feed(ByteSlice(wire[..<first]))
      var frame = try parser.next()
      var rest = wire[first...]
      if frame == nil, let expected = parser.takeExpectation() {
        let whole = expected.prefix.array + rest.prefix(expected.count - expected.prefix.count)
        rest = rest.dropFirst(expected.count - expected.prefix.count)
        parser.feed(ByteSlice(whole))
        frame = try parser.next()
      }
      if frame == nil {
        parser.feed(ByteSlice(rest))
        frame = try parser.next()
      }
      guard case .message(let parsed, _) = frame else {
        Issue.record("\(String(describing: frame)) after \(first) bytes")
        continue
      }
      #expect(parsed.isSame(as: message))
      #expect(parsed.data.sliceCount == 1)
      for slice in parsed.data.slices { #expect(Int(bitPattern: slice.start) % 4096 == 0) }
    }
  }

  @Test func `an aborted frame is dropped and the next one read`() throws {
    var wire = GoldenFrames.message
    wire[wire.count - 13] = 0x1
    let frames = try FrameSamples.frames(wire + GoldenFrames.ack)
    guard frames.count == 1, case .control(.ack, _) = frames[0] else {
      Issue.record("\(frames)")
      return
    }
  }
}
