import Base
import Buffers
import KeyValue
import ObjectStores
import RadosTypes

/// Brings into memory what a transaction needs, so that it can be applied in one go.
extension Partition {
  /// Whether all is there; begins to load what is not, and calls `drain` when something has come.
  func prepare(_ entry: WaitingTransaction) -> Bool {
    guard entry.loads == 0, resolveOnodes(of: entry) else { return false }
    let transaction = entry.transaction
    var blocks = 0
    var copies = 0
    let operations = transaction.operations.span
    for index in operations.indices {
      switch operations[index].action {
      case .write(let offset, let data):
        blocks += Self.blocksTouched(offset, UInt64(data.count))
        prepareChange(
          source(transaction, operations[index].object, operations[index].collection), entry)
      case .zero, .truncate, .remove:
        prepareChange(
          source(transaction, operations[index].object, operations[index].collection), entry)
      case .moveRename, .tryRename: copies += 1
      case .clone(let to):
        copies += 1
        let origin = source(transaction, operations[index].object, operations[index].collection)
        prepareCopy(origin, target(transaction, operations[index], to), entry)
        prepareOmapCopy(origin, entry)
      case .cloneRange(let to, let offset, let length, let destination):
        copies += 1
        let origin = source(transaction, operations[index].object, operations[index].collection)
        let copy = target(transaction, operations[index], to)
        prepareCopy(origin, copy, entry)
        let parts = Self.copiedParts(offset, length, destination)
        for part in parts {
          entry.copiesParts = true
          blocks += 2 * Self.blocksTouched(part.offset, part.length) + 1
          prepareContents(origin, part.offset, part.length, entry)
          // So that no bytes of it have to be kept in the record.
          prepareContents(copy, destination &+ part.offset &- offset, part.length, entry)
        }
      case .removeCollection:
        prepareRemoval(transaction.collection(of: operations[index]), entry)
      default: break
      }
    }
    // What is copied may itself be a copy, made by the same transaction, of any of its objects.
    if copies > 1, entry.copiesParts {
      for case let onode? in resolved { prepareContents(onode, 0, .max, entry) }
    }
    guard entry.loads == 0, prepareRoom(blocks) else { return false }
    entry.recordBytesMax = recordBytesMax(entry)
    return log.admits(entry.recordBytesMax, of: self)
  }

  static func blocksTouched(_ offset: UInt64, _ count: UInt64) -> Int {
    guard count > 0 else { return 0 }
    let unit = UInt64(Limits.unitBytes)
    return Int((offset &+ count &- 1) / unit &- offset / unit) + 1
  }

  /// The parts of a range whose bytes must be copied, since no whole block of them can be shared.
  static func copiedParts(
    _ offset: UInt64, _ length: UInt64, _ destination: UInt64
  ) -> [(offset: UInt64, length: UInt64)] {
    let unit = UInt64(Limits.unitBytes)
    let (end, overflows) = offset.addingReportingOverflow(length)
    guard length > 0, !overflows else { return [] }
    let firstWhole = (offset / unit + (offset % unit == 0 ? 0 : 1)) * unit
    let endWhole = end / unit * unit
    if offset % unit != destination % unit || firstWhole >= endWhole { return [(offset, length)] }
    var parts: [(offset: UInt64, length: UInt64)] = []
    if offset < firstWhole { parts.append((offset, firstWhole - offset)) }
    if endWhole < end { parts.append((endWhole, end - endWhole)) }
    return parts
  }

  // MARK: Onodes

  /// An object stands in `resolved` at twice its place, one more if in a temporary collection.
  func slot(_ place: UInt32, _ collection: CollectionID) -> Int {
    if case .temporary = collection { return 2 * Int(place) + 1 }
    return 2 * Int(place)
  }

  @inline(__always)
  func source(_ transaction: Transaction, _ object: UInt32, _ collection: UInt32) -> Onode {
    resolved[slot(object, transaction.collections[Int(collection)])]!
  }

  func target(
    _ transaction: Transaction, _ operation: Transaction.Operation, _ place: UInt32
  ) -> Onode {
    var collection = transaction.collection(of: operation)
    if case .moveRename(let into, _) = operation.action {
      collection = transaction.collections[Int(into)]
    }
    return resolved[slot(place, collection)]!
  }

  private func resolveOnodes(of entry: WaitingTransaction) -> Bool {
    resolved.clear()
    for _ in 0..<2 * entry.transaction.objects.count { resolved.append(nil) }
    let objects = entry.transaction.objects
    var isComplete = true
    entry.transaction.forEachObject { place, collection in
      let slot = slot(place, collection)
      if resolved[slot] != nil { return }
      let key = key(of: objects[Int(place)], in: collection)
      let pool = objects[Int(place)].object.pool
      if let onode = resident(key, pool: pool) {
        resolved[slot] = onode
      } else {
        isComplete = false
        load(key, pool: pool, waking: entry)
      }
    }
    return isComplete
  }

  /// Begins the loads of a transaction that waits behind others.
  func loadOnodes(of entry: WaitingTransaction) {
    entry.transaction.forEachObject { place, collection in
      let object = entry.transaction.objects[Int(place)]
      let key = key(of: object, in: collection)
      if resident(key, pool: object.object.pool) == nil {
        load(key, pool: object.object.pool, waking: entry)
      }
    }
  }

  private func load(_ key: ByteString, pool: Int64, waking entry: WaitingTransaction) {
    entry.loads += 1
    load(key, pool: pool) { [self] in
      entry.loads -= 1
      if entry.loads == 0 { drain() }
    }
  }

  // MARK: Shared blocks

  /// The object may lose any of its blocks.
  private func prepareChange(_ onode: Onode, _ entry: WaitingTransaction) {
    if onode.mayBeShared { prepareReferences(onode, onlyShared: true, entry) }
  }

