import Base
import Buffers
import Wire

/// Follows a log's chain of records from its tail, and applies those that count to their partitions.
///
/// A record counts if it and all before it are whole, of this store, log and incarnation, and its data
/// have arrived: that is known when a later record's mark says so, else their checksums are checked.
/// The first that does not count ends the log. If it was acknowledged, that is damage.
///
/// What data came with the records is in `data`, to be brought home before anything else is written.
struct LogReplay {
  let superblock: Superblock
  let place: Superblock.LogPlace
  let access: DeviceAccess
  let spaceMap: SpaceMap
  let partitions: [PartitionState]
  let options: BlockStoreOptions
  private var reader: RingReader
  /// The next record to read.
  private(set) var head: LogTail
  private let tail: LogTail
  private var marked: UInt64
  /// Read, but not known to be complete with their data.
  private var pending: [(head: LogRecordHead, bytes: ByteSlice, place: LogTail)] = []
  private(set) var applied = 0
  let data = ReplayedData()

  init(
    superblock: Superblock, place: Superblock.LogPlace, tail: LogTail, access: DeviceAccess,
    spaceMap: SpaceMap, partitions: [PartitionState], options: BlockStoreOptions
  ) {
    self.superblock = superblock
    self.place = place
    self.tail = tail
    self.access = access
    self.spaceMap = spaceMap
    self.partitions = partitions
    self.options = options
    reader = RingReader(access: access, place: place)
    head = tail
    marked = place.firstSequence - 1
  }

  mutating func run() async throws {
    while let (record, bytes) = try await next() {
      pending.append((record, bytes, head))
      head = LogTail(
        sequence: record.sequence + 1,
        offset: head.offset + UInt64(record.ringBytes),
        previousChecksum: record.checksum)
      marked = max(marked, record.mark)
      try applyMarked()
    }
    try await checkBreak()
    try await applyArrived()
  }

  // MARK: Reading

  /// The record at `head` if it continues the chain.
  private mutating func next() async throws -> (LogRecordHead, ByteSlice)? {
    let left = place.bytes - (head.offset - tail.offset)
    guard left >= UInt64(Limits.unitBytes) else { return nil }
    let block = try await reader.read(at: head.offset, count: Limits.unitBytes)
    guard let record = block.withUnsafeBytes({ LogRecordHead($0) }), belongs(record),
      record.sequence == head.sequence, record.previousChecksum == head.previousChecksum,
      isOfItsTime(record), UInt64(record.ringBytes) <= left
    else { return nil }
    guard let bytes = try await whole(record, at: head.offset) else { return nil }
    return (record, bytes)
  }

  /// The record with its data, which its checksum does not cover.
  private mutating func whole(_ record: LogRecordHead, at offset: UInt64) async throws -> ByteSlice?
  {
    let bytes = try await reader.read(at: offset, count: record.ringBytes)
    let own = bytes.prefix(record.length)
    return own.withUnsafeBytes { LogRecordHead.sum($0) } == record.checksum ? bytes : nil
  }

  private func belongs(_ record: LogRecordHead) -> Bool {
    record.storeID == superblock.storeID && record.log == place.id
      && record.length <= Int(place.bytes) && UInt64(record.dataUnits) <= place.bytes
  }

  /// From this incarnation's first sequence on, only its own records count: others were not there when
  /// it began, or it would have taken them over.
  private func isOfItsTime(_ record: LogRecordHead) -> Bool {
    if options.mutants.contains(.anyIncarnation) { return true }
    return record.sequence >= place.firstSequence
      ? record.incarnation == superblock.incarnation : record.incarnation < superblock.incarnation
  }

