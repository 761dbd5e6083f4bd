import Messages

/// Segment 0 of a MESSAGE frame. Ceph: `ceph_msg_header2`.
///
/// Layout, 41 bytes: `seq: u64, tid: u64, type: u16, priority: u16, version: u16, data_pre_padding_len:
/// u32 (0), data_off: u16, ack_seq: u64, flags: u8, compat_version: u16, reserved: u16`.
package struct MessageHeader2: Sendable {
  package static let bytes = 41
  /// COMPLETE and NOCRC, which is what every stock daemon sends.
  private static let flags: UInt8 = 3

  package var header: MessageHeader
  package var ackSequence: UInt64

  package init(_ header: MessageHeader, sequence: UInt64, ackSequence: UInt64) {
    self.header = header
    self.header.sequence = sequence
    self.ackSequence = ackSequence
  }

  /// `bytes` are 41.
  package init(at bytes: UnsafeRawPointer) {
    func field<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: Value.Type) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
    header = MessageHeader(
      type: MessageType(rawValue: field(16, UInt16.self)), sequence: field(0, UInt64.self),
      tid: field(8, UInt64.self),
      priority: field(18, UInt16.self), version: field(20, UInt16.self),
      compatVersion: field(37, UInt16.self), dataOffset: field(26, UInt16.self))
    ackSequence = field(28, UInt64.self)
  }

  package func store(at target: UnsafeMutableRawPointer) {
    func put<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ value: Value) {
      target.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
    put(0, header.sequence)
    put(8, header.tid)
    put(16, header.type.rawValue)
    put(18, header.priority)
    put(20, header.version)
    put(22, UInt32(0))
    put(26, header.dataOffset)
    put(28, ackSequence)
    put(36, Self.flags)
    put(37, header.compatVersion)
    put(39, UInt16(0))
  }
}