  private func prepareCopy(_ source: Onode, _ target: Onode, _ entry: WaitingTransaction) {
    prepareReferences(source, onlyShared: false, entry)
    prepareChange(target, entry)
  }

  private func prepareReferences(_ onode: Onode, onlyShared: Bool, _ entry: WaitingTransaction) {
    var missing: [UInt64] = []
    for bytes in onode.segments where !bytes.isEmpty {
      decodeOwn(segment, bytes)
      for block in 0..<Segment.blocks where !segment[block].isHole {
        if onlyShared, !segment[block].isShared { continue }
        let group = ReferenceGroup.group(of: segment[block].unit)
        if references[group] == nil, !findReferences(group), missing.last != group {
          missing.append(group)
        }
      }
    }
    if !missing.isEmpty { loadReferences(missing, entry) }
  }

  /// The counts of a group. They were loaded before, but for units that the same transaction wrote and
  /// then copied; that never happens in earnest, and then the index is asked here and now.
  func counts(_ group: UInt64) -> ReferenceGroup {
    if let known = references[group] { return known }
    if !findReferences(group) {
      do {
        let value = try keyValue.keyValue.get(StoreKey.references(index, group))?.array
        references[group] = try value.map { try ReferenceGroup(decoding: $0) } ?? ReferenceGroup()
      } catch {
        host.fail(error)
        references[group] = ReferenceGroup()
      }
    }
    return references[group]!
  }

  private func findReferences(_ group: UInt64) -> Bool {
    switch overlay.find(StoreKey.references(index, group)) {
    case .value(let value):
      guard let decoded = try? ReferenceGroup(decoding: value) else { return false }
      references[group] = decoded
    case .deleted: references[group] = ReferenceGroup()
    case .unknown: return false
    }
    return true
  }

  private func loadReferences(_ groups: [UInt64], _ entry: WaitingTransaction) {
    let keys = groups.map { StoreKey.references(index, $0) }
    startLoad(entry) { keyValue in
      try keys.map { try keyValue.get($0)?.array }
    } done: { [self] values in
      for (group, value) in zip(groups, values) where references[group] == nil {
        if findReferences(group) { continue }
        references[group] = try value.map { try ReferenceGroup(decoding: $0) } ?? ReferenceGroup()
      }
    }
  }

  /// Reads the index for a transaction; `done` runs before it is tried again.
  private func startLoad<Value>(
    _ entry: WaitingTransaction, _ work: @escaping (any KeyValue) throws -> Value,
    done: @escaping (Value) throws -> Void
  ) {
    entry.loads += 1
    let number = indexReads.begin()
    keyValue.read(on: reactor, work) { [self] result in
      do { try done(result.get()) } catch { host.fail(error) }
      // What was read stays true, with the overlay over it, until the transaction has used it.
      entry.bring().indexReads.append(number)
      entry.loads -= 1
      if entry.loads == 0 { drain() }
    }
  }

  // MARK: Contents

  private func prepareOmapCopy(_ onode: Onode, _ entry: WaitingTransaction) {
    let omap = onode.record.omap
    guard onode.exists, omap != 0, omap < indexedID, entry.brought?.omaps[omap] == nil else {
      return
    }
    entry.bring().omaps[omap] = []
    startLoad(entry) {
      try Self.readOmap($0, omap)
    } done: {
      entry.bring().omaps[omap] = $0
    }
  }

  static func readOmap(
    _ keyValue: any KeyValue, _ omap: UInt64
  ) throws -> [(key: ByteString, value: [UInt8])] {
    let cursor = try keyValue.iterate(
      from: StoreKey.prefix(StoreKey.Kind.omap, omap), to: StoreKey.omapEnd(omap))
    var entries: [(key: ByteString, value: [UInt8])] = []
    while let next = try cursor.next() { entries.append((next.key, next.value.array)) }
    return entries
  }

  /// Reads the blocks of which parts are to be copied. The whole last block: the same transaction may
  /// write behind the object's end first.
  private func prepareContents(
    _ onode: Onode, _ offset: UInt64, _ length: UInt64, _ entry: WaitingTransaction
  ) {
    let unit = UInt64(Limits.unitBytes)
    let end = (onode.record.size + unit - 1) / unit * unit
    guard onode.exists, length > 0, offset < end else { return }
    let last = (offset + min(length, end - offset) - 1) / unit
    for block in Int(offset / unit)...Int(last) {
      let place = place(onode, block)
      guard !place.isHole, entry.brought?.contents[place.unit] == nil else { continue }
      entry.loads += 1
      readUnit(place) { [self] result in
        switch result {
        case .success(let content): entry.bring().contents[place.unit] = content
        case .failure(let error): host.fail(error)
        }
        entry.loads -= 1
        if entry.loads == 0 { drain() }
      }
    }
  }

  func place(_ onode: Onode, _ block: Int) -> BlockPlace {
    let bytes = onode.segment(block / Segment.blocks)
    guard !bytes.isEmpty else { return .hole }
    decodeOwn(otherSegment, bytes)
    return otherSegment[block % Segment.blocks]
  }

  private func prepareRemoval(_ id: CollectionID, _ entry: WaitingTransaction) {
    guard entry.brought?.remaining[id] == nil, let collection = collections[id], collection.exists
    else { return }
    entry.bring().remaining[id] = []
    entry.loads += 1
    let most = entry.transaction.objects.count + 1
    listKeys(collection, from: nil, to: nil, max: most) { [self] result in
      switch result {
      case .success(let keys): entry.bring().remaining[id] = keys
      case .failure(let error): host.fail(error)
      }
      entry.loads -= 1
      if entry.loads == 0 { drain() }
    }
  }
}
