import Buffers
import Messages
import Messaging
import Wire

/// The messenger without its sockets: a message of 4 KiB becomes a frame, and a frame that message.
enum FrameWorks {
  static let all: [(name: String, run: MicroBench.Work)] = [
    ("assemble-frame-crc", { try assemble($0, isSecure: false) }),
    ("assemble-frame-secure", { try assemble($0, isSecure: true) }),
    ("parse-frame-crc", { try parse($0, isSecure: false) }),
    ("parse-frame-secure", { try parse($0, isSecure: true) }),
  ]

  private static let secret = (0..<64).map { UInt8($0) }

  private static func assembler(isSecure: Bool) -> FrameAssembler {
    var assembler = FrameAssembler()
    if isSecure {
      assembler.becomeSecure(
        OnWireCipher(secret: secret, direction: .seal, isConnectingSide: true))
    }
    return assembler
  }

  private static func assemble(_ count: Int, isSecure: Bool) throws {
    let message = RawMessage(encoding: CodecWorks.request)
    var assembler = assembler(isSecure: isSecure)
    for number in 0..<count {
      var writer = WireWriter(capacity: 4096)
      try assembler.append(message, sequence: UInt64(number), ackSequence: 0, to: &writer)
      use(writer.finishList())
    }
  }

  /// A secure frame can be opened only once and in its turn, so both are assembled anew for each: what the assembling
  /// costs is a work of its own.
  private static func parse(_ count: Int, isSecure: Bool) throws {
    let message = RawMessage(encoding: CodecWorks.request)
    var assembler = assembler(isSecure: isSecure)
    var parser = FrameParser()
    parser.endTranscript()
    parser.acceptsMessages = true
    if isSecure {
      parser.becomeSecure(
        OnWireCipher(secret: secret, direction: .open, isConnectingSide: false))
    }
    for number in 0..<count {
      var writer = WireWriter(capacity: 4096)
      try assembler.append(message, sequence: UInt64(number) + 1, ackSequence: 0, to: &writer)
      parser.feed(writer.finish())
      guard try parser.next() != nil else { throw Failure.frameIsIncomplete }
    }
  }

  private enum Failure: Error { case frameIsIncomplete }
}
