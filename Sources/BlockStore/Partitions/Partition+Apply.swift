import Base
import Buffers
import Glibc
import ObjectStores
import RadosTypes

/// Does what a prepared transaction says, in memory and in its record.
extension Partition {
  func apply(_ entry: WaitingTransaction) {
    let context = makeContext(entry.queuedAt)
    context.onCommit = entry.onCommit
    host.perf.sample(StoreCounter.throttleLatency, entry.waited)
    if entry.copiesParts { context.contents = entry.brought?.contents ?? [:] }
    do throws(StoreError) {
      try applyAll(entry, context)
      try checkRemoved(entry)
    } catch {
      return host.fail(error)
    }
    finish(context)
    assert(
      LogRecordHead.bytes + context.recordBytes <= entry.recordBytesMax,
      "a record of \(context.recordBytes) bytes, \(entry.recordBytesMax) foreseen")
    resolved.clear()
    applied(context)
    if let brought = entry.brought {
      for number in brought.indexReads { endIndexRead(number) }
    }
    if waiting.isEmpty { onodes.trim() }
  }

  private func applyAll(
    _ entry: WaitingTransaction, _ context: TransContext
  ) throws(StoreError) {
    let transaction = entry.transaction
    let operations = transaction.operations.span
    for index in operations.indices { try apply(operations[index], entry, context) }
  }

  private func apply(
    _ operation: Transaction.Operation, _ entry: WaitingTransaction, _ context: TransContext
  ) throws(StoreError) {
    if case .nop = operation.action { return }
    let id = entry.transaction.collection(of: operation)
    guard operation.namesObject else {
      return try applyToCollection(operation.action, id, entry.transaction, context)
    }
    guard exists(id, entry.collection) else {
      throw StoreError(ENOENT, "queue", "collection \(id)")
    }
    let onode = source(entry.transaction, operation.object, operation.collection)
    if !onode.exists, !operation.action.createsObject {
      if operation.action.toleratesAbsence { return }
      throw StoreError(
        ENOENT, "queue", "\(operation.action) of absent \(entry.transaction.object(of: operation))")
    }
    try apply(operation, to: onode, entry, context)
  }

  /// `queued`: what the transaction was queued on, which is mostly what its operations name.
  private func exists(_ id: CollectionID, _ queued: StoreCollection) -> Bool {
    if queued.id == id, queued.exists { return true }
    return collections[id]?.exists == true
  }

  private func apply(
    _ operation: Transaction.Operation, to onode: Onode, _ entry: WaitingTransaction,
    _ context: TransContext
  ) throws(StoreError) {
    let transaction = entry.transaction
    switch operation.action {
    case .create, .touch: make(onode, context)
    case .write(let offset, let data):
      make(onode, context)
      try write(onode, offset, data, context)
    case .zero(let offset, let length):
      make(onode, context)
      try zero(onode, offset, length, context)
    case .truncate(let size): try truncate(onode, size, context)
    case .remove: remove(onode, context)
    case .setAttribute(let attribute): setAttributes(onode, [attribute], context)
    case .setAttributes(let attributes): setAttributes(onode, attributes, context)
    case .removeAttribute(let name):
      touch(onode, context)
      onode.record.attributes.removeAll { $0.name == name }
    case .removeAttributes:
      touch(onode, context)
      onode.record.attributes = []
    case .setAllocationHint(let objectSize, let writeSize, let flags):
      touch(onode, context)
      onode.record.hintObjectBytes = objectSize
      onode.record.hintWriteBytes = writeSize
      onode.record.hintFlags = flags
    case .clone(let to):
      let copy = transaction.objects[Int(to)]
      guard copy.object.hash == transaction.object(of: operation).object.hash else {
        throw StoreError(EINVAL, "queue", "clone to another hash")
      }
      clone(onode, to: target(transaction, operation, to), entry, context)
    case .cloneRange(let to, let offset, let length, let destination):
      let copy = target(transaction, operation, to)
      make(copy, context)
      try cloneRange(onode, offset, length, to: copy, at: destination, context)
    case .moveRename(let into, let to):
      guard collections[transaction.collections[Int(into)]]?.exists == true else {
        throw StoreError(ENOENT, "queue", "collection \(transaction.collections[Int(into)])")
      }
      try rename(onode, to: target(transaction, operation, to), context)
    case .tryRename(let to): try rename(onode, to: target(transaction, operation, to), context)
    default: applyToOmap(operation.action, onode, context)
    }
  }

