import Base
import Buffers

/// The head of every frame.
///
/// Ceph: `preamble_block_t` (frames_v2.h). Layout, 32 bytes: `tag: u8, segments: u8`, 4 x `{length: u32,
/// alignment: u16}`, `flags: u8, reserved: u8, crc: u32` (crc32c, seed 0, of the 28 bytes before).
package struct Preamble: Hashable, Sendable {
  package static let bytes = 32
  private static let checkedBytes = 28

  package var tag: FrameTag
  package var segmentCount: Int
  package var lengths: SIMD4<UInt32>

  /// The trailing empty segments are left out, as the peer demands; at least one stays.
  package init(_ tag: FrameTag, lengths: SIMD4<UInt32>) {
    self.tag = tag
    self.lengths = lengths
    segmentCount = lengths[3] > 0 ? 4 : lengths[2] > 0 ? 3 : lengths[1] > 0 ? 2 : 1
  }

  /// Reads and checks 32 bytes: crc, tag, number of segments, and every length against its limit.
  package init(at bytes: UnsafeRawPointer) throws(ProtocolError) {
    let stored = Self.word(bytes, Self.checkedBytes)
    let crc = CRC32C.checksum(
      UnsafeRawBufferPointer(start: bytes, count: Self.checkedBytes), seed: 0)
    guard stored == crc else { throw .badCRC("preamble", expected: stored, got: crc) }
    let rawTag = bytes.load(as: UInt8.self)
    guard let tag = FrameTag(rawValue: rawTag) else { throw .unknownTag(rawTag) }
    self.tag = tag
    segmentCount = Int(bytes.load(fromByteOffset: 1, as: UInt8.self))
    lengths = SIMD4(
      Self.word(bytes, 2), Self.word(bytes, 8), Self.word(bytes, 14), Self.word(bytes, 20))
    try check()
  }

  private func check() throws(ProtocolError) {
    guard (1...(tag == .message ? 4 : 1)).contains(segmentCount),
      segmentCount == 1 || lengths[segmentCount - 1] > 0
    else { throw .badSegments(tag, count: segmentCount) }
    for segment in segmentCount..<4 where lengths[segment] != 0 {
      throw .badSegments(tag, count: segmentCount)
    }
    for segment in 0..<segmentCount where Int(lengths[segment]) > max(segment) {
      throw .tooLong(tag, segment: segment, bytes: Int(lengths[segment]), max: max(segment))
    }
  }

  private func max(_ segment: Int) -> Int {
    switch (tag, segment) {
    case (.message, 0): MessageHeader2.bytes
    case (.message, 1): Limits.frontBytesMax
    case (.message, 2): Limits.middleBytesMax
    case (.message, _): Limits.dataBytesMax
    case (_, _): Limits.controlSegmentBytesMax
    }
  }

  package func store(at target: UnsafeMutableRawPointer) {
    target.storeBytes(of: tag.rawValue, as: UInt8.self)
    target.storeBytes(of: UInt8(segmentCount), toByteOffset: 1, as: UInt8.self)
    for segment in 0..<4 {
      let alignment: UInt16 = segment >= segmentCount ? 0 : segment == 3 ? 4096 : 8
      target.storeBytes(
        of: lengths[segment].littleEndian, toByteOffset: 2 + 6 * segment, as: UInt32.self)
      target.storeBytes(of: alignment.littleEndian, toByteOffset: 6 + 6 * segment, as: UInt16.self)
    }
    target.storeBytes(of: 0, toByteOffset: 26, as: UInt16.self)
    let head = UnsafeRawBufferPointer(start: target, count: Self.checkedBytes)
    let crc = CRC32C.checksum(head, seed: 0)
    target.storeBytes(of: crc.littleEndian, toByteOffset: Self.checkedBytes, as: UInt32.self)
  }

  private static func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
