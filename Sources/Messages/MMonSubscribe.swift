import Buffers
import RadosTypes
import Wire

/// Asks the monitor to send what changes, from some version on.
///
/// Ceph: `MMonSubscribe` v3. Layout: wanted: map<string, {start: u64, flags: u8}>, hostname:
/// string.
package struct MMonSubscribe: Message {
  /// By name: `osdmap`, `monmap`, `config`, `mgrmap`, `osd_pg_creates`.
  package var wanted: [String: Subscription]
  package var hostname: String

  package init(wanted: [String: Subscription], hostname: String = "") {
    self.wanted = wanted
    self.hostname = hostname
  }

  package static var type: MessageType { .monSubscribe }
  package static var version: UInt16 { 3 }

  package init(
    header: MessageHeader, front: inout WireReader, middle: BufferList, data: BufferList
  ) throws(DecodeError) {
    guard header.version >= 2 else {
      throw .tooOld("\(Self.type)", version: UInt8(clamping: header.version))
    }
    wanted = try front.readMap(
      { (reader) throws(DecodeError) in try reader.readString() },
      { (reader) throws(DecodeError) in try Subscription(from: &reader) })
    hostname = header.version >= 3 ? try front.readString() : ""
  }

  package func encodeFront(into writer: inout WireWriter) {
    writer.write(map: wanted) { writer, name, subscription in
      writer.write(name)
      writer.write(subscription)
    }
    writer.write(hostname)
  }
}

/// From which version on, and whether once only.
///
/// Ceph: `ceph_mon_subscribe_item`. Layout: `start: u64, flags: u8 (1: once)`.
package struct Subscription: Hashable, Sendable {
  package var start: UInt64
  package var isOnce: Bool

  package init(start: UInt64, isOnce: Bool = false) {
    self.start = start
    self.isOnce = isOnce
  }
}

extension Subscription: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    start = try reader.read()
    isOnce = try reader.read(UInt8.self) & 1 != 0
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(start)
    writer.write(UInt8(isOnce ? 1 : 0))
  }
}