  // MARK: Objects

  /// It will be written to the index when the transaction's end is reached.
  func touch(_ onode: Onode, _ context: TransContext) {
    guard !onode.isTouched else { return }
    onode.isTouched = true
    touched.append(onode)
  }

  func make(_ onode: Onode, _ context: TransContext) {
    touch(onode, context)
    guard !onode.exists else { return }
    onode.exists = true
    onode.record.id = makeID()
    changeUsage(onode.pool) { $0.objects &+= 1 }
  }

  func remove(_ onode: Onode, _ context: TransContext) {
    touch(onode, context)
    unmap(onode, from: 0, context)
    clearOmap(onode, context)
    recordMap(onode, context)
    changeUsage(onode.pool) {
      $0.objects &-= 1
      $0.storedBytes &-= onode.countedBytes
    }
    onode.vanish()
  }

  private func setAttributes(_ onode: Onode, _ changes: [NamedValue], _ context: TransContext) {
    touch(onode, context)
    // One copy for all: what comes with a message must not outlive it.
    var total = 0
    for index in changes.indices { total += changes[index].value.count }
    let slab = reactor.pool.slab(capacity: total)
    var at = 0
    for index in changes.indices {
      let count = changes[index].value.count
      if count > 0 {
        (slab.base + at).copyMemory(from: changes[index].value.start, byteCount: count)
      }
      onode.record.setAttribute(changes[index].name, ByteSlice(slab, offset: at, count: count))
      at += count
    }
  }

  private func rename(_ onode: Onode, to other: Onode, _ context: TransContext) throws(StoreError) {
    if onode === other { return }
    guard !other.exists else { throw StoreError(EEXIST, "queue", "rename to a name that is taken") }
    touch(onode, context)
    touch(other, context)
    for block in onode.patches.keys { patched.append((other.key, block)) }
    other.takeOver(onode)
  }

  // MARK: The end

  func finish(_ context: TransContext) {
    for onode in touched {
      onode.isTouched = false
      recordMap(onode, context)
      if onode.exists {
        let first = onode.isFirstInside ? onode.segment(0) : nil
        context.put(onode.key, onode.record.encode(encoder, first: first))
        let stored = storedBytes(onode)
        if stored != onode.countedBytes {
          changeUsage(onode.pool) { $0.storedBytes &+= stored &- onode.countedBytes }
          onode.countedBytes = stored
        }
      } else {
        context.delete(onode.key)
      }
      onodes.measure(onode)
    }
    touched.clear()
    data.mend()
    endFree(context)
    for group in changedGroups {
      let counts = counts(group)
      let key = StoreKey.references(index, group)
      if counts.isEmpty { context.delete(key) } else { context.put(key, counts.encode(encoder)) }
    }
    changedGroups.removeAll(keepingCapacity: true)
    if references.count > 16384, waiting.isEmpty { references.removeAll() }
    finishUsage(context)
  }

  /// Puts the segments and patches that the transaction changed into its record.
  private func recordMap(_ onode: Onode, _ context: TransContext) {
    onode.settleFirst()
    for number in onode.dirtySegments where number > 0 || !onode.isFirstInside {
      let bytes = onode.segment(number)
      let key = StoreKey.segment(onode.record.id, number)
      if bytes.isEmpty { context.delete(key) } else { context.put(key, bytes) }
    }
    for block in onode.dirtyPatches {
      let key = StoreKey.patch(onode.record.id, block)
      if let patch = onode.patches[block] {
        context.put(key, patch.encode(encoder))
      } else {
        context.delete(key)
      }
    }
    onode.clean()
  }

  /// A collection that was removed must be empty by the end.
  private func checkRemoved(_ entry: WaitingTransaction) throws(StoreError) {
    guard let remaining = entry.brought?.remaining else { return }
    for (id, keys) in remaining where collections[id]?.exists != true {
      for key in keys where onodes.find(key)?.exists ?? true {
        throw StoreError(ENOTEMPTY, "queue", "collection \(id) is not empty")
      }
    }
  }
}
