import Wire

/// What a primary asks of another holder of a PG.
///
/// Ceph: `pg_query_t`. Layout: framed 3/3, `kind: s32, since: eversion_t, history: pg_history_t,
/// epochSent: u32, to, from: s8`.
package struct PGQuery: Hashable, Sendable {
  package enum Kind: Int32, Sendable {
    case info = 0
    case log = 1
    case missing = 4
    case fullLog = 5
  }

  package var kind: Kind
  /// For logs: entries after this.
  package var since: EVersion
  package var history: PGHistory
  package var epochSent: UInt32
  package var to: Int8
  package var from: Int8

  package init(
    _ kind: Kind, since: EVersion = .zero, history: PGHistory, epochSent: UInt32,
    to: Int8 = ShardPGID.noShard, from: Int8 = ShardPGID.noShard
  ) {
    self.kind = kind
    self.since = since
    self.history = history
    self.epochSent = epochSent
    self.to = to
    self.from = from
  }
}

extension PGQuery: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_query_t", understands: 3) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("pg_query_t", version: version) }
      let number = try reader.read(Int32.self)
      guard let kind = Kind(rawValue: number) else {
        throw .invalid("pg_query_t of kind \(number)")
      }
      let since = try reader.read(EVersion.self)
      let history = try reader.read(PGHistory.self)
      let epochSent = try reader.read(UInt32.self)
      let to = try reader.read(Int8.self)
      return PGQuery(
        kind, since: since, history: history, epochSent: epochSent, to: to, from: try reader.read())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 3) { writer in
      writer.write(kind.rawValue)
      writer.write(since)
      writer.write(history)
      writer.write(epochSent)
      writer.write(to)
      writer.write(from)
    }
  }
}
