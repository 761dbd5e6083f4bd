import Auth
import Buffers
import Messages
import Wire

/// Writes frames: one direction of one socket.
///
/// Small parts are copied into the writer's slab, so that a burst of short messages is one run of
/// bytes; long ones are linked in. In secure mode a frame is sealed into a slab of its own, since its
/// bytes may be shared.
package struct FrameAssembler {
  private var cipher: OnWireCipher?

  private let pool: SlabPool

  package init(pool: SlabPool = .shared) { self.pool = pool }

  package var isSecure: Bool { cipher != nil }

  /// From the next frame on.
  package mutating func becomeSecure(_ cipher: OnWireCipher) { self.cipher = cipher }

  package mutating func append(
    _ frame: some ControlFrame, to out: inout WireWriter
  )
    throws(ProtocolError)
  {
    try appendControl(type(of: frame).tag, frame.wire, to: &out)
  }

  /// A frame of one segment, which may be empty.
  package mutating func appendControl(
    _ tag: FrameTag, _ payload: ByteSlice, to out: inout WireWriter
  )
    throws(ProtocolError)
  {
    let preamble = Preamble(tag, lengths: SIMD4(payload.length, 0, 0, 0))
    guard cipher == nil else { return try seal(preamble, payload.bytes, nil, to: &out) }
    withUnsafeTemporaryAllocation(byteCount: Preamble.bytes, alignment: 8) { head in
      preamble.store(at: head.baseAddress!)
      out.writeRaw(UnsafeRawBufferPointer(head))
    }
    guard !payload.isEmpty else { return }
    out.writeRaw(payload)
    out.write(CRC32C.checksum(payload, seed: CRCLayout.seed))
  }

  /// `sequence` stands in for that of the message's header.
  package mutating func append(
    _ message: RawMessage, sequence: UInt64, ackSequence: UInt64, to out: inout WireWriter
  ) throws(ProtocolError) {
    let preamble = Preamble(
      .message,
      lengths: SIMD4(
        UInt32(MessageHeader2.bytes), message.front.length, UInt32(message.middle.count),
        UInt32(message.data.count)))
    let header = MessageHeader2(message.header, sequence: sequence, ackSequence: ackSequence)
    guard cipher == nil else {
      return try withUnsafeTemporaryAllocation(byteCount: MessageHeader2.bytes, alignment: 8) {
        (bytes) throws(ProtocolError) in
        header.store(at: bytes.baseAddress!)
        try seal(preamble, UnsafeRawBufferPointer(bytes), message, to: &out)
      }
    }
    appendHead(preamble, header, to: &out)
    if preamble.segmentCount > 1 { appendBody(message, preamble.segmentCount, to: &out) }
  }

  /// Preamble, segment 0 and its crc.
  private func appendHead(_ preamble: Preamble, _ header: MessageHeader2, to out: inout WireWriter)
  {
    let bytes = Preamble.bytes + MessageHeader2.bytes
    withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 8) { head in
      let start = head.baseAddress!
      preamble.store(at: start)
      header.store(at: start + Preamble.bytes)
      out.writeRaw(UnsafeRawBufferPointer(head))
      let segment = UnsafeRawBufferPointer(rebasing: head[Preamble.bytes...])
      out.write(CRC32C.checksum(segment, seed: CRCLayout.seed))
    }
  }

  /// Segments 1 to 3 and the epilogue.
  private func appendBody(_ message: RawMessage, _ segmentCount: Int, to out: inout WireWriter) {
    out.writeRaw(message.front)
    if segmentCount > 2 { out.writeRaw(message.middle) }
    if segmentCount > 3 { out.writeRaw(message.data) }
    out.write(LateStatus.complete)
    out.write(CRC32C.checksum(message.front, seed: CRCLayout.seed))
    out.write(segmentCount > 2 ? CRC32C.checksum(message.middle, seed: CRCLayout.seed) : 0)
    out.write(
      segmentCount > 3
        ? message.dataCRC ?? CRC32C.checksum(message.data, seed: CRCLayout.seed) : 0)
  }
}

extension ByteSlice {
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}

// MARK: Secure mode

