import Wire

/// What begins most messages to the monitor: the version of the sender's view (often its map epoch).
///
/// Ceph: `PaxosServiceMessage`. Layout: `version: u64, session_mon: s16 = -1, session_tid: u64 = 0`;
/// the last two mean nothing now.
package struct PaxosHeader: Hashable, Sendable {
  package var version: UInt64

  package init(_ version: UInt64 = 0) { self.version = version }
}

extension PaxosHeader: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    version = try reader.read()
    try reader.skip(10)
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(version)
    writer.write(Int16(-1))
    writer.write(UInt64(0))
  }
}
