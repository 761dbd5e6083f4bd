import Wire

/// Which features some durable thing uses, by how much a reader must know of them.
///
/// Ceph: `CompatSet`. Layout without envelope: three times `mask: u64, names: map<u64, string>`, for
/// features that may be ignored, that forbid writing, that forbid reading. Bit 0 of a mask is never on
/// the wire.
package struct CompatSet: Hashable, Sendable {
  package struct Features: Hashable, Sendable {
    package var mask: UInt64 = 0
    package var names: [UInt64: String] = [:]

    package init(_ names: [UInt64: String] = [:]) {
      self.names = names
      mask = names.keys.reduce(0) { $0 | (1 << $1) }
    }
  }

  package var compat = Features()
  package var readOnlyCompat = Features()
  package var incompat = Features()

  package init() {}

  /// What a Pacific OSD writes (osd_types.h, `CEPH_OSD_FEATURE_INCOMPAT_*`).
  package static let osd = {
    var set = CompatSet()
    set.incompat = Features([
      1: "initial feature set(~v.18)", 2: "pginfo object", 3: "object locator",
      4: "last_epoch_clean", 5: "categories", 6: "hobjectpool", 7: "biginfo", 8: "leveldbinfo",
      9: "leveldblog", 10: "snapmapper", 11: "sharded objects", 12: "transaction hints",
      13: "pg meta object", 14: "explicit missing set", 15: "fastinfo pg attr",
      16: "deletes in missing set", 17: "new snapmapper key structure",
    ])
    return set
  }()
}

extension CompatSet.Features: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    mask = try reader.read()
    names = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(UInt64.self) },
      { (reader) throws(DecodeError) in try reader.readString() })
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(mask)
    writer.write(map: names) { writer, bit, name in
      writer.write(bit)
      writer.write(name)
    }
  }
}

extension CompatSet: WireCodable {
  package init(from reader: inout WireReader) throws(DecodeError) {
    compat = try reader.read()
    readOnlyCompat = try reader.read()
    incompat = try reader.read()
  }

  package func encode(into writer: inout WireWriter) {
    writer.write(compat)
    writer.write(readOnlyCompat)
    writer.write(incompat)
  }
}
