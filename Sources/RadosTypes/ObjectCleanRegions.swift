import Wire

/// Which parts of an object a log entry did not touch: recovery copies only the rest.
///
/// Ceph: `ObjectCleanRegions`. Layout: framed 1/1, `cleanOffsets: interval_set, cleanOmap: u8,
/// isNew: u8`.
package struct ObjectCleanRegions: Hashable, Sendable {
  package var cleanOffsets: IntervalSet
  package var cleanOmap: Bool
  /// The peer does not have the object; its whole content is to be copied.
  package var isNew: Bool

  /// Everything there can be: offsets 0 to before 2^64 - 1.
  private static let everything = IntervalSet(start: 0, length: .max)
  /// Ceph's default for `osd_object_clean_region_max_num_intervals`.
  package static let intervalsMax = 10

  /// Nothing touched.
  package init() {
    cleanOffsets = Self.everything
    cleanOmap = true
    isNew = false
  }

  package static let fullyDirty = {
    var regions = ObjectCleanRegions()
    regions.markFullyDirty()
    return regions
  }()

  package mutating func markDirty(offset: UInt64, length: UInt64) {
    cleanOffsets.remove(offset, length: length)
    trim()
  }

  package mutating func markOmapDirty() { cleanOmap = false }

  package mutating func markFullyDirty() {
    cleanOffsets = IntervalSet()
    cleanOmap = false
    isNew = true
  }

  /// What neither this nor the other touched.
  package mutating func merge(_ other: ObjectCleanRegions) {
    cleanOffsets = cleanOffsets.intersection(other.cleanOffsets)
    cleanOmap = cleanOmap && other.cleanOmap
    trim()
  }

  package var dirtyOffsets: IntervalSet {
    var dirty = Self.everything
    dirty.subtract(cleanOffsets)
    return dirty
  }

  /// Drops the shortest clean runs, the first of equals, until few enough are left.
  private mutating func trim() {
    while cleanOffsets.intervals.count > Self.intervalsMax {
      let lengths = cleanOffsets.intervals.map(\.length)
      guard let shortest = lengths.min(), let index = lengths.firstIndex(of: shortest) else {
        return
      }
      cleanOffsets.removeInterval(at: index)
    }
  }
}

extension ObjectCleanRegions: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("ObjectCleanRegions", understands: 1) {
      (reader, _) throws(DecodeError) in
      var regions = ObjectCleanRegions()
      regions.cleanOffsets = try reader.read()
      regions.cleanOmap = try reader.readBool()
      regions.isNew = try reader.readBool()
      return regions
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 1, compat: 1) { writer in
      writer.write(cleanOffsets)
      writer.write(cleanOmap)
      writer.write(isNew)
    }
  }
}
