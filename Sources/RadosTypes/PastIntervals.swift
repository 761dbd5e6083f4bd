import Wire

/// The intervals since a PG was last clean in which its acting set may have taken writes.
///
/// Ceph: `PastIntervals` with `pi_compact_rep`. Layout: framed 1/1, `kind: u8` (0 none, 2 compact), then
/// framed 1/1, `first, last: u32, allParticipants: set<pg_shard_t>, intervals: list`.
package struct PastIntervals: Hashable, Sendable {
  /// Epochs `first...last`, and who was acting in them.
  ///
  /// Ceph: `compact_interval_t`. Layout: framed 1/1, `first, last: u32, acting: set<pg_shard_t>`.
  package struct Interval: Hashable, Sendable {
    package var first: UInt32
    package var last: UInt32
    package var acting: Set<PGShard>

    package init(first: UInt32, last: UInt32, acting: Set<PGShard>) {
      self.first = first
      self.last = last
      self.acting = acting
    }
  }

  package var first: UInt32 = 0
  package var last: UInt32 = 0
  /// Everybody who was acting, in intervals that took no writes too.
  package var allParticipants: Set<PGShard> = []
  package var intervals: [Interval] = []
  /// Some peers send none at all instead of an empty list; kept so that it goes back as it came.
  package var isAbsent = false

  package init() {}

  package var isEmpty: Bool { first > last || (first == 0 && last == 0) }
}

extension PastIntervals.Interval: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("compact_interval_t", understands: 1) {
      (reader, _) throws(DecodeError) in
      let first = try reader.read(UInt32.self)
      let last = try reader.read(UInt32.self)
      return Self(first: first, last: last, acting: try reader.readSet())
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(first)
      writer.write(last)
      writer.write(set: acting)
    }
  }
}

extension PastIntervals: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("PastIntervals", understands: 1) {
      (reader, _) throws(DecodeError) in
      let kind = try reader.read(UInt8.self)
      switch kind {
      case 0:
        var none = PastIntervals()
        none.isAbsent = true
        return none
      case 2: return try PastIntervals(compact: &reader)
      default: throw .invalid("PastIntervals of kind \(kind)")
      }
    }
  }

  private init(compact reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pi_compact_rep", understands: 1) {
      (reader, _) throws(DecodeError) in
      var past = PastIntervals()
      past.first = try reader.read()
      past.last = try reader.read()
      past.allParticipants = try reader.readSet()
      past.intervals = try reader.readArray()
      return past
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      if isAbsent { return writer.write(UInt8(0)) }
      writer.write(UInt8(2))
      writer.writeFramed(version: 1, compat: 1) { writer in
        writer.write(first)
        writer.write(last)
        writer.write(set: allParticipants)
        writer.write(array: intervals)
      }
    }
  }
}

extension PastIntervals: CustomStringConvertible {
  package var description: String {
    let participants = allParticipants.sorted().map(\.description).joined(separator: ",")
    let list = intervals.map { interval in
      let acting = interval.acting.sorted().map(\.description).joined(separator: ",")
      return "([\(interval.first),\(interval.last)] acting \(acting))"
    }
    return "([\(first),\(last)] all_participants=\(participants) intervals="
      + list.joined(separator: ",") + ")"
  }
}
