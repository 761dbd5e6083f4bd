/// What stands before every message: what it is, which, how urgent, in which version.
///
/// Ceph: the parts of `ceph_msg_header2` that outlive the frame; the messenger adds the rest.
@usableFromInline package struct MessageHeader: Hashable, Sendable {
  /// Counts the messages of a session from 1; the messenger sets it.
  @usableFromInline package var sequence: UInt64
  /// The sender's number for a request, echoed in the reply; 0 for what has none.
  @usableFromInline package var tid: UInt64
  @usableFromInline package var type: MessageType
  @usableFromInline package var priority: UInt16
  @usableFromInline package var version: UInt16
  /// The oldest version whose decoder can make sense of this one.
  @usableFromInline package var compatVersion: UInt16
  /// Where in a page the data would like to land; a hint.
  @usableFromInline package var dataOffset: UInt16

  @inlinable
  package init(
    type: MessageType, sequence: UInt64 = 0, tid: UInt64 = 0,
    priority: UInt16 = MessagePriority.normal, version: UInt16 = 1, compatVersion: UInt16 = 1,
    dataOffset: UInt16 = 0
  ) {
    self.sequence = sequence
    self.tid = tid
    self.type = type
    self.priority = priority
    self.version = version
    self.compatVersion = compatVersion
    self.dataOffset = dataOffset
  }
}

/// Ceph's `CEPH_MSG_PRIO_*`: a connection sends the greatest first.
@usableFromInline package enum MessagePriority {
  package static let low: UInt16 = 64
  @usableFromInline package static let normal: UInt16 = 127
  package static let high: UInt16 = 196
  package static let highest: UInt16 = 255
}
