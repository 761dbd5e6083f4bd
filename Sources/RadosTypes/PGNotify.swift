import Wire

/// What a holder of a PG tells the primary of it, on its own or asked.
///
/// Ceph: `pg_notify_t`. Layout: framed 3/2, `queryEpoch, epochSent: u32, info: pg_info_t, to, from: s8,
/// pastIntervals`.
package struct PGNotify: Hashable, Sendable {
  package var queryEpoch: UInt32
  package var epochSent: UInt32
  package var info: PGInfo
  package var to: Int8
  package var from: Int8
  package var pastIntervals: PastIntervals

  package init(
    queryEpoch: UInt32, epochSent: UInt32, info: PGInfo, to: Int8 = ShardPGID.noShard,
    from: Int8 = ShardPGID.noShard, pastIntervals: PastIntervals = PastIntervals()
  ) {
    self.queryEpoch = queryEpoch
    self.epochSent = epochSent
    self.info = info
    self.to = to
    self.from = from
    self.pastIntervals = pastIntervals
  }
}

extension PGNotify: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_notify_t", understands: 3) {
      (reader, version) throws(DecodeError) in
      let queryEpoch = try reader.read(UInt32.self)
      let epochSent = try reader.read(UInt32.self)
      let info = try reader.read(PGInfo.self)
      let to = try reader.read(Int8.self)
      let from = try reader.read(Int8.self)
      let past = version >= 3 ? try reader.read() : PastIntervals()
      return PGNotify(
        queryEpoch: queryEpoch, epochSent: epochSent, info: info, to: to, from: from,
        pastIntervals: past)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 2) { writer in
      writer.write(queryEpoch)
      writer.write(epochSent)
      writer.write(info)
      writer.write(to)
      writer.write(from)
      writer.write(pastIntervals)
    }
  }
}
