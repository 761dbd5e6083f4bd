import Buffers
import RadosTypes
import Wire

/// A log entry as the store has it: every write adds one, to the store's log and later to its index, so it is told with
/// few bytes. `PGLogFormat.entry` reads it.
///
/// Layout, numbers as varints (those that may be negative zigzag), strings with a varint length: `Parts`, operation: u8;
/// of the object: name, [key], [namespace], [snapshot], hash: u32, pool; version (epoch, version); how far below it the
/// prior version is, and [the one reverted to]; of the request: kind of client: u8, its number, tid, incarnation;
/// mtime: 8 bytes; how far the user version is below the version; number of clean runs; for each how far it begins
/// behind the last one's end, and its length, but of the last how far it ends before 2^64 - 1; [return code]; then as
/// in Ceph's encoding [op returns], [snaps], [modification], [extra request ids and their return codes].
/// What is in brackets stands there only if `Parts` says so.
extension PGLogFormat {
  /// What most entries do not have.
  private struct Parts: OptionSet {
    let rawValue: UInt16

    static let key = Parts(rawValue: 1)
    static let namespace = Parts(rawValue: 2)
    /// The object is not a head.
    static let snapshot = Parts(rawValue: 4)
    static let dirtyOmap = Parts(rawValue: 8)
    static let newObject = Parts(rawValue: 16)
    static let returnCode = Parts(rawValue: 32)
    static let opReturns = Parts(rawValue: 64)
    static let snaps = Parts(rawValue: 128)
    static let revertingTo = Parts(rawValue: 256)
    /// It can be undone, as in no replicated pool.
    static let modification = Parts(rawValue: 512)
    static let extraReqIDs = Parts(rawValue: 1024)
    /// The object is the one after all others.
    static let greatest = Parts(rawValue: 2048)
    static let all = Parts(rawValue: 4095)
  }

  private static func parts(of entry: PGLogEntry) -> Parts {
    var parts: Parts = []
    if !entry.object.key.isEmpty { parts.insert(.key) }
    if !entry.object.namespace.isEmpty { parts.insert(.namespace) }
    if !entry.object.isHead { parts.insert(.snapshot) }
    if entry.object.isMax { parts.insert(.greatest) }
    if !entry.cleanRegions.cleanOmap { parts.insert(.dirtyOmap) }
    if entry.cleanRegions.isNew { parts.insert(.newObject) }
    if entry.returnCode != 0 { parts.insert(.returnCode) }
    if !entry.opReturns.isEmpty { parts.insert(.opReturns) }
    if !entry.snaps.isEmpty { parts.insert(.snaps) }
    if !entry.revertingTo.isZero { parts.insert(.revertingTo) }
    if entry.modification != .unrollbackable { parts.insert(.modification) }
    if !entry.extraReqIDs.isEmpty || !entry.extraReturnCodes.isEmpty { parts.insert(.extraReqIDs) }
    return parts
  }

  // MARK: Writing

  static func write(_ entry: PGLogEntry, into writer: inout WireWriter) {
    let parts = parts(of: entry)
    writer.write(varint: UInt64(parts.rawValue))
    writer.write(UInt8(truncatingIfNeeded: entry.operation.rawValue))
    write(entry.object, parts, into: &writer)
    writer.write(varint: UInt64(entry.version.epoch))
    writer.write(varint: entry.version.version)
    writer.write(entry.priorVersion, below: entry.version)
    if parts.contains(.revertingTo) { writer.write(entry.revertingTo, below: entry.version) }
    write(entry.reqID, into: &writer)
    writer.write(entry.mtime)
    writer.write(varint: entry.version.version &- entry.userVersion)
    write(entry.cleanRegions.cleanOffsets, into: &writer)
    if !parts.isEmpty { writeRest(of: entry, parts, into: &writer) }
  }

  private static func write(_ object: HObject, _ parts: Parts, into writer: inout WireWriter) {
    writer.write(short: object.name)
    if parts.contains(.key) { writer.write(short: object.key) }
    if parts.contains(.namespace) { writer.write(short: object.namespace) }
    if parts.contains(.snapshot) { writer.write(varint: object.snap.rawValue) }
    writer.write(object.hash)
    writer.write(zigzag: object.pool)
  }

  private static func write(_ reqID: ReqID, into writer: inout WireWriter) {
    writer.write(reqID.name.type.rawValue)
    writer.write(zigzag: reqID.name.number)
    writer.write(varint: reqID.tid)
    writer.write(zigzag: Int64(reqID.incarnation))
  }

  private static func write(_ clean: IntervalSet, into writer: inout WireWriter) {
    let runs = clean.intervals.span
    writer.write(varint: UInt64(runs.count))
    var end: UInt64 = 0
    for index in runs.indices {
      writer.write(varint: runs[index].start - end)
      end = runs[index].end
      writer.write(varint: index == runs.count - 1 ? .max - end : runs[index].length)
    }
  }

