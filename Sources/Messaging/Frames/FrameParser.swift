import Base
import Buffers
import Messages

/// What the parser hands on.
package enum Frame {
  case control(FrameTag, ByteSlice)
  case message(RawMessage, ackSequence: UInt64)
}

/// Reads frames: one direction of one socket, bytes in, frames out.
///
///     preamble ──▶ segment0 ──▶ front+middle ──▶ data ──▶ epilogue ──▶ preamble
///                     └──────────── one segment ─────────────────────────▲
///
/// In secure mode the same stages hold the units of SecureLayout. Short segments share the slab that
/// they arrived in; data from `alignedDataBytesMin` up lands page-aligned in slabs of its own.
package struct FrameParser {
  enum Stage { case preamble, segment0, frontAndMiddle, data, epilogue }

  var stage = Stage.preamble
  var preamble = Preamble(.hello, lengths: SIMD4(repeating: 0))
  var input = Input()
  var run = RunCollector()
  var segment = SegmentCollector()
  var cipher: OnWireCipher?
  /// Of the frame at hand.
  var segment0 = ByteSlice.empty
  var frontAndMiddle = ByteSlice.empty
  var data = BufferList()
  var dataCRC: UInt32?
  /// Nobody unknown makes this side gather a message.
  package var acceptsMessages = false
  /// Everything read so far, while the handshake wants it for its signature.
  package private(set) var transcript: BufferList? = BufferList()
  /// Bytes fed, for the counters.
  package private(set) var bytesRead: UInt64 = 0
  /// When the bytes at hand came, and when those came that began the frame at hand; nanoseconds of
  /// whoever feeds.
  private var now: UInt64 = 0
  private var frameBegan: UInt64 = 0

  let pool: SlabPool

  package init(pool: SlabPool = .shared) { self.pool = pool }

  /// From the next frame on.
  package mutating func becomeSecure(_ cipher: OnWireCipher) { self.cipher = cipher }

  package mutating func endTranscript() { transcript = nil }

  /// Bytes from the socket, after `next` had no more frames in those before.
  package mutating func feed(_ slice: ByteSlice, at now: UInt64 = 0) {
    self.now = now
    if input.count > 0 { segment.gatherRest(from: &input, pool) }
    bytesRead &+= UInt64(slice.count)
    input.refill(slice)
  }

  package var hasInput: Bool { input.count > 0 }

  /// Takes back what was fed and not read.
  package mutating func takeInput() -> ByteSlice { input.take(input.count) }

  /// When a long segment has begun to arrive: how much of it the socket is to bring, and the first
  /// bytes of it, which are here. Asked after `next` gave nil.
  package mutating func takeExpectation() -> (count: Int, prefix: ByteSlice)? {
    stage == .data && hasLongData ? segment.expectation(&input) : nil
  }

  /// 2 of Docs/OpPath.md: the next frame, or nil when more bytes are needed.
  package mutating func next() throws(ProtocolError) -> Frame? {
    while true {
      switch stage {
      case .preamble:
        guard try readPreamble() else { return nil }
      case .segment0:
        guard try readSegment0() else { return nil }
      case .frontAndMiddle:
        guard readFrontAndMiddle() else { return nil }
      case .data:
        guard readData() else { return nil }
      case .epilogue:
        guard let isComplete = try readEpilogue() else { return nil }
        if !isComplete {
          finishFrame()
          continue
        }
        return takeFrame()
      }
      if stage == .preamble { return takeFrame() }
    }
  }

  /// The next `count` bytes in one run.
  package mutating func take(_ count: Int) -> ByteSlice? {
    guard let bytes = run.collect(count, from: &input, pool) else { return nil }
    transcript?.append(bytes)
    return bytes
  }
}

// MARK: Stages

extension FrameParser {
  private mutating func readPreamble() throws(ProtocolError) -> Bool {
    frameBegan = now
    guard cipher == nil else { return try readSecurePreamble() }
    guard let bytes = take(Preamble.bytes) else { return false }
    preamble = try Preamble(at: bytes.start)
    stage = preamble.lengths[0] > 0 ? .segment0 : .preamble
    if preamble.segmentCount > 1 && stage == .preamble { stage = .frontAndMiddle }
    try checkHeader()
    return true
  }

  /// A message comes when messages may, and has a header, whole.
  func checkHeader() throws(ProtocolError) {
    guard preamble.tag != .message || acceptsMessages else {
      throw .unexpected(.message, state: "not ready")
    }
    guard preamble.tag != .message || preamble.lengths[0] == UInt32(MessageHeader2.bytes) else {
      throw .undecodable(
        .message,
        .truncated(needed: MessageHeader2.bytes, remaining: Int(preamble.lengths[0])))
    }
  }

