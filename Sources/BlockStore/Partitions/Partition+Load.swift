import Base
import Buffers
import KeyValue
import ObjectStores
import RadosTypes
import Wire

/// What the index has of an object.
private struct LoadedOnode {
  var record: [UInt8]?
  var id: UInt64 = 0
  var segments: [(key: ByteString, value: [UInt8])] = []
  var patches: [(key: ByteString, value: [UInt8])] = []
}

/// Brings onodes into memory. A cold answer never replaces an onode that is there.
extension Partition {
  func key(of object: GHObject, in collection: CollectionID) -> ByteString {
    StoreKey.object(keyedAs, object, kind: StoreKey.kind(collection))
  }

  /// Temporary objects count in their pool.
  static func usagePool(_ pool: Int64) -> Int64 { pool <= -2 ? HObject.temporaryPool(pool) : pool }

  /// The onode if it is in memory, or if what is in memory tells all of it.
  func resident(_ key: ByteString, pool: Int64) -> Onode? {
    if let onode = onodes.find(key) {
      host.perf.add(StoreCounter.onodeHits)
      return onode
    }
    switch overlay.find(key) {
    case .deleted:
      return insert(Onode(key: key, pool: Self.usagePool(pool)))
    case .value(let value):
      guard let record = try? decode(value) else { return nil }
      if record.id >= indexedID { return assemble(key, pool, record, LoadedOnode()) }
      return glimpse(key, pool, record)
    case .unknown:
      if host.hasFailed { return nil }
      switch keyValue.keyValue.peek(key) {
      case .unknown: return nil
      case .absent: return insert(Onode(key: key, pool: Self.usagePool(pool)))
      case .value(let value): return (try? decode(value.array)).flatMap { glimpse(key, pool, $0) }
      }
    }
  }

  /// The onode of a small object, if the index has in memory where its data are. Spares most reads of
  /// what has long been written the way to the index's threads and back.
  private func glimpse(_ key: ByteString, _ pool: Int64, _ record: OnodeRecord) -> Onode? {
    var answer = LoadedOnode(id: record.id)
    let count = record.first == nil ? Segment.count(ofBytes: record.size) : 0
    guard !host.hasFailed, count <= Self.glimpsedSegmentsMax else { return nil }
    for number in 0..<Int(count) {
      let place = StoreKey.segment(record.id, number)
      switch keyValue.keyValue.peek(place) {
      case .unknown: return nil
      case .absent: break
      case .value(let value): answer.segments.append((place, value.array))
      }
    }
    guard let composed = try? compose(key, pool, record, answer), composed.isWhole else {
      return nil
    }
    host.perf.add(StoreCounter.onodeMisses)
    return insert(composed.onode)
  }

  private static let glimpsedSegmentsMax: UInt64 = 4

  private func decode(_ value: [UInt8]) throws(DecodeError) -> OnodeRecord {
    try value.withUnsafeBytes { bytes in
      Result { () throws(DecodeError) in try OnodeRecord(decoding: bytes) }
    }.get()
  }

  @discardableResult
  private func insert(_ onode: Onode) -> Onode {
    for block in onode.patches.keys { patched.append((onode.key, block)) }
    onodes.insert(onode)
    return onode
  }

  /// Calls `done` when the onode is in memory, or the store has failed. One load for an object at a
  /// time.
  func load(_ key: ByteString, pool: Int64, done: @escaping () -> Void) {
    if loading[key] != nil {
      loading[key]!.append(done)
      return
    }
    host.perf.add(StoreCounter.onodeMisses)
    loading[key] = [done]
    fetch(key, pool: pool)
  }

  private func fetch(_ key: ByteString, pool: Int64) {
    let number = indexReads.begin()
    var known: UInt64?
    if case .value(let value) = overlay.find(key), let record = try? decode(value) {
      known = record.id
    }
    keyValue.read(on: reactor) {
      try Self.readOnode($0, key, known)
    } done: { [self] result in
      defer { endIndexRead(number) }
      do { try loaded(key, pool, result.get()) } catch {
        host.fail(error)
        loadEnded(key)
      }
    }
  }

  private static func readOnode(
    _ keyValue: any KeyValue, _ key: ByteString, _ known: UInt64?
  ) throws -> LoadedOnode {
    var loaded = LoadedOnode()
    loaded.record = try keyValue.get(key)?.array
    let record = try loaded.record?.withUnsafeBytes { try OnodeRecord(decoding: $0) }
    guard let id = known ?? record?.id else { return loaded }
    loaded.id = id
    // What it has become since is in the overlay, record and segments.
    if record?.id != id || record?.first == nil {
      loaded.segments = try entries(keyValue, StoreKey.prefix(StoreKey.Kind.segment, id))
    }
    loaded.patches = try entries(keyValue, StoreKey.prefix(StoreKey.Kind.patch, id))
    return loaded
  }

  private static func entries(
    _ keyValue: any KeyValue, _ prefix: ByteString
  ) throws -> [(key: ByteString, value: [UInt8])] {
    let cursor = try keyValue.iterate(from: prefix, to: prefix.afterPrefix)
    var entries: [(key: ByteString, value: [UInt8])] = []
    while let entry = try cursor.next() { entries.append((entry.key, entry.value.array)) }
    return entries
  }

