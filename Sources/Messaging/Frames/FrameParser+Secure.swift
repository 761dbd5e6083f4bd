import Base
import Buffers
import Ciphers

/// Secure mode: units are opened where they lie; nothing of a unit is used before its tag is checked,
/// but for the lengths that say where the tag is.
extension FrameParser {
  mutating func readSecurePreamble() throws(ProtocolError) -> Bool {
    guard let unit = take(SecureLayout.firstUnitBytes) else { return false }
    try openUnit(unit, "first unit")
    preamble = try Preamble(at: unit.start)
    try checkHeader()
    let inline = unit.sub(Preamble.bytes, SecureLayout.inlineBytes)
    let length = Int(preamble.lengths[0])
    segment0 = inline.prefix(length)
    if padded(length) > SecureLayout.inlineBytes {
      segment0 = inline
      stage = .segment0
    } else {
      stage = preamble.segmentCount > 1 ? .frontAndMiddle : .preamble
    }
    return true
  }

  /// What of segment 0 did not fit in the first unit.
  mutating func readSecureSegment0() throws(ProtocolError) -> Bool {
    let length = Int(preamble.lengths[0])
    let rest = padded(length) - SecureLayout.inlineBytes
    guard let unit = take(rest + OnWireCipher.tagBytes) else { return false }
    try openUnit(unit, "segment 0")
    var whole = BufferList(segment0)
    whole.append(unit.prefix(length - SecureLayout.inlineBytes))
    segment0 = whole.contiguous()
    stage = preamble.segmentCount > 1 ? .frontAndMiddle : .preamble
    return true
  }

  /// The last bytes of the unit that holds segments 1 to 3: it is opened as a whole now.
  mutating func readSecureEpilogue() throws(ProtocolError) -> Bool? {
    guard let tail = take(SecureLayout.epilogueBytes + OnWireCipher.tagBytes) else { return nil }
    try cipher!.begin()
    let gcm = cipher!.gcm
    gcm.update(frontAndMiddle.mutableBytes)
    for slice in data.slices { gcm.update(slice.mutableBytes) }
    gcm.update(tail.sub(0, SecureLayout.epilogueBytes).mutableBytes)
    do throws(CipherError) {
      try gcm.open(tag: tail.start + SecureLayout.epilogueBytes)
    } catch { throw .badSeal("segments of \(preamble.tag) frame") }
    data = data.sub(0, Int(preamble.lengths[3]))
    return try isComplete(tail[0])
  }

  private mutating func openUnit(
    _ unit: ByteSlice, _ what: StaticString
  )
    throws(ProtocolError)
  {
    let count = unit.count - OnWireCipher.tagBytes
    try cipher!.begin()
    cipher!.gcm.update(unit.prefix(count).mutableBytes)
    do throws(CipherError) {
      try cipher!.gcm.open(tag: unit.start + count)
    } catch { throw .badSeal("\(what)") }
  }
}

extension ByteSlice {
  /// For bytes that only their reader holds: what arrived at a socket and was not handed on.
  fileprivate var mutableBytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: slab.base + Int(offset), count: count)
  }
}
