import Wire

/// Which hit sets a PG of a cache pool has written; empty in every other pool.
///
/// Ceph: `pg_hit_set_history_t`. Layout: framed 1/1, `lastUpdate: eversion_t, utime_t`, an unused entry,
/// `entries: list`.
package struct HitSetHistory: Hashable, Sendable {
  /// One hit set: the time it covers, and the version that wrote it.
  ///
  /// Ceph: `pg_hit_set_info_t`. Layout: framed 2/1, `begin, end: utime_t, version: eversion_t,
  /// usesGMT: u8`.
  package struct Entry: Hashable, Sendable {
    package var begin = UTime.zero
    package var end = UTime.zero
    package var version = EVersion.zero
    package var usesGMT = true

    package init() {}
  }

  package var lastUpdate = EVersion.zero
  package var entries: [Entry] = []

  package init() {}
}

extension HitSetHistory.Entry: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_hit_set_info_t", understands: 2) {
      (reader, version) throws(DecodeError) in
      var entry = Self()
      entry.begin = try reader.read()
      entry.end = try reader.read()
      entry.version = try reader.read()
      entry.usesGMT = version >= 2 ? try reader.readBool() : false
      return entry
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 2, compat: 1) { writer in
      writer.write(begin)
      writer.write(end)
      writer.write(version)
      writer.write(usesGMT)
    }
  }
}

extension HitSetHistory: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_hit_set_history_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      var history = HitSetHistory()
      history.lastUpdate = try reader.read()
      _ = try UTime(from: &reader)
      _ = try Entry(from: &reader)
      history.entries = try reader.readArray()
      return history
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(lastUpdate)
      writer.write(UTime.zero)
      writer.write(Entry())
      writer.write(array: entries)
    }
  }
}
