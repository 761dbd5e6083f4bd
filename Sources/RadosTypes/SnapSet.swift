import Wire

/// The clones of an object, kept with its head as the attribute `snapset`.
///
/// Ceph: `SnapSet`. Layout: framed 3/2, `sequence: u64, 1: u8, snaps: vector<u64>` (newest first),
/// `clones: vector<u64>` (oldest first), `overlap: map<u64, interval_set>`, `size: map<u64, u64>`,
/// `cloneSnaps: map<u64, vector<u64>>`.
package struct SnapSet: Hashable, Sendable {
  package var sequence = SnapID.zero
  /// Empty since octopus; older objects may have them.
  package var snaps: [SnapID] = []
  package var clones: [SnapID] = []
  /// What a clone has in common with the next newer one, or the newest with the head.
  package var cloneOverlap: [SnapID: IntervalSet] = [:]
  /// Bytes.
  package var cloneSize: [SnapID: UInt64] = [:]
  /// The snapshots that each clone serves, newest first.
  package var cloneSnaps: [SnapID: [SnapID]] = [:]

  package init() {}
}

extension SnapSet: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("SnapSet", understands: 3) {
      (reader, version) throws(DecodeError) in
      guard version >= 2 else { throw .tooOld("SnapSet", version: version) }
      var set = SnapSet()
      set.sequence = try reader.read()
      try reader.skip(1)  // Once: is there a head.
      set.snaps = try reader.readArray()
      set.clones = try reader.readArray()
      set.cloneOverlap = try reader.readMap()
      set.cloneSize = try reader.readMap(
        { (reader) throws(DecodeError) in try SnapID(from: &reader) },
        { (reader) throws(DecodeError) in try reader.read(UInt64.self) })
      guard version >= 3 else { return set }
      set.cloneSnaps = try reader.readMap(
        { (reader) throws(DecodeError) in try SnapID(from: &reader) },
        { (reader) throws(DecodeError) in try reader.readArray(of: SnapID.self) })
      return set
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 3, compat: 2) { writer in
      writer.write(sequence)
      writer.write(true)
      writer.write(array: snaps)
      writer.write(array: clones)
      writer.write(map: cloneOverlap)
      writer.write(map: cloneSize) { writer, snap, size in
        writer.write(snap)
        writer.write(size)
      }
      writer.write(map: cloneSnaps) { writer, snap, served in
        writer.write(snap)
        writer.write(array: served)
      }
    }
  }
}
