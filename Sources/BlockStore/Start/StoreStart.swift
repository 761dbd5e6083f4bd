import Base
import Buffers
import Devices
import KeyValue
import RadosTypes
import Reactors
import Wire

/// What a start finds: everything as of the last transaction that counts.
struct FoundStore {
  var superblock: Superblock
  var spaceMap: SpaceMap
  var partitions: [PartitionState]
  /// Of each log: what its partitions take.
  var units: [TakenUnits]
  /// The index has maps of another number of logs: a start ended while it dealt them.
  var mapsAreForeign = false
  var collections: [(id: CollectionID, partition: Int, bits: UInt32)]
  /// Of each log: where it goes on and where its replay begins.
  var logs: [(head: LogTail, tail: LogTail)]
}

/// Reads superblock, index and logs. On the device's reactor.
struct StoreStart {
  let access: DeviceAccess
  let index: Index
  let reactor: Reactor
  let options: BlockStoreOptions
  let log: Log?

  func find(_ superblock: Superblock, _ spaceMap: SpaceMap) async throws -> FoundStore {
    let logCount = superblock.logs.count
    let units = TakenUnits.make(spaceMap, logCount: logCount)
    let partitions = (0..<Int(superblock.partitionCount)).map {
      PartitionState(index: $0, units: units[$0 % logCount])
    }
    var found = FoundStore(
      superblock: superblock, spaceMap: spaceMap, partitions: partitions, units: units,
      collections: [], logs: [])
    try await loadProgress(partitions)
    try await loadMaps(&found)
    try await replay(&found)
    if found.mapsAreForeign { try await remakeMaps(&found) }
    for units in found.units { try units.claim() }
    for partition in partitions { try await loadUsage(partition) }
    found.collections = try await loadCollections(partitions)
    return found
  }

  private func replay(_ found: inout FoundStore) async throws {
    let tails = try await loadTails()
    for place in found.superblock.logs {
      let tail = tails[place.id] ?? LogTail()
      var replay = LogReplay(
        superblock: found.superblock, place: place, tail: tail, access: access,
        spaceMap: found.spaceMap, partitions: found.partitions, options: options)
      try await replay.run()
      try await replay.data.bringHome(access)
      log?.write(
        .bluestore, 1, nil,
        "log \(place.id): replayed \(replay.applied) records from \(tail.sequence) to \(replay.head.sequence - 1)"
      )
      found.logs.append((replay.head, tail))
    }
  }

  /// Begins a new incarnation: what was found is durable, and only what this start appends follows.
  func beginIncarnation(_ found: inout FoundStore) async throws {
    try await access.flush()
    found.superblock.incarnation += 1
    for number in found.superblock.logs.indices {
      found.superblock.logs[number].firstSequence = found.logs[number].head.sequence
    }
    try await access.write(&found.superblock)
  }

  // MARK: The index

  func read<Value>(_ work: @escaping (any KeyValue) throws -> Value) async throws -> Value {
    let box = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Answer<Value>, Never>) in
      index.read(on: reactor, work) { continuation.resume(returning: Answer($0)) }
    }
    return try box.result.get()
  }

  func change(_ work: @escaping (any KeyValue) throws -> Void) async throws {
    let box = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Answer<Void>, Never>) in
      index.change(on: reactor, work) { continuation.resume(returning: Answer($0)) }
    }
    try box.result.get()
  }

  private struct Answer<Value>: @unchecked Sendable {
    let result: Result<Value, any Error>

    init(_ result: Result<Value, any Error>) { self.result = result }
  }

  func entries(_ kind: UInt8, _ rest: [UInt8] = []) async throws -> [KeyValueEntry] {
    let from = ByteString([kind] + rest)
    return try await read { keyValue in
      let cursor = try keyValue.iterate(from: from, to: from.afterPrefix)
      var entries: [KeyValueEntry] = []
      while let entry = try cursor.next() { entries.append(entry) }
      return entries
    }
  }

  private func loadProgress(_ partitions: [PartitionState]) async throws {
    for entry in try await entries(StoreKey.Kind.partition) {
      try entry.value.withUnsafeBytes { bytes in
        var cursor = ByteCursor(bytes)
        let number = Int(entry.key.bytes[1]) << 8 | Int(entry.key.bytes[2])
        guard number < partitions.count else {
          throw DecodeError.implausible("partition", UInt64(number))
        }
        partitions[number].sequence = try cursor.take()
        partitions[number].nextID = try cursor.take()
      }
    }
  }

  private func loadTails() async throws -> [UInt32: LogTail] {
    var tails: [UInt32: LogTail] = [:]
    for entry in try await entries(StoreKey.Kind.log) {
      let id = entry.key.bytes.dropFirst().reduce(0) { $0 << 8 | UInt32($1) }
      tails[id] = try entry.value.withUnsafeBytes { bytes in
        var cursor = ByteCursor(bytes)
        return LogTail(
          sequence: try cursor.take(), offset: try cursor.take(),
          previousChecksum: try cursor.take())
      }
    }
    return tails
  }

  /// The index's entries of a kind with a partition's changes over them.
  private func merged(
    _ indexed: [KeyValueEntry], _ partition: PartitionState, prefix: ByteString
  ) -> [(key: ByteString, value: [UInt8])] {
    var entries: [ByteString: [UInt8]] = [:]
    for entry in indexed { entries[entry.key] = entry.value.array }
    partition.changes.forEach(from: prefix, to: prefix.afterPrefix) { key, value in
      entries[key] = value
      return true
    }
    return entries.map { ($0.key, $0.value) }
  }

  private func loadUsage(_ partition: PartitionState) async throws {
    let prefix = StoreKey.usage(partition.index, 0).bytes.prefix(3)
    let indexed = try await entries(StoreKey.Kind.usage, Array(prefix.dropFirst()))
    for (key, value) in merged(indexed, partition, prefix: ByteString(Array(prefix))) {
      let pool = key.bytes.dropFirst(3).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      partition.usage[Int64(bitPattern: pool)] = try value.withUnsafeBytes { bytes in
        var cursor = ByteCursor(bytes)
        return PoolUsage(
          allocatedUnits: try cursor.takeVarint(), storedBytes: try cursor.takeVarint(),
          objects: try cursor.takeVarint())
      }
    }
  }

  private func loadCollections(
    _ partitions: [PartitionState]
  ) async throws -> [(id: CollectionID, partition: Int, bits: UInt32)] {
    let prefix = ByteString([StoreKey.Kind.collection])
    var all: [ByteString: [UInt8]] = [:]
    for entry in try await entries(StoreKey.Kind.collection) { all[entry.key] = entry.value.array }
    for partition in partitions {
      partition.changes.forEach(from: prefix, to: prefix.afterPrefix) { key, value in
        all[key] = value
        return true
      }
    }
    var homes: [CollectionID: Int] = [:]
    return try all.map { key, value in
      guard let id = StoreKey.collectionID(key), let home = StoreKey.place(key)?.partition,
        home < partitions.count
      else { throw DecodeError.invalid("key of a collection: \(key.bytes)") }
      if let other = homes.updateValue(home, forKey: id) {
        throw DecodeError.invalid("collection \(id) is in partitions \(home) and \(other)")
      }
      return try value.withUnsafeBytes { bytes in
        var cursor = ByteCursor(bytes)
        return (id, home, try cursor.take(UInt32.self))
      }
    }
  }
}
