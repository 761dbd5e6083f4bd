import Base
import Buffers
import Devices
import ObjectStores
import RadosTypes
import Wire

/// What a check found wrong, and how much it looked at.
package struct CheckReport: Sendable {
  package var errors: [String] = []
  package var objects = 0
  package var units = 0
  package var sharedUnits = 0
  package var omapEntries = 0
  package var blocksRead = 0
  package static let errorsMax = 1000

  package var isClean: Bool { errors.isEmpty }

  mutating func add(_ error: String) { if errors.count < Self.errorsMax { errors.append(error) } }

  mutating func merge(_ other: CheckReport) {
    for error in other.errors { add(error) }
    objects += other.objects
    units += other.units
    sharedUnits += other.sharedUnits
    omapEntries += other.omapEntries
    blocksRead += other.blocksRead
  }
}

/// How full a store and its logs are, for tests.
package struct StoreFill: Sendable {
  package var units = 0
  package var usedUnits = 0
  /// What any partition could allocate now.
  package var freeUnits = 0
  /// Of each log: its id, its ring's size, and how much has ever been written to it.
  package var logs: [(id: UInt32, ringBytes: UInt64, writtenBytes: UInt64)] = []
  /// Whose data went to the log first.
  package var deferredWrites = 0
}

extension BlockStore {
  /// On the store's only thread.
  package var fill: StoreFill {
    let store = current("fill")
    var fill = StoreFill()
    fill.units = store.shared.spaceMap.regionCount * store.shared.spaceMap.regionUnits
    fill.usedUnits = store.usedUnits
    fill.freeUnits = store.shared.spaceMap.now.roomForData
    fill.deferredWrites = store.hosts.reduce(0) {
      $0 + Int($1.perf.value(StoreCounter.deferredWrites).sum)
    }
    fill.logs = store.logs.map { ($0.place.id, $0.place.bytes, $0.head.offset) }
    return fill
  }

  /// Logs that are being brought to the index just now; on the store's only thread.
  package var checkpointsRunning: Int {
    current("checkpointsRunning").logs.count { $0.checkpoint.isRunning }
  }

  /// Checks every reference, free block and count of a mounted store at rest; `deep`: every block's
  /// checksum too.
  package func check(deep: Bool) async throws(StoreError) -> CheckReport {
    let store = current("check")
    await Self.rest(store, true)
    let report = await Self.checkAll(store, deep: deep)
    await Self.rest(store, false)
    return try report.get()
  }

  /// Nothing may move between one walk and the next.
  private static func rest(_ store: MountedStore, _ isResting: Bool) async {
    for partition in store.partitions {
      await run(on: partition.reactor) {
        await partition.allApplied()
        partition.isResting = isResting
      }
    }
  }

  private static func checkAll(
    _ store: MountedStore, deep: Bool
  ) async -> Result<CheckReport, StoreError> {
    var report = CheckReport()
    let owned = TakenUnits(space: store.shared.spaceMap, seat: 0, of: 1)
    for partition in store.partitions {
      let result = await run(on: partition.reactor) {
        () async -> Result<CheckReport, StoreError> in
        let run = StoreCheck(partition, owned)
        do throws(StoreError) {
          return .success(try await run.run(deep: deep))
        } catch {
          return .failure(error)
        }
      }
      guard case .success(let part) = result else { return result }
      report.merge(part)
    }
    checkMaps(store, &report)
    return .success(report)
  }

  /// What the logs' maps have is what objects have, and what is free in the device's map is what neither has;
  /// right when the store is at rest.
  private static func checkMaps(_ store: MountedStore, _ report: inout CheckReport) {
    let map = store.shared.spaceMap
    let counts = map.now
    let units = (map.regionCount - counts.indexRegions) * map.regionUnits
    if store.usedUnits != report.units {
      report.add("\(store.usedUnits) units are taken, \(report.units) have owners")
    }
    let taken = store.partitions.reduce(store.usedUnits) { $0 + $1.space.pendingUnits }
    if counts.freeUnits != units - taken {
      report.add("\(counts.freeUnits) units are free, but \(taken) of \(units) taken")
    }
  }

  /// Brings all that is in the logs to the index.
  package func checkpoint() async {
    for commitLog in current("checkpoint").logs {
      await Self.run(on: commitLog.reactor) { await Self.checkpoint(commitLog) }
    }
  }
}