extension FrameAssembler {
  private mutating func seal(
    _ preamble: Preamble, _ segment0: UnsafeRawBufferPointer, _ message: RawMessage?,
    to out: inout WireWriter
  ) throws(ProtocolError) {
    let slab = pool.slab(capacity: Self.sealedBytes(preamble))
    var at = slab.base
    try sealFirst(preamble, segment0, &at)
    try sealRest(of: segment0, &at)
    if let message, preamble.segmentCount > 1 { try sealBody(message, &at) }
    out.writeRaw(ByteSlice(slab, count: at - slab.base))
  }

  private static func sealedBytes(_ preamble: Preamble) -> Int {
    let first = padded(Int(preamble.lengths[0]))
    var count = SecureLayout.firstUnitBytes
    if first > SecureLayout.inlineBytes {
      count += first - SecureLayout.inlineBytes + OnWireCipher.tagBytes
    }
    guard preamble.segmentCount > 1 else { return count }
    for segment in 1..<4 { count += padded(Int(preamble.lengths[segment])) }
    return count + SecureLayout.epilogueBytes + OnWireCipher.tagBytes
  }

  /// Preamble and the first 48 bytes of segment 0, zero padded.
  private mutating func sealFirst(
    _ preamble: Preamble, _ segment0: UnsafeRawBufferPointer, _ at: inout UnsafeMutableRawPointer
  ) throws(ProtocolError) {
    let count = Preamble.bytes + SecureLayout.inlineBytes
    let plain = UnsafeMutableRawBufferPointer(start: at, count: count)
    plain.initializeMemory(as: UInt8.self, repeating: 0)
    preamble.store(at: at)
    if let source = segment0.baseAddress {
      let inline = min(segment0.count, SecureLayout.inlineBytes)
      (at + Preamble.bytes).copyMemory(from: source, byteCount: inline)
    }
    try cipher!.begin()
    cipher!.gcm.update(plain)
    finishUnit(&at, count)
  }

  private mutating func sealRest(
    of segment0: UnsafeRawBufferPointer, _ at: inout UnsafeMutableRawPointer
  ) throws(ProtocolError) {
    guard segment0.count > SecureLayout.inlineBytes else { return }
    try cipher!.begin()
    let start = at
    sealPadded(UnsafeRawBufferPointer(rebasing: segment0[SecureLayout.inlineBytes...]), &at)
    let count = at - start
    at = start
    finishUnit(&at, count)
  }

  private mutating func sealBody(
    _ message: RawMessage, _ at: inout UnsafeMutableRawPointer
  )
    throws(ProtocolError)
  {
    try cipher!.begin()
    sealPadded(message.front.bytes, &at)
    sealPadded(message.middle, &at)
    sealPadded(message.data, &at)
    let epilogue = UnsafeMutableRawBufferPointer(start: at, count: SecureLayout.epilogueBytes)
    epilogue.initializeMemory(as: UInt8.self, repeating: 0)
    epilogue[0] = LateStatus.complete
    cipher!.gcm.update(epilogue)
    finishUnit(&at, epilogue.count)
  }

  private func sealPadded(_ bytes: UnsafeRawBufferPointer, _ at: inout UnsafeMutableRawPointer) {
    cipher!.gcm.update(bytes, to: at)
    at += bytes.count
    sealPadding(after: bytes.count, &at)
  }

  private func sealPadded(_ list: BufferList, _ at: inout UnsafeMutableRawPointer) {
    for slice in list.slices {
      cipher!.gcm.update(slice.bytes, to: at)
      at += slice.count
    }
    sealPadding(after: list.count, &at)
  }

  private func sealPadding(after count: Int, _ at: inout UnsafeMutableRawPointer) {
    let padding = UnsafeMutableRawBufferPointer(start: at, count: padded(count) - count)
    guard padding.count > 0 else { return }
    padding.initializeMemory(as: UInt8.self, repeating: 0)
    cipher!.gcm.update(padding)
    at += padding.count
  }

  private func finishUnit(_ at: inout UnsafeMutableRawPointer, _ count: Int) {
    cipher!.gcm.seal(tag: at + count)
    at += count + OnWireCipher.tagBytes
  }
}
