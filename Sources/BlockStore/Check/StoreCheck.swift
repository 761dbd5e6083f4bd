import Base
import Buffers
import Devices
import ObjectStores
import RadosTypes
import Wire

/// The check of one partition: what objects refer to against what is taken and counted.
final class StoreCheck {
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
    if deep { await readAll() }
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

  // MARK: Contents

  private func readAll() async {
    let access = DeviceAccess(device: partition.device)
    let units = sums.keys.sorted()
    var begin = 0
    while begin < units.count {
      let end = Self.endOfRun(units, from: begin)
      await read(units[begin..<end], access)
      begin = end
    }
  }

  /// Where the units that lie side by side end, or are as many as one read takes.
  private static func endOfRun(_ units: [UInt64], from begin: Int) -> Int {
    let most = min(units.count, begin + 64)
    var end = begin + 1
    while end < most, units[end] == units[end - 1] + 1 { end += 1 }
    return end
  }

  private func read(_ units: ArraySlice<UInt64>, _ access: DeviceAccess) async {
    guard let first = units.first else { return }
    // Some may only be on their way to their places.
    let underWay = units.map { partition.contentInMemory($0, orCached: false) }
    do throws(SystemError) {
      let bytes = try await access.read(
        at: first * UInt64(Limits.unitBytes), count: units.count * Limits.unitBytes)
      for (index, unit) in units.enumerated() {
        report.blocksRead += 1
        let content = underWay[index] ?? bytes.sub(index * Limits.unitBytes, Limits.unitBytes)
        if CRC32C.checksum(content, seed: .max) != sums[unit] {
          report.add("unit \(unit): checksum")
        }
      }
    } catch {
      report.add("units \(first)...: \(error)")
    }
  }
}
