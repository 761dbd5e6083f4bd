import Buffers
import RadosTypes
import Wire

/// How a PG's log and information stand in the omap of its own object (`GHObject.pgMeta`).
///
/// - `_info`: a version byte, the epoch the PG has reached (u32), `pg_info_t`. Written when the PG's
///   history changes.
/// - `e` + epoch (u32) + version (u64), both big-endian so that keys sort as versions do: a version byte, a
///   log entry and the `PGProgress` after it. This is all that a write adds: no key is written twice, and
///   what becomes of an entry follows from the progress behind the last one: up to its tail they are dups.
/// - `d` + the same: a `pg_log_dup_t`, of which a split gives all to the child. Behind it, of those that
///   have the same version since PGs became one, a u16 that counts them, unless it is 0.
/// - `_past`: a version byte, `PastIntervals`. `m` + an encoded `hobject_t`: a version byte,
///   `pg_missing_item` of an object that this copy lacks.
package enum PGLogFormat {
  package static let infoKey: ByteString = "_info"
  package static let pastIntervalsKey: ByteString = "_past"
  private static let missingPrefix = UInt8(ascii: "m")
  private static let entryPrefix = UInt8(ascii: "e")
  private static let dupPrefix = UInt8(ascii: "d")
  private static let version: UInt8 = 1
  /// Version 1 was Ceph's `pg_log_entry_t` and a progress whose numbers stood whole; it is read still.
  private static let entryVersion: UInt8 = 2

  package static func entryKey(_ version: EVersion) -> ByteString { key(entryPrefix, version) }
  package static func dupKey(_ version: EVersion) -> ByteString { key(dupPrefix, version) }

  /// All dups of a log, with their keys.
  package static func records(
    of dups: some Sequence<PGLogDup>
  ) -> [(key: ByteString, value: ByteSlice)] {
    var last: EVersion?
    var count: UInt16 = 0
    return dups.map { dup in
      count = dup.version == last ? count + 1 : 0
      last = dup.version
      let key = dupKey(dup.version)
      let suffix = count == 0 ? [] : [UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
      return (ByteString(key.bytes + suffix), dup.wire)
    }
  }

  private static func key(_ prefix: UInt8, _ version: EVersion) -> ByteString {
    ByteString(count: 13) { bytes in
      bytes[0] = prefix
      bytes.storeBytes(of: version.epoch.bigEndian, toByteOffset: 1, as: UInt32.self)
      bytes.storeBytes(of: version.version.bigEndian, toByteOffset: 5, as: UInt64.self)
    }
  }

  package enum Key: Sendable {
    case info
    case entry
    case dup
    case pastIntervals
    case missing
    case unknown
  }

  package static func kind(of key: ByteString) -> Key {
    if key == infoKey { return .info }
    if key == pastIntervalsKey { return .pastIntervals }
    if key.count > 1, key.bytes[0] == missingPrefix { return .missing }
    switch (key.count, key.bytes.first) {
    case (13, entryPrefix): return .entry
    case (13, dupPrefix), (15, dupPrefix): return .dup
    default: return .unknown
    }
  }

  package static func value(_ info: PGInfo, epoch: UInt32) -> ByteSlice {
    var writer = WireWriter(capacity: 2048)
    writer.write(version)
    writer.write(epoch)
    writer.write(info)
    return writer.finish()
  }

  package static func info(_ value: ByteSlice) throws(DecodeError) -> (info: PGInfo, epoch: UInt32)
  {
    var reader = WireReader(value)
    try check(try reader.read(UInt8.self))
    let epoch = try reader.read(UInt32.self)
    return (try reader.read(), epoch)
  }

  package static func value(_ past: PastIntervals) -> ByteSlice {
    var writer = WireWriter()
    writer.write(version)
    writer.write(past)
    return writer.finish()
  }

  package static func pastIntervals(_ value: ByteSlice) throws(DecodeError) -> PastIntervals {
    var reader = WireReader(value)
    try check(try reader.read(UInt8.self))
    return try reader.read()
  }

  package static func missingKey(_ object: HObject) -> ByteString {
    var writer = WireWriter()
    writer.write(missingPrefix)
    writer.write(object)
    return ByteString(writer.finish())
  }

  package static func value(_ item: MissingItem) -> ByteSlice {
    var writer = WireWriter()
    writer.write(version)
    writer.write(item)
    return writer.finish()
  }

  package static func missing(
    _ key: ByteString, _ value: ByteSlice
  ) throws(DecodeError) -> (HObject, MissingItem) {
    var name = WireReader(key.slice)
    try name.skip(1)
    var reader = WireReader(value)
    try check(try reader.read(UInt8.self))
    return (try name.read(), try reader.read())
  }

  package static func value(_ entry: PGLogEntry, _ progress: PGProgress) -> ByteSlice {
    var writer = WireWriter(capacity: 512)
    writer.write(entryVersion)
    write(entry, into: &writer)
    progress.encode(into: &writer, after: entry.version)
    return writer.finish()
  }

  package static func entry(_ value: ByteSlice) throws(DecodeError) -> (PGLogEntry, PGProgress) {
    var reader = WireReader(value)
    let version = try reader.read(UInt8.self)
    switch version {
    case 1: return (try reader.read(), try PGProgress(wholeFrom: &reader))
    case entryVersion:
      let entry = try readEntry(from: &reader)
      return (entry, try PGProgress(from: &reader, after: entry.version))
    default:
      throw .tooNew("an entry of a PG's log", compat: version, understood: entryVersion)
    }
  }

  private static func check(_ found: UInt8) throws(DecodeError) {
    guard found == version else {
      throw .tooNew("a PG's record", compat: found, understood: version)
    }
  }
}