/// The check of one partition: what objects refer to against what is taken and counted.
private final class StoreCheck {
  private let partition: Partition
  private var report = CheckReport()
  private struct Known {
    let name: String
    let pool: Int64
    let size: UInt64
    let isFirstInside: Bool
    var mapped = 0
    var tailIsHole = true
  }
  private var objects: [UInt64: Known] = [:]
  private var omaps: Set<UInt64> = []
  private var owners: [UInt64: UInt32] = [:]
  /// What objects of any partition were found to have.
  private let owned: TakenUnits
  private var unitPools: [Int64: UInt64] = [:]
  private var unshared: Set<UInt64> = []
  private var sums: [UInt64: UInt32] = [:]
  private var patched: Set<PatchPlace> = []
  private struct PatchPlace: Hashable {
    let object: UInt64
    let block: UInt32
  }

  init(_ partition: Partition, _ owned: TakenUnits) {
    self.partition = partition
    self.owned = owned
  }

  func run(deep: Bool) async throws(StoreError) -> CheckReport {
    try await forEach(StoreKey.Kind.object) { try self.object($0, $1) }
    try await forEach(StoreKey.Kind.segment) { try self.segment($0, $1) }
    try await forEach(StoreKey.Kind.patch) { try self.patch($0, $1) }
    for place in patched {
      report.add("object \(place.object): block \(place.block) lacks its patch")
    }
    try await forEach(StoreKey.Kind.omap) { self.omap($0, $1) }
    try await forEach(StoreKey.Kind.references) { try self.references($0, $1) }
    for unit in unshared where owners[unit]! > 1 {
      report.add("unit \(unit): \(owners[unit]!) owners, but not marked as shared")
    }
    for (unit, count) in owners where count > 1 {
      report.add("unit \(unit): \(count) owners, but no count")
    }
    report.units += owners.count
    checkUsage()
    if deep { try await readAll() }
    return report
  }

  /// The partition of an object or omap id.
  private func isOurs(_ id: UInt64) -> Bool { Partition.partition(ofID: id) == partition.index }

  private func forEach(
    _ kind: UInt8, _ body: @escaping (ByteString, [UInt8]) throws -> Void
  ) async throws(StoreError) {
    var from = ByteString([kind])
    let to = from.afterPrefix
    while true {
      let low = from
      let page = try await withUnsafeContinuation {
        (continuation: UnsafeContinuation<Result<PageBox, StoreError>, Never>) in
        partition.scan(from: low, to: to, max: 1024) { result in
          continuation.resume(
            returning: result.map { PageBox(page: $0) }.mapError { StoreError(5, "check", "\($0)") }
          )
        }
      }.get().page
      for entry in page.entries {
        do { try body(entry.key, entry.value) } catch {
          report.add("key \(entry.key.bytes): \(error)")
        }
      }
      guard page.isCut, let last = page.entries.last?.key else { return }
      from = ByteString(last.bytes + [0])
    }
  }

  private struct PageBox: @unchecked Sendable { let page: ScanPage }

  private func object(_ key: ByteString, _ value: [UInt8]) throws {
    let record = try value.withUnsafeBytes { try OnodeRecord(decoding: $0) }
    guard isOurs(record.id) else { return }
    report.objects += 1
    guard let object = StoreKey.object(key) else {
      return report.add("key \(key.bytes) names no object")
    }
    let name = "\(object)"
    if objects[record.id] != nil { report.add("\(name): id \(record.id) is another object's too") }
    objects[record.id] = Known(
      name: name, pool: Partition.usagePool(object.object.pool), size: record.size,
      isFirstInside: record.first != nil)
    if let first = record.first { try segment(0, of: record.id, first) }
    if record.id >= partition.nextID { report.add("\(name): id \(record.id) was never given") }
    if record.omap != 0, !omaps.insert(record.omap).inserted {
      report.add("\(name): omap \(record.omap) is another object's too")
    }
    let kind = key.bytes[3]
    let isHome = partition.collections.values.contains { collection in
      collection.exists && StoreKey.kind(collection.id) == kind
        && partition.keyRanges(collection).contains { !(key < $0.from) && key < $0.to }
    }
    if !isHome { report.add("\(name) is in no collection") }
  }

  private func segment(_ key: ByteString, _ value: [UInt8]) throws {
    guard let id = StoreKey.id(key), isOurs(id) else { return }
    guard let known = objects[id], let number = StoreKey.suffix(key) else {
      return report.add("segment of absent object \(id)")
    }
    if known.isFirstInside { report.add("\(known.name): a segment beside that in its record") }
    try segment(number, of: id, value)
  }

