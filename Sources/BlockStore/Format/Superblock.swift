import Base
import Buffers
import RadosTypes
import Wire

/// What a start needs to know before it can read anything else.
///
/// Two copies, 16 KiB each, at 0 and 64 KiB; they are written in turn, each durable before the next is
/// begun, and the valid one of the higher generation counts. Little-endian, crc32c at the end of what
/// is used. Docs/Store.md has the fields.
package struct Superblock: Equatable, Sendable {
  package static let bytes = 16 << 10
  package static let copyDistance: UInt64 = 64 << 10
  package static let magic: UInt64 = 0x3159_524f_5453_4c4c  // "LLSTORY1"
  package static let version: UInt32 = 4
  /// What the superblocks' neighbourhood leaves for others.
  package static let areaBytes: UInt64 = 128 << 10

  /// One ring of the log area.
  package struct LogPlace: Equatable, Sendable {
    package var id: UInt32
    package var offset: UInt64
    package var bytes: UInt64
    /// The first sequence of this incarnation: what is below was found and made durable at its start.
    package var firstSequence: UInt64
  }

  package var generation: UInt64 = 0
  package var storeID: UniqueID
  package var deviceBytes: UInt64
  package var regionBytes: UInt64
  package var logAreaOffset: UInt64
  package var logAreaBytes: UInt64
  /// Where the index keeps the table of its files.
  package var indexAreaOffset: UInt64
  package var indexAreaBytes: UInt64
  package var dataOffset: UInt64
  package var partitionCount: UInt32
  /// One more at each start; records of others are not this start's.
  package var incarnation: UInt64 = 0
  package var nextLogID: UInt32 = 1
  package var logs: [LogPlace] = []
  /// Chosen at mkfs, changed by nothing but `setMetadata`: the OSD's and the cluster's ids and such.
  package var metadata: [String: String] = [:]

  package var regionCount: Int { Int((deviceBytes - dataOffset) / regionBytes) }

  /// Deals the log area out to `count` new, empty logs.
  mutating func dealLogs(_ count: Int) {
    let unit = UInt64(Limits.unitBytes)
    let each = logAreaBytes / UInt64(count) / unit * unit
    logs = (0..<count).map { index in
      LogPlace(
        id: nextLogID + UInt32(index), offset: logAreaOffset + UInt64(index) * each, bytes: each,
        firstSequence: 1)
    }
    nextLogID += UInt32(count)
  }

  /// Where the copy of this generation stands.
  var place: UInt64 { generation % 2 * Self.copyDistance }
}

extension Superblock {
  /// nil if it does not fit.
  func encoded() -> ByteSlice? {
    let buffer = EncodeBuffer(capacity: Self.bytes)
    buffer.put(Self.magic)
    buffer.put(Self.version)
    buffer.put(UInt32(0))  // bytes used, below
    buffer.put(generation)
    buffer.put(storeID.high)
    buffer.put(storeID.low)
    for value in [
      deviceBytes, regionBytes, logAreaOffset, logAreaBytes, indexAreaOffset, indexAreaBytes,
      dataOffset,
      incarnation,
    ] {
      buffer.put(value)
    }
    buffer.put(partitionCount)
    buffer.put(nextLogID)
    buffer.put(UInt32(logs.count))
    for log in logs {
      buffer.put(log.id)
      buffer.put(log.offset)
      buffer.put(log.bytes)
      buffer.put(log.firstSequence)
    }
    buffer.put(UInt32(metadata.count))
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      buffer.putString(Array(key.utf8))
      buffer.putString(Array(value.utf8))
    }
    guard buffer.count + 4 <= Self.bytes else { return nil }
    buffer.base.storeBytes(of: UInt32(buffer.count).littleEndian, toByteOffset: 12, as: UInt32.self)
    buffer.put(CRC32C.checksum(buffer.bytes, seed: .max))
    let slice = ByteSlice(zeros: Self.bytes)
    slice.slab.base.copyMemory(from: buffer.base, byteCount: buffer.count)
    return slice
  }

  package init(decoding slice: ByteSlice) throws(DecodeError) {
    let result = slice.withUnsafeBytes { bytes in
      Result { () throws(DecodeError) in try Superblock(bytes) }
    }
    self = try result.get()
  }

  private init(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) {
    var cursor = ByteCursor(bytes)
    guard try cursor.take(UInt64.self) == Self.magic else {
      throw .invalid("superblock: this is no store of loligo")
    }
    let version = try cursor.take(UInt32.self)
    guard version == Self.version else {
      throw .invalid("superblock of version \(version); this program knows \(Self.version)")
    }
    let used = Int(try cursor.take(UInt32.self))
    guard used >= 16, used + 4 <= bytes.count else {
      throw .implausible("superblock size", UInt64(used))
    }
    let sum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<used]), seed: .max)
    guard UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: used, as: UInt32.self)) == sum
    else {
      throw .invalid("superblock: checksum")
    }
    generation = try cursor.take()
    storeID = UniqueID(high: try cursor.take(), low: try cursor.take())
    deviceBytes = try cursor.take()
    regionBytes = try cursor.take()
    logAreaOffset = try cursor.take()
    logAreaBytes = try cursor.take()
    indexAreaOffset = try cursor.take()
    indexAreaBytes = try cursor.take()
    dataOffset = try cursor.take()
    incarnation = try cursor.take()
    partitionCount = try cursor.take()
    nextLogID = try cursor.take()
    try decodeLists(&cursor)
    try check()
  }

  private mutating func decodeLists(_ cursor: inout ByteCursor) throws(DecodeError) {
    let logCount = try cursor.take(UInt32.self)
    guard logCount <= UInt32(Limits.logsMax) else { throw .implausible("logs", UInt64(logCount)) }
    for _ in 0..<logCount {
      logs.append(
        LogPlace(
          id: try cursor.take(), offset: try cursor.take(), bytes: try cursor.take(),
          firstSequence: try cursor.take()))
    }
    for _ in 0..<(try cursor.take(UInt32.self)) {
      let key = String(decoding: try cursor.takeString(), as: UTF8.self)
      metadata[key] = String(decoding: try cursor.takeString(), as: UTF8.self)
    }
  }

  private func check() throws(DecodeError) {
    let unit = UInt64(Limits.unitBytes)
    let group = unit * UInt64(Limits.referenceGroupUnits)
    guard regionBytes >= group, regionBytes % group == 0, dataOffset % group == 0,
      logAreaOffset % unit == 0, dataOffset < deviceBytes, partitionCount > 0,
      partitionCount <= UInt32(Limits.partitionsMax), !logs.isEmpty
    else { throw .invalid("superblock: sizes") }
    for log in logs {
      guard log.offset % unit == 0, log.bytes % unit == 0, log.bytes >= 4 * unit,
        log.offset >= logAreaOffset, log.bytes <= logAreaBytes,
        log.offset <= logAreaOffset + logAreaBytes - log.bytes
      else { throw .invalid("superblock: place of log \(log.id)") }
    }
  }
}
