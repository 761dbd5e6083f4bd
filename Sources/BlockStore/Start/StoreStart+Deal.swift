import Buffers
import KeyValue
import Wire

/// What the partitions of each log take, and dealing the partitions to another number of logs.
extension StoreStart {
  func loadMaps(_ found: inout FoundStore) async throws {
    let logCount = found.units.count
    var dealt: Set<Int> = []
    for entry in try await entries(StoreKey.Kind.region) {
      if let count = StoreKey.regionsLogs(entry.key) {
        dealt.insert(count)
        continue
      }
      guard let place = StoreKey.region(entry.key), place.seat < place.logCount else {
        throw DecodeError.invalid("key of a region: \(entry.key.bytes)")
      }
      // Others are of a start that ended before they counted.
      guard place.logCount == logCount else { continue }
      try entry.value.withUnsafeBytes { bytes in
        var cursor = ByteCursor(bytes)
        try found.units[place.seat].load(region: place.region, &cursor)
      }
    }
    found.mapsAreForeign = !dealt.isEmpty && !dealt.contains(logCount)
  }

  /// The maps of the superblock's logs when the index has others. All is in the index then.
  func remakeMaps(_ found: inout FoundStore) async throws {
    guard found.partitions.allSatisfy(\.changes.isEmpty) else {
      throw StartError("the index has maps of another number of logs, but the logs are not empty")
    }
    found.units = try await walk(found.spaceMap, logCount: found.units.count)
    for partition in found.partitions {
      partition.units = found.units[partition.index % found.units.count]
    }
  }

  /// Brings everything to the index, empties the logs, and deals the log area anew.
  ///
  /// Which units a new log's partitions take is found by walking all objects. From the index's flush on until
  /// the superblock is written, only maps of another number of logs than the superblock's are marked as whole.
  func redeal(_ found: inout FoundStore, count: Int) async throws {
    log?.write(
      .bluestore, 1, nil,
      "dealing partitions to \(count) logs, there were \(found.superblock.logs.count)")
    let changes = found.partitions.map(\.changes)
    try await change { keyValue in for each in changes { try each.apply(to: keyValue) } }
    // All is in the index now.
    for partition in found.partitions { partition.changes.removeAll() }
    let before = found.units.reduce(0) { $0 + $1.usedUnits }
    found.units = try await walk(found.spaceMap, logCount: count)
    let now = found.units.reduce(0) { $0 + $1.usedUnits }
    if now != before {
      log?.error(.bluestore, nil, "\(before) units were taken, but objects have \(now)")
    }
    found.spaceMap.endLeases()
    for units in found.units { units.lease() }
    let maps = mapBatches(found.units)
    let last = lastBatch(found)
    try await change { keyValue in
      for batch in maps { try keyValue.apply(batch) }
      try keyValue.apply(last)
      try keyValue.flush()
    }
    found.superblock.dealLogs(count)
    try await access.write(&found.superblock)
    found.logs = Array(repeating: (LogTail(), LogTail()), count: count)
    for partition in found.partitions { partition.units = found.units[partition.index % count] }
  }

  /// The new maps; they count when there are no others.
  private func mapBatches(_ units: [TakenUnits]) -> [KeyValueBatch] {
    var batches = [KeyValueBatch()]
    batches[0].deleteRange(
      from: StoreKey.regions(ofLogs: units.count), to: StoreKey.regions(ofLogs: units.count + 1))
    for units in units {
      for case (let key, let value?) in units.checkpointEntries() {
        if batches[batches.count - 1].bytes.count >= Self.mapBatchBytes {
          batches.append(KeyValueBatch())
        }
        batches[batches.count - 1].put(key, value)
      }
    }
    return batches
  }

  private static let mapBatchBytes = 256 << 10

  /// What makes the changes count: no maps but the new ones, which are marked so, and empty logs.
  private func lastBatch(_ found: FoundStore) -> KeyValueBatch {
    var batch = KeyValueBatch()
    let count = found.units.count
    batch.deleteRange(from: StoreKey.regions(ofLogs: 0), to: StoreKey.regions(ofLogs: count))
    batch.deleteRange(
      from: StoreKey.regions(ofLogs: count + 1), to: StoreKey.regions(ofLogs: Int(UInt16.max)))
    batch.put(StoreKey.regions(ofLogs: count), [])
    for partition in found.partitions {
      batch.put(StoreKey.partition(partition.index), partition.reached.encoded)
    }
    for (place, log) in zip(found.superblock.logs, found.logs) {
      batch.put(StoreKey.log(place.id), log.head.encoded)
    }
    return batch
  }

  /// What the objects that the index has take, by log.
  func walk(_ space: SpaceMap, logCount: Int) async throws -> [TakenUnits] {
    let walked = try await read { keyValue in
      try Walk(units: TakenUnits.make(space, logCount: logCount)).run(keyValue)
    }
    return walked.units
  }

  private struct Walk: @unchecked Sendable {
    let units: [TakenUnits]
    private let segment = Segment()

    init(units: [TakenUnits]) { self.units = units }

    func run(_ keyValue: any KeyValue) throws -> Walk {
      try forEach(StoreKey.Kind.object, keyValue) { _, value in
        let record = try value.withUnsafeBytes { try OnodeRecord(decoding: $0) }
        if let first = record.first { try take(first, of: record.id) }
      }
      try forEach(StoreKey.Kind.segment, keyValue) { key, value in
        guard let object = StoreKey.id(key) else {
          throw DecodeError.invalid("key of a segment: \(key.bytes)")
        }
        try take(value.array, of: object)
      }
      return self
    }

    private func forEach(
      _ kind: UInt8, _ keyValue: any KeyValue, _ body: (ByteString, ByteSlice) throws -> Void
    ) throws {
      let from = ByteString([kind])
      let cursor = try keyValue.iterate(from: from, to: from.afterPrefix)
      while let entry = try cursor.next() { try body(entry.key, entry.value) }
    }

    private func take(_ bytes: [UInt8], of object: UInt64) throws {
      try segment.decode(bytes)
      let partition = Partition.partition(ofID: object)
      guard partition >= 0 else { throw DecodeError.implausible("id of an object", object) }
      let own = units[partition % units.count]
      for block in 0..<Segment.blocks where !segment[block].isHole {
        try own.replayTake(UnitRun(unit: segment[block].unit, count: 1))
      }
    }
  }
}

extension TakenUnits {
  /// Empty ones, for each log.
  static func make(_ space: SpaceMap, logCount: Int) -> [TakenUnits] {
    (0..<logCount).map { TakenUnits(space: space, seat: $0, of: logCount) }
  }
}

extension PartitionState {
  var reached: PartitionProgress { PartitionProgress(sequence: sequence, nextID: nextID) }
}
