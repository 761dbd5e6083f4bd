import Wire

/// A stretch of a PG's log as it travels: entries after `tail` up to `head`.
///
/// Ceph: `pg_log_t`. Layout: framed 7/3, `head, tail: eversion_t, entries: list, canRollbackTo,
/// rollbackInfoTrimmedTo: eversion_t, dups: list`.
package struct PGLogRecord: Hashable, Sendable {
  package var head = EVersion.zero
  package var tail = EVersion.zero
  package var entries: [PGLogEntry] = []
  package var canRollbackTo = EVersion.zero
  package var rollbackInfoTrimmedTo = EVersion.zero
  package var dups: [PGLogDup] = []

  package init() {}
}

extension PGLogRecord: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_log_t", understands: 7) {
      (reader, version) throws(DecodeError) in
      guard version >= 4 else { throw .tooOld("pg_log_t", version: version) }
      var log = PGLogRecord()
      log.head = try reader.read()
      log.tail = try reader.read()
      log.entries = try reader.readArray()
      if version >= 5 { log.canRollbackTo = try reader.read() }
      log.rollbackInfoTrimmedTo = version >= 6 ? try reader.read() : log.tail
      if version >= 7 { log.dups = try reader.readArray() }
      return log
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 7, compat: 3) { writer in
      writer.write(head)
      writer.write(tail)
      writer.write(array: entries)
      writer.write(canRollbackTo)
      writer.write(rollbackInfoTrimmedTo)
      writer.write(array: dups)
    }
  }
}

extension PGLogRecord: CustomStringConvertible {
  package var description: String { "log((\(tail),\(head)], crt=\(canRollbackTo))" }
}