  private static func writeRest(
    of entry: PGLogEntry, _ parts: Parts, into writer: inout WireWriter
  ) {
    if parts.contains(.returnCode) { writer.write(zigzag: Int64(entry.returnCode)) }
    if parts.contains(.opReturns) { writer.write(array: entry.opReturns) }
    if parts.contains(.snaps) { writer.write(entry.snaps) }
    if parts.contains(.modification) { writer.write(entry.modification) }
    guard parts.contains(.extraReqIDs) else { return }
    writer.write(array: entry.extraReqIDs)
    writer.write(map: entry.extraReturnCodes) { writer, index, code in
      writer.write(index)
      writer.write(code)
    }
  }

  // MARK: Reading

  static func readEntry(from reader: inout WireReader) throws(DecodeError) -> PGLogEntry {
    let parts = Parts(rawValue: try reader.readVarint())
    guard parts.isSubset(of: .all) else { throw .invalid("parts \(parts.rawValue) of a log entry") }
    let number = try reader.read(UInt8.self)
    guard let operation = PGLogEntry.Operation(rawValue: Int32(number)) else {
      throw .invalid("operation \(number) of a log entry")
    }
    let object = try readObject(parts, from: &reader)
    let version = EVersion(epoch: try reader.readVarint(), version: try reader.readVarint())
    var entry = PGLogEntry(
      operation, object, version: version, priorVersion: try reader.readVersion(below: version))
    if parts.contains(.revertingTo) { entry.revertingTo = try reader.readVersion(below: version) }
    entry.reqID = try readReqID(from: &reader)
    entry.mtime = try reader.read()
    entry.userVersion = version.version &- (try reader.readVarint())
    entry.cleanRegions.cleanOffsets = try readClean(from: &reader)
    entry.cleanRegions.cleanOmap = !parts.contains(.dirtyOmap)
    entry.cleanRegions.isNew = parts.contains(.newObject)
    try readRest(of: &entry, parts, from: &reader)
    return entry
  }

  private static func readObject(
    _ parts: Parts, from reader: inout WireReader
  ) throws(DecodeError) -> HObject {
    let name = try reader.readShortName()
    let key = parts.contains(.key) ? try reader.readShortName() : ByteString()
    let namespace = parts.contains(.namespace) ? try reader.readShortName() : ByteString()
    let snap = parts.contains(.snapshot) ? SnapID(try reader.readVarint()) : .head
    let hash = try reader.read(UInt32.self)
    var object = HObject(
      pool: try reader.readZigzag(), hash: hash, name: name, namespace: namespace, snap: snap)
    // Whatever it is: a client may name one that equals the name.
    object.key = key
    object.isMax = parts.contains(.greatest)
    return object
  }

  private static func readReqID(from reader: inout WireReader) throws(DecodeError) -> ReqID {
    let kind = try reader.read(UInt8.self)
    guard let type = EntityType(rawValue: kind) else { throw .invalid("entity type \(kind)") }
    let name = EntityName(type, try reader.readZigzag())
    return ReqID(
      name: name, tid: try reader.readVarint(), incarnation: try reader.readZigzag())
  }

  private static func readClean(from reader: inout WireReader) throws(DecodeError) -> IntervalSet {
    let count = try reader.readVarint(UInt64.self)
    guard count <= UInt64(reader.remaining / 2) else { throw .implausible("clean runs", count) }
    var clean = IntervalSet()
    var end: UInt64 = 0
    for left in (0..<count).reversed() {
      let (start, passes) = end.addingReportingOverflow(try reader.readVarint())
      let length = try reader.readVarint(UInt64.self)
      let (sum, passesToo) = start.addingReportingOverflow(length)
      end = left == 0 ? .max - length : sum
      guard !passes, left == 0 || !passesToo, end > start else {
        throw .invalid("clean run of a log entry from \(start) on")
      }
      clean.insert(start, length: end - start)
    }
    return clean
  }

  private static func readRest(
    of entry: inout PGLogEntry, _ parts: Parts, from reader: inout WireReader
  ) throws(DecodeError) {
    if parts.contains(.returnCode) { entry.returnCode = try reader.readZigzag() }
    if parts.contains(.opReturns) { entry.opReturns = try reader.readArray() }
    if parts.contains(.snaps) { entry.snaps = try reader.readByteString() }
    entry.modification = parts.contains(.modification) ? try reader.read() : .unrollbackable
    guard parts.contains(.extraReqIDs) else { return }
    entry.extraReqIDs = try reader.readArray()
    entry.extraReturnCodes = try reader.readMap(
      { (reader) throws(DecodeError) in try reader.read(UInt32.self) },
      { (reader) throws(DecodeError) in try reader.read(Int32.self) })
  }
}

/// Versions as differences: how far one is below another, epoch and version apart, as varints.
extension WireWriter {
  mutating func write(_ version: EVersion, below other: EVersion) {
    write(varint: UInt64(other.epoch &- version.epoch))
    write(varint: other.version &- version.version)
  }
}

extension WireReader {
  mutating func readVersion(below other: EVersion) throws(DecodeError) -> EVersion {
    let epoch = other.epoch &- (try readVarint(UInt32.self))
    return EVersion(epoch: epoch, version: other.version &- (try readVarint(UInt64.self)))
  }
}
