import Wire

/// Until when the acting set may serve reads, by the primary's monotonic clock.
///
/// Ceph: `pg_lease_t`. Layout: framed 1/1, `readableUntil, readableUntilBound, interval`, each `s32
/// seconds, s32 nanoseconds`.
package struct PGLease: Hashable, Sendable {
  package var readableUntil: TimeSpan
  /// No OSD of the acting set serves reads beyond this.
  package var readableUntilBound: TimeSpan
  /// The length of a lease, for those who do not know how the clocks differ.
  package var interval: TimeSpan

  package init(readableUntil: TimeSpan, readableUntilBound: TimeSpan, interval: TimeSpan) {
    self.readableUntil = readableUntil
    self.readableUntilBound = readableUntilBound
    self.interval = interval
  }
}

extension PGLease: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_lease_t", understands: 1) { (reader, _) throws(DecodeError) in
      let until = try reader.read(TimeSpan.self)
      let bound = try reader.read(TimeSpan.self)
      return PGLease(readableUntil: until, readableUntilBound: bound, interval: try reader.read())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(readableUntil)
      writer.write(readableUntilBound)
      writer.write(interval)
    }
  }
}

/// A replica has noted a lease.
///
/// Ceph: `pg_lease_ack_t`. Layout: framed 1/1, `readableUntilBound`.
package struct PGLeaseAck: Hashable, Sendable {
  package var readableUntilBound: TimeSpan

  package init(readableUntilBound: TimeSpan) { self.readableUntilBound = readableUntilBound }
}

extension PGLeaseAck: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_lease_ack_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      PGLeaseAck(readableUntilBound: try reader.read())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in writer.write(readableUntilBound) }
  }
}
