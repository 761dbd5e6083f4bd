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
        prepareChange(source(transaction, index), entry)
      case .zero, .truncate, .remove: prepareChange(source(transaction, index), entry)
      case .moveRename, .tryRename: copies += 1
      case .clone(let to):
        copies += 1
        let origin = source(transaction, index)
        prepareCopy(origin, target(transaction, operations[index], to), entry)
        prepareOmapCopy(origin, entry)
      case .cloneRange(let to, let offset, let length, let destination):
        copies += 1
        let origin = source(transaction, index)
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

  // MARK: Shared blocks

  /// The object may lose any of its blocks.
  private func prepareChange(_ onode: Onode, _ entry: WaitingTransaction) {
    if onode.mayBeShared { prepareReferences(onode, onlyShared: true, entry) }
  }

  private func prepareCopy(_ source: Onode, _ target: Onode, _ entry: WaitingTransaction) {
    prepareReferences(source, onlyShared: false, entry)
    prepareChange(target, entry)
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

  /// What the operation at this place is about.
  @inline(__always)
  private func source(_ transaction: Transaction, _ index: Int) -> Onode {
    source(
      transaction, transaction.operations[index].object, transaction.operations[index].collection)
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
}