  private func loaded(_ key: ByteString, _ pool: Int64, _ answer: LoadedOnode) throws {
    if !onodes.contains(key) {
      switch overlay.find(key) {
      case .deleted: insert(Onode(key: key, pool: Self.usagePool(pool)))
      case .value(let value):
        let record = try decode(value)
        // Removed and made again meanwhile: what was read belongs to another.
        if record.id != answer.id, record.id < indexedID { return fetch(key, pool: pool) }
        assemble(key, pool, record, record.id == answer.id ? answer : LoadedOnode())
      case .unknown:
        if let value = answer.record {
          let record = try decode(value)
          if record.id != answer.id { return fetch(key, pool: pool) }
          assemble(key, pool, record, answer)
        } else {
          insert(Onode(key: key, pool: Self.usagePool(pool)))
        }
      }
    }
    loadEnded(key)
  }

  private func loadEnded(_ key: ByteString) {
    for done in loading.removeValue(forKey: key) ?? [] { done() }
  }

  @discardableResult
  private func assemble(
    _ key: ByteString, _ pool: Int64, _ record: OnodeRecord, _ answer: LoadedOnode
  ) -> Onode? {
    do {
      return insert(try compose(key, pool, record, answer).onode)
    } catch {
      host.fail(StoreError(5, "load", "\(key): \(error)"))
      return nil
    }
  }

  /// `isWhole`: no block's patch is missing.
  private func compose(
    _ key: ByteString, _ pool: Int64, _ record: OnodeRecord, _ answer: LoadedOnode
  ) throws(DecodeError) -> (onode: Onode, isWhole: Bool) {
    guard Self.partition(ofID: record.id) == index else {
      throw DecodeError.implausible("id of an object of partition \(index)", record.id)
    }
    let onode = Onode(key: key, pool: Self.usagePool(pool))
    onode.exists = true
    onode.record = record
    if let first = onode.record.first.take() {
      onode.setSegment(0, first)
    } else {
      onode.isFirstInside = false
      for (key, value) in merged(StoreKey.Kind.segment, record.id, answer.segments) {
        if let number = StoreKey.suffix(key) { onode.setSegment(Int(number), value) }
      }
    }
    for (key, value) in merged(StoreKey.Kind.patch, record.id, answer.patches) {
      guard let block = StoreKey.suffix(key) else { continue }
      onode.patches[block] = try Patch(decoding: value)
    }
    return (onode, isWhole: try count(onode))
  }

  private func merged(
    _ kind: UInt8, _ id: UInt64, _ indexed: [(key: ByteString, value: [UInt8])]
  ) -> [(key: ByteString, value: [UInt8])] {
    let prefix = StoreKey.prefix(kind, id)
    let above = overlay.entries(from: prefix, to: prefix.afterPrefix, max: .max)
    return merge(indexed, above.entries)
  }

  /// The index's entries with the overlay's in their places.
  func merge(
    _ indexed: [(key: ByteString, value: [UInt8])], _ above: [(key: ByteString, value: [UInt8]?)]
  ) -> [(key: ByteString, value: [UInt8])] {
    var merged: [(key: ByteString, value: [UInt8])] = []
    merged.reserveCapacity(indexed.count + above.count)
    var low = 0
    for entry in above {
      while low < indexed.count, indexed[low].key < entry.key {
        if !overlay.covers(indexed[low].key) { merged.append(indexed[low]) }
        low += 1
      }
      if low < indexed.count, indexed[low].key == entry.key { low += 1 }
      if let value = entry.value { merged.append((entry.key, value)) }
    }
    for entry in indexed[low...] where !overlay.covers(entry.key) { merged.append(entry) }
    return merged
  }

  /// Finds out what is mapped and what may be shared; false if a block's patch is missing.
  private func count(_ onode: Onode) throws(DecodeError) -> Bool {
    var isWhole = true
    for index in onode.segments.indices where !onode.segments[index].isEmpty {
      try segment.decode(onode.segments[index])
      for block in 0..<Segment.blocks {
        if !segment[block].isNothing { onode.mappedBlocks += 1 }
        if segment[block].isShared { onode.mayBeShared = true }
        if segment[block].isPatched, onode.patches[UInt32(index * Segment.blocks + block)] == nil {
          isWhole = false
        }
      }
    }
    onode.countedBytes = storedBytes(onode)
    return isWhole
  }

  /// Bytes of mapped blocks within the object's size.
  func storedBytes(_ onode: Onode) -> UInt64 {
    let unit = UInt64(Limits.unitBytes)
    let mapped = UInt64(onode.mappedBlocks) * unit
    let tail = onode.record.size % unit
    guard tail != 0, mapped > 0 else { return mapped }
    let last = Int(onode.record.size / unit)
    let bytes = onode.segment(last / Segment.blocks)
    guard !bytes.isEmpty else { return mapped }
    decodeOwn(otherSegment, bytes)
    return otherSegment[last % Segment.blocks].isNothing ? mapped : mapped - (unit - tail)
  }

  /// Decodes a segment that this store itself encoded, or checked when it was loaded.
  func decodeOwn(_ segment: Segment, _ bytes: [UInt8]) {
    do throws(DecodeError) {
      try segment.decode(bytes)
    } catch {
      preconditionFailure("a segment that was good is bad: \(error)")
    }
  }
}
