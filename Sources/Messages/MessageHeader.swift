/// What stands before every message: what it is, which, how urgent, in which version.
///
/// Ceph: the parts of `ceph_msg_header2` that outlive the frame; the messenger adds the rest.
package struct MessageHeader: Hashable, Sendable {
  /// Counts the messages of a session from 1; the messenger sets it.
  package var sequence: UInt64
  /// The sender's number for a request, echoed in the reply; 0 for what has none.
  package var tid: UInt64
  package var type: MessageType
  package var priority: UInt16
  package var version: UInt16
  /// The oldest version whose decoder can make sense of this one.
  package var compatVersion: UInt16
  /// Where in a page the data would like to land; a hint.
  package var dataOffset: UInt16

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
package enum MessagePriority {
  package static let low: UInt16 = 64
  package static let normal: UInt16 = 127
  package static let high: UInt16 = 196
  package static let highest: UInt16 = 255
}
