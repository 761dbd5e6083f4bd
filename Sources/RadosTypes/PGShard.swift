import Wire

/// Who holds a copy of a PG: the OSD, and which shard it keeps.
///
/// Ceph: `pg_shard_t`; prints `3`, or `3(1)` with a shard. Ordered by OSD, then shard.
/// Layout: framed 1/1, `osd: s32, shard: s8`.
package struct PGShard: Hashable, Sendable {
  package var osd: Int32
  package var shard: Int8

  /// Ceph's `CRUSH_ITEM_NONE`: nobody holds this place.
  package static let noOSD: Int32 = 0x7fff_ffff
  package static let undefined = PGShard(osd: -1)

  package init(osd: Int32, shard: Int8 = ShardPGID.noShard) {
    self.osd = osd
    self.shard = shard
  }

  package var isUndefined: Bool { osd == -1 }
}

extension PGShard: Comparable, CustomStringConvertible {
  package static func < (left: PGShard, right: PGShard) -> Bool {
    left.osd != right.osd ? left.osd < right.osd : left.shard < right.shard
  }

  package var description: String {
    if isUndefined { return "?" }
    let number = osd == Self.noOSD ? "NONE" : "\(osd)"
    return shard == ShardPGID.noShard ? number : "\(number)(\(UInt8(bitPattern: shard)))"
  }
}

extension PGShard: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_shard_t", understands: 1) { (reader, _) throws(DecodeError) in
      let osd = try reader.read(Int32.self)
      return PGShard(osd: osd, shard: try reader.read(Int8.self))
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(osd)
      writer.write(shard)
    }
  }
}