  private mutating func readSegment0() throws(ProtocolError) -> Bool {
    guard cipher == nil else { return try readSecureSegment0() }
    let length = Int(preamble.lengths[0])
    guard let bytes = take(length + CRCLayout.crcBytes) else { return false }
    segment0 = bytes.prefix(length)
    let stored = UInt32(
      littleEndian: bytes.start.loadUnaligned(fromByteOffset: length, as: UInt32.self))
    try check(CRC32C.checksum(segment0, seed: CRCLayout.seed), stored, "segment 0")
    stage = preamble.segmentCount > 1 ? .frontAndMiddle : .preamble
    return true
  }

  /// Crc mode: lengths as they are; secure mode: padded.
  func bytesOnWire(_ index: Int) -> Int {
    let length = Int(preamble.lengths[index])
    return cipher == nil ? length : padded(length)
  }

  private var hasLongData: Bool { preamble.lengths[3] >= UInt32(Limits.alignedDataBytesMin) }

  private mutating func readFrontAndMiddle() -> Bool {
    let count = bytesOnWire(1) + bytesOnWire(2)
    if count > 0 {
      guard let bytes = take(count) else { return false }
      frontAndMiddle = bytes
    }
    if hasLongData { segment.begin(bytesOnWire(3), computesCRC: cipher == nil) }
    stage = preamble.lengths[3] > 0 ? .data : .epilogue
    return true
  }

  private mutating func readData() -> Bool {
    if hasLongData {
      guard let whole = segment.collect(from: &input, pool) else { return false }
      data = whole
      dataCRC = cipher == nil ? segment.crc : nil
    } else {
      guard let bytes = take(bytesOnWire(3)) else { return false }
      data = BufferList(bytes)
      dataCRC = cipher == nil ? CRC32C.checksum(bytes, seed: CRCLayout.seed) : nil
    }
    stage = .epilogue
    return true
  }

  /// Whether the frame counts; nil when more bytes are needed.
  private mutating func readEpilogue() throws(ProtocolError) -> Bool? {
    guard cipher == nil else { return try readSecureEpilogue() }
    guard let bytes = take(CRCLayout.epilogueBytes) else { return nil }
    guard try isComplete(bytes[0]) else { return false }
    let (front, middle) = (frontBytes, middleBytes)
    try check(CRC32C.checksum(front, seed: CRCLayout.seed), Self.word(bytes, 1), "front")
    if preamble.segmentCount > 2 {
      try check(CRC32C.checksum(middle, seed: CRCLayout.seed), Self.word(bytes, 5), "middle")
    }
    if preamble.segmentCount > 3, let dataCRC { try check(dataCRC, Self.word(bytes, 9), "data") }
    return true
  }

  func isComplete(_ lateStatus: UInt8) throws(ProtocolError) -> Bool {
    switch lateStatus & LateStatus.mask {
    case LateStatus.complete: true
    case LateStatus.aborted: false
    default: throw .badLateStatus(lateStatus)
    }
  }

  private static func word(_ bytes: ByteSlice, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.start.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private func check(
    _ computed: UInt32, _ stored: UInt32, _ what: StaticString
  )
    throws(ProtocolError)
  {
    guard computed == stored else {
      throw .badCRC("\(what) of \(preamble.tag) frame", expected: stored, got: computed)
    }
  }

  private var frontBytes: ByteSlice { frontAndMiddle.sub(0, Int(preamble.lengths[1])) }
  private var middleBytes: ByteSlice {
    frontAndMiddle.sub(bytesOnWire(1), Int(preamble.lengths[2]))
  }

  private mutating func takeFrame() -> Frame {
    defer { finishFrame() }
    guard preamble.tag == .message else { return .control(preamble.tag, segment0) }
    let header = MessageHeader2(at: segment0.start)
    var message = RawMessage(
      header: header.header, front: frontBytes, middle: BufferList(middleBytes),
      data: data, dataCRC: data.isEmpty ? nil : dataCRC)
    message.times.headerRead = frameBegan
    message.times.allRead = now
    return .message(message, ackSequence: header.ackSequence)
  }

  private mutating func finishFrame() {
    stage = .preamble
    segment0 = .empty
    frontAndMiddle = .empty
    data = BufferList()
    dataCRC = nil
  }
}