  /// The chain ends at `head`. Nothing that was acknowledged may lie behind that.
  private mutating func checkBreak() async throws {
    if head.sequence < place.firstSequence {
      throw StartError(
        "log \(place.id): record \(head.sequence) is damaged; the last start found the log whole up "
          + "to record \(place.firstSequence - 1)")
    }
    let end = tail.offset + place.bytes
    let first = try await reader.read(at: head.offset, count: Limits.unitBytes)
    try checkVersion(of: first)
    let limit = min(end, head.offset + bytesOfNext(first) + Limits.damageScanBytes)
    var at = head.offset
    while at < limit {
      let block = try await reader.read(at: at, count: Limits.unitBytes)
      if let record = block.withUnsafeBytes({ LogRecordHead($0) }), belongs(record),
        record.incarnation == superblock.incarnation, record.sequence > head.sequence,
        record.mark >= head.sequence, UInt64(record.ringBytes) <= end - at,
        try await whole(record, at: at) != nil
      {
        throw StartError(
          "log \(place.id): record \(head.sequence) is damaged, but record \(record.sequence) says that "
            + "it was complete")
      }
      at += UInt64(Limits.unitBytes)
    }
  }

  /// A record that another version of the daemon wrote is no end of the log.
  private func checkVersion(of block: ByteSlice) throws {
    guard let record = block.withUnsafeBytes({ LogRecordHead(ofAnyVersion: $0) }),
      record.version != LogRecordHead.version, belongs(record), record.sequence == head.sequence
    else { return }
    throw StartError(
      "log \(place.id): record \(head.sequence) is of version \(record.version), and \(LogRecordHead.version) "
        + "is what this daemon reads")
  }

  /// What a record in the ring says that it takes, if it would be the next but for its checksum: the
  /// ones that may tell of it lie behind that.
  private func bytesOfNext(_ block: ByteSlice) -> UInt64 {
    guard let record = block.withUnsafeBytes({ LogRecordHead($0) }), belongs(record),
      record.sequence == head.sequence, record.previousChecksum == head.previousChecksum
    else { return 0 }
    return UInt64(record.ringBytes)
  }

  // MARK: Applying

  private mutating func applyMarked() throws {
    while let first = pending.first, first.head.sequence <= marked {
      try apply(first.head, first.bytes)
      pending.removeFirst()
    }
  }

  /// Applies records as long as their data are found, and ends the log at the first whose are not.
  private mutating func applyArrived() async throws {
    for record in pending {
      guard try await hasArrived(record.head, record.bytes) else {
        head = record.place
        break
      }
      try apply(record.head, record.bytes)
    }
    pending = []
  }

  private func hasArrived(_ record: LogRecordHead, _ bytes: ByteSlice) async throws -> Bool {
    if record.dataUnits > 0 { return try areWhole(record, bytes) }
    for (run, check) in try allocations(record, bytes) {
      guard let region = spaceMap.region(of: run.unit), run.count > 0,
        run.unit + UInt64(run.count)
          <= spaceMap.firstUnit(of: region) + UInt64(spaceMap.regionUnits)
      else { return false }
      if try await checksum(run) != check { return false }
    }
    return true
  }

  /// Whether the data behind a record are what its transactions say.
  private func areWhole(_ record: LogRecordHead, _ bytes: ByteSlice) throws -> Bool {
    var left = Self.data(of: record, bytes)
    for (run, check) in try allocations(record, bytes) {
      guard run.count >= 0, run.count <= left.count / Limits.unitBytes else { return false }
      let count = run.count * Limits.unitBytes
      if Self.checksum(left.prefix(count), seed: .max) != check { return false }
      left = left.dropFirst(count)
    }
    return left.count == 0
  }

  private static func data(of record: LogRecordHead, _ bytes: ByteSlice) -> ByteSlice {
    bytes.dropFirst(LogRecordHead.ringBytes(record.length))
  }

  private func checksum(_ run: UnitRun) async throws -> UInt32 {
    var sum = UInt32.max
    var done = 0
    while done < run.count {
      let step = min(256, run.count - done)
      let bytes = try await access.read(
        at: (run.unit + UInt64(done)) * UInt64(Limits.unitBytes), count: step * Limits.unitBytes)
      sum = Self.checksum(bytes, seed: sum)
      done += step
    }
    return sum
  }

