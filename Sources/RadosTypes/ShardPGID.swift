import Wire

/// A placement group, and in a pool with erasure code the shard of it that one OSD keeps.
///
/// Ceph: `spg_t`; prints `2.1f`, or `2.1fs3` with a shard. Ordered by PG, then shard.
/// Layout: framed 1/1, `pg: pg_t, shard: s8`; -1 is no shard.
package struct ShardPGID: Hashable, Sendable {
  package var pgID: PGID
  package var shard: Int8

  package static let noShard: Int8 = -1

  package init(_ pgID: PGID = PGID(), shard: Int8 = noShard) {
    self.pgID = pgID
    self.shard = shard
  }

  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "s", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let pgID = PGID(first) else { return nil }
    self.init(pgID)
    guard parts.count == 2 else { return }
    guard let shard = Int8(parts[1]), shard >= 0 else { return nil }
    self.shard = shard
  }

  package var pool: Int64 { pgID.pool }
  package var hasShard: Bool { shard != Self.noShard }
}

extension ShardPGID: Comparable, CustomStringConvertible {
  package static func < (left: ShardPGID, right: ShardPGID) -> Bool {
    left.pgID != right.pgID ? left.pgID < right.pgID : left.shard < right.shard
  }

  package var description: String {
    hasShard ? "\(pgID)s\(UInt8(bitPattern: shard))" : pgID.description
  }
}

extension ShardPGID: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("spg_t", understands: 1) { (reader, _) throws(DecodeError) in
      let pgID = try reader.read(PGID.self)
      return ShardPGID(pgID, shard: try reader.read(Int8.self))
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(pgID)
      writer.write(shard)
    }
  }
}
