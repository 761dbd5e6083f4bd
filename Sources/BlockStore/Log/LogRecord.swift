import Base
import Buffers
import RadosTypes
import Wire

/// The head of a record of the commit log; the transactions of one group follow it.
///
/// Layout, 72 bytes: `magic: u32, checksum: u32` (crc32c of everything after it), `length: u32` (head
/// and body; the ring is filled up to 4 KiB), `version: u16, reserved: u16, store: 16 bytes, log: u32,
/// previousChecksum: u32, incarnation, sequence, mark: u64, transactions: u32, dataUnits: u32`. So many
/// blocks follow in the ring after what the record fills: all that its transactions allocate, in their
/// order, if there are any; only the transactions' own checksums cover them.
struct LogRecordHead: Equatable {
  static let bytes = 72
  static let magic: UInt32 = 0x4352_4c4c  // "LLRC"
  static let version: UInt16 = 2

  var version = Self.version
  var length = 0
  var storeID: UniqueID
  var log: UInt32
  /// Of the record before this one in its log.
  var previousChecksum: UInt32
  var incarnation: UInt64
  var sequence: UInt64
  /// All data of records up to this sequence, and these records, are durable.
  var mark: UInt64
  var transactions: UInt32 = 0
  var dataUnits: UInt32 = 0
  var checksum: UInt32 = 0

  /// Bytes of the ring that a record of `length` bytes takes.
  static func ringBytes(_ length: Int) -> Int {
    (length + Limits.unitBytes - 1) / Limits.unitBytes * Limits.unitBytes
  }

  /// The same with the data that follow.
  var ringBytes: Int { Self.ringBytes(length) + Int(dataUnits) * Limits.unitBytes }

  /// Writes the head over the first bytes of a record whose body is in place; returns its checksum.
  func seal(_ record: UnsafeMutableRawPointer) -> UInt32 {
    record.storeBytes(of: Self.magic.littleEndian, as: UInt32.self)
    record.storeBytes(of: UInt32(length).littleEndian, toByteOffset: 8, as: UInt32.self)
    record.storeBytes(of: version.littleEndian, toByteOffset: 12, as: UInt16.self)
    record.storeBytes(of: 0, toByteOffset: 14, as: UInt16.self)
    record.storeBytes(of: storeID.high.littleEndian, toByteOffset: 16, as: UInt64.self)
    record.storeBytes(of: storeID.low.littleEndian, toByteOffset: 24, as: UInt64.self)
    record.storeBytes(of: log.littleEndian, toByteOffset: 32, as: UInt32.self)
    record.storeBytes(of: previousChecksum.littleEndian, toByteOffset: 36, as: UInt32.self)
    record.storeBytes(of: incarnation.littleEndian, toByteOffset: 40, as: UInt64.self)
    record.storeBytes(of: sequence.littleEndian, toByteOffset: 48, as: UInt64.self)
    record.storeBytes(of: mark.littleEndian, toByteOffset: 56, as: UInt64.self)
    record.storeBytes(of: transactions.littleEndian, toByteOffset: 64, as: UInt32.self)
    record.storeBytes(of: dataUnits.littleEndian, toByteOffset: 68, as: UInt32.self)
    let sum = Self.sum(UnsafeRawBufferPointer(start: record, count: length))
    record.storeBytes(of: sum.littleEndian, toByteOffset: 4, as: UInt32.self)
    return sum
  }

  static func sum(_ record: UnsafeRawBufferPointer) -> UInt32 {
    CRC32C.checksum(UnsafeRawBufferPointer(rebasing: record[8...]), seed: .max)
  }

  /// Reads a head without believing it: nil if these bytes begin no record of this version.
  init?(_ bytes: UnsafeRawBufferPointer) {
    self.init(ofAnyVersion: bytes)
    guard version == Self.version else { return nil }
  }

  init?(ofAnyVersion bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.bytes else { return nil }
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_ at: Int, _: Value.Type) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Value.self))
    }
    guard load(0, UInt32.self) == Self.magic else { return nil }
    version = load(12, UInt16.self)
    checksum = load(4, UInt32.self)
    length = Int(load(8, UInt32.self))
    guard length >= Self.bytes else { return nil }
    storeID = UniqueID(high: load(16, UInt64.self), low: load(24, UInt64.self))
    log = load(32, UInt32.self)
    previousChecksum = load(36, UInt32.self)
    incarnation = load(40, UInt64.self)
    sequence = load(48, UInt64.self)
    mark = load(56, UInt64.self)
    transactions = load(64, UInt32.self)
    dataUnits = load(68, UInt32.self)
  }

  init(
    storeID: UniqueID, log: UInt32, previousChecksum: UInt32, incarnation: UInt64, sequence: UInt64,
    mark: UInt64
  ) {
    self.storeID = storeID
    self.log = log
    self.previousChecksum = previousChecksum
    self.incarnation = incarnation
    self.sequence = sequence
    self.mark = mark
  }
}

/// What one transaction does, as the log and the replay see it.
///
/// In a record: `partition: u16, sequence: u64` (the partition's own), `nextID: u64, bytes: u32`, then
/// the changes: u8 kind; strings with varint lengths; units and counts as varints.
enum LogChange {
  static let headBytes = 22

  enum Kind: UInt8 {
    case put = 1
    case delete = 2
    case deleteRange = 3
    /// unit, count, u32 crc32c over the blocks' checksums: what must be found there.
    case allocate = 4
    case free = 5
    /// What has changed of a value that a record since the last checkpoint put (`ValueEdit`).
    case edit = 6
  }

  case put([UInt8], [UInt8])
  case edit([UInt8], [UInt8])
  case delete([UInt8])
  case deleteRange([UInt8], [UInt8])
  case allocate(unit: UInt64, count: Int, check: UInt32)
  case free(unit: UInt64, count: Int)

  init(_ cursor: inout ByteCursor) throws(DecodeError) {
    let byte = try cursor.take(UInt8.self)
    switch Kind(rawValue: byte) {
    case .put: self = .put(try cursor.takeString(), try cursor.takeString())
    case .edit: self = .edit(try cursor.takeString(), try cursor.takeString())
    case .delete: self = .delete(try cursor.takeString())
    case .deleteRange: self = .deleteRange(try cursor.takeString(), try cursor.takeString())
    case .allocate:
      self = .allocate(
        unit: try cursor.takeVarint(), count: try cursor.takeCount(), check: try cursor.take())
    case .free: self = .free(unit: try cursor.takeVarint(), count: try cursor.takeCount())
    case nil: throw .invalid("change of kind \(byte)")
    }
  }
}