  /// Over the checksums of blocks.
  private static func checksum(_ blocks: ByteSlice, seed: UInt32) -> UInt32 {
    var sum = seed
    for at in stride(from: 0, to: blocks.count, by: Limits.unitBytes) {
      let own = CRC32C.checksum(blocks.sub(at, Limits.unitBytes), seed: .max)
      sum = withUnsafeBytes(of: own.littleEndian) { CRC32C.checksum($0, seed: sum) }
    }
    return sum
  }

  private func allocations(
    _ record: LogRecordHead, _ bytes: ByteSlice
  ) throws -> [(run: UnitRun, check: UInt32)] {
    var found: [(run: UnitRun, check: UInt32)] = []
    try forEachTransaction(record, bytes) { _, _, _, cursor in
      while !cursor.isAtEnd {
        if case .allocate(let unit, let count, let check) = try LogChange(&cursor) {
          found.append((UnitRun(unit: unit, count: count), check))
        }
      }
    }
    return found
  }

  private func forEachTransaction(
    _ record: LogRecordHead, _ bytes: ByteSlice,
    _ body: (PartitionState, _ sequence: UInt64, _ nextID: UInt64, inout ByteCursor) throws -> Void
  ) throws {
    try bytes.withUnsafeBytes { all in
      var cursor = ByteCursor(all)
      _ = try cursor.takeRaw(LogRecordHead.bytes)
      for _ in 0..<record.transactions {
        let partition = Int(try cursor.take(UInt16.self))
        let sequence = try cursor.take(UInt64.self)
        let nextID = try cursor.take(UInt64.self)
        let count = Int(try cursor.take(UInt32.self))
        guard partition < partitions.count else {
          throw DecodeError.implausible("partition", UInt64(partition))
        }
        var changes = ByteCursor(try cursor.takeRaw(count))
        try body(partitions[partition], sequence, nextID, &changes)
      }
    }
  }

  private mutating func apply(_ record: LogRecordHead, _ bytes: ByteSlice) throws {
    applied += 1
    if record.dataUnits > 0, try !areWhole(record, bytes) {
      throw StartError("log \(place.id): the data of record \(record.sequence) are damaged")
    }
    data.begin(Self.data(of: record, bytes))
    try forEachTransaction(record, bytes) { partition, sequence, nextID, cursor in
      // The index may be ahead of the log's tail; its data are at their places then.
      guard sequence > partition.sequence else {
        while !cursor.isAtEnd {
          if case .allocate(_, let count, _) = try LogChange(&cursor) { data.skip(count) }
        }
        return
      }
      guard sequence == partition.sequence + 1 else {
        throw StartError(
          "log \(place.id), record \(record.sequence): partition \(partition.index) goes on with "
            + "transaction \(sequence) after \(partition.sequence)")
      }
      partition.sequence = sequence
      partition.nextID = max(partition.nextID, nextID)
      while !cursor.isAtEnd { try apply(try LogChange(&cursor), to: partition) }
    }
  }

  private func apply(_ change: LogChange, to partition: PartitionState) throws(DecodeError) {
    switch change {
    case .put(let key, let value): partition.changes.set(ByteString(key), value)
    case .edit(let key, let edit):
      guard case .value(let old) = partition.changes.find(ByteString(key)) else {
        throw .invalid("edit of a value that no record put")
      }
      partition.changes.set(ByteString(key), try ValueEdit.apply(edit, to: old))
    case .delete(let key): partition.changes.set(ByteString(key), nil)
    case .deleteRange(let from, let to):
      partition.changes.deleteRange(from: ByteString(from), to: ByteString(to))
    case .allocate(let unit, let count, _):
      try partition.units.replayTake(UnitRun(unit: unit, count: count))
      data.allocated(UnitRun(unit: unit, count: count))
    case .free(let unit, let count):
      try partition.units.replayFree(UnitRun(unit: unit, count: count))
      data.freed(UnitRun(unit: unit, count: count))
    }
  }
}
