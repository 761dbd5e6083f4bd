import Wire

/// An object that a copy of a PG lacks: what it needs, and what it has of it.
///
/// Ceph: `pg_missing_item`. Layout without envelope: `0'0, (2^64-1, 2^32-1): eversion_t` as marks of
/// this form, `need, have: eversion_t, flags: u8 (1: to be deleted), cleanRegions`. The form before
/// octopus has neither the second mark nor the regions.
package struct MissingItem: Hashable, Sendable {
  package var need: EVersion
  /// 0'0: nothing at all.
  package var have: EVersion
  package var isDelete: Bool
  package var cleanRegions: ObjectCleanRegions

  package init(
    need: EVersion, have: EVersion = .zero, isDelete: Bool = false,
    cleanRegions: ObjectCleanRegions = ObjectCleanRegions()
  ) {
    self.need = need
    self.have = have
    self.isDelete = isDelete
    self.cleanRegions = cleanRegions
  }
}

extension MissingItem: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    _ = try EVersion(from: &reader)
    let second = try reader.read(EVersion.self)
    let hasRegions = second == .max
    need = hasRegions ? try reader.read() : second
    have = try reader.read()
    isDelete = try reader.read(UInt8.self) & 1 != 0
    cleanRegions = hasRegions ? try reader.read() : .fullyDirty
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(EVersion.zero)
    writer.write(EVersion.max)
    writer.write(need)
    writer.write(have)
    writer.write(UInt8(isDelete ? 1 : 0))
    writer.write(cleanRegions)
  }
}

/// All objects that a copy of a PG lacks.
///
/// Ceph: `pg_missing_t`. Layout: framed 5/2, `items: map<hobject_t, item>, mayIncludeDeletes: u8`.
package struct Missing: Hashable, Sendable {
  package var items: [HObject: MissingItem]
  package var mayIncludeDeletes: Bool

  package init(items: [HObject: MissingItem] = [:], mayIncludeDeletes: Bool = true) {
    self.items = items
    self.mayIncludeDeletes = mayIncludeDeletes
  }
}

extension Missing: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    self = try reader.readFramed("pg_missing_t", understands: 5) {
      (reader, version) throws(DecodeError) in
      guard version >= 3 else { throw .tooOld("pg_missing_t", version: version) }
      let items = try reader.readMap(HObject.self, MissingItem.self)
      return Missing(items: items, mayIncludeDeletes: version >= 4 ? try reader.readBool() : false)
    }
  }

  package func encode(into writer: inout WireWriter) {
    writer.writeFramed(version: 5, compat: 2) { writer in
      writer.write(map: items)
      writer.write(mayIncludeDeletes)
    }
  }
}