  private func segment(_ number: UInt32, of id: UInt64, _ value: [UInt8]) throws {
    guard var known = objects[id] else { return }
    let segment = Segment()
    try segment.decode(value)
    let unit = UInt64(Limits.unitBytes)
    for index in 0..<Segment.blocks where !segment[index].isNothing {
      let block = UInt64(number) * UInt64(Segment.blocks) + UInt64(index)
      if block * unit >= known.size { report.add("\(known.name): block \(block) is past its end") }
      known.mapped += 1
      if block == known.size / unit { known.tailIsHole = false }
      if segment[index].isPatched { patched.insert(PatchPlace(object: id, block: UInt32(block))) }
      if !segment[index].isHole { try own(segment[index], known) }
    }
    objects[id] = known
  }

  private func own(_ place: BlockPlace, _ known: Known) throws {
    if !partition.space.units.isTaken(place.unit) || !partition.space.map.isTaken(place.unit) {
      report.add("\(known.name): unit \(place.unit) is not taken")
    }
    if owners[place.unit] == nil {
      unitPools[known.pool, default: 0] += 1
      if owned.isTaken(place.unit) {
        report.add("\(known.name): unit \(place.unit) is another partition's too")
      }
      try owned.replayTake(UnitRun(unit: place.unit, count: 1))
    }
    owners[place.unit, default: 0] += 1
    if !place.isShared { unshared.insert(place.unit) }
    if let sum = sums.updateValue(place.checksum, forKey: place.unit), sum != place.checksum {
      report.add("unit \(place.unit): owners disagree about its checksum")
    }
  }

  private func patch(_ key: ByteString, _ value: [UInt8]) throws {
    guard let id = StoreKey.id(key), isOurs(id), let block = StoreKey.suffix(key) else { return }
    _ = try Patch(decoding: value)
    if patched.remove(PatchPlace(object: id, block: block)) == nil {
      report.add("patch of block \(block) of object \(id), which knows nothing of it")
    }
  }

  private func omap(_ key: ByteString, _ value: [UInt8]) {
    guard let id = StoreKey.id(key), isOurs(id) else { return }
    report.omapEntries += 1
    if !omaps.contains(id) { report.add("omap entry of absent omap \(id)") }
  }

  private func references(_ key: ByteString, _ value: [UInt8]) throws {
    guard let place = StoreKey.place(key), place.partition == partition.index else { return }
    for (unit, count) in try ReferenceGroup(decoding: value).named(group: place.number) {
      report.sharedUnits += 1
      if owners[unit] != count {
        report.add("unit \(unit): \(owners[unit] ?? 0) owners, counted \(count)")
      }
      // Settled; what is left above one has no count.
      owners[unit] = min(owners[unit] ?? 1, 1)
      if unshared.contains(unit) { report.add("unit \(unit): shared, but an owner does not know") }
    }
  }

  private func checkUsage() {
    var found: [Int64: PoolUsage] = [:]
    let unit = UInt64(Limits.unitBytes)
    for known in objects.values {
      found[known.pool, default: PoolUsage()].objects += 1
      var stored = UInt64(known.mapped) * unit
      if known.size % unit != 0, !known.tailIsHole { stored -= unit - known.size % unit }
      found[known.pool]!.storedBytes += stored
    }
    for (pool, units) in unitPools { found[pool, default: PoolUsage()].allocatedUnits = units }
    let counted = partition.usage.filter { $0.value != PoolUsage() }
    if counted != found {
      report.add("partition \(partition.index): usage \(counted), found \(found)")
    }
  }

  private func readAll() async throws(StoreError) {
    let access = DeviceAccess(device: partition.device)
    let units = sums.keys.sorted()
    var at = 0
    while at < units.count {
      var end = at + 1
      while end < units.count, end - at < 64, units[end] == units[at] + UInt64(end - at) {
        end += 1
      }
      // Some may only be on their way to their places.
      let underWay = units[at..<end].map { partition.contentInMemory($0, orCached: false) }
      do throws(SystemError) {
        let bytes = try await access.read(
          at: units[at] * UInt64(Limits.unitBytes), count: (end - at) * Limits.unitBytes)
        for index in at..<end {
          report.blocksRead += 1
          let block =
            underWay[index - at] ?? bytes.sub((index - at) * Limits.unitBytes, Limits.unitBytes)
          if CRC32C.checksum(block, seed: .max) != sums[units[index]] {
            report.add("unit \(units[index]): checksum")
          }
        }
      } catch {
        report.add("units \(units[at])...: \(error)")
      }
      at = end
    }
  }
}
