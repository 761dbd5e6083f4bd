import Buffers
import RadosTypes
import Wire

/// A message that this daemon understands: its front is decoded, its data stays bytes.
///
/// A conforming type encodes the version that Ceph 16.2 sends, and decodes that and what it accepts.
@usableFromInline package protocol Message: Sendable {
  static var type: MessageType { get }
  static var version: UInt16 { get }
  static var compatVersion: UInt16 { get }
  static var priority: UInt16 { get }

  init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError)

  func encodeFront(into writer: inout WireWriter)
  /// Almost always empty.
  var middle: BufferList { get }
  var data: BufferList { get }
}

extension Message {
  @inlinable package static var compatVersion: UInt16 { 1 }
  @inlinable package static var priority: UInt16 { MessagePriority.normal }
  @inlinable package var middle: BufferList { BufferList() }
  @inlinable package var data: BufferList { BufferList() }
}
