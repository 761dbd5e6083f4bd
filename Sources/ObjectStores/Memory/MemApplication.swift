import Base
import Buffers
import Glibc
import RadosTypes

/// One transaction on its way into a memory store.
struct MemApplication {
  let store: MemStore
  let home: MemCollection
  /// The operation at hand, for the error's text.
  private var position = 0

  init(store: MemStore, home: MemCollection) {
    self.store = store
    self.home = home
  }

  mutating func apply(_ transaction: borrowing Transaction) throws(StoreError) {
    for operation in transaction.operations {
      if operation.namesObject {
        try applyToObject(operation, transaction)
      } else {
        try applyToCollection(operation, transaction)
      }
      position += 1
    }
  }

  private func fatal(_ errno: Int32, _ what: String) -> StoreError {
    StoreError(errno, "transaction", "operation \(position): \(what)")
  }

  private func collection(_ id: CollectionID) throws(StoreError) -> MemCollection {
    let found = id == home.id && home.exists ? home : store.find(id)
    guard let found else { throw fatal(ENOENT, "no collection \(id)") }
    precondition(
      found.partition == home.partition, "\(id) and \(home.id) are in different partitions")
    return found
  }

  // MARK: Collections

  private func applyToCollection(
    _ operation: Transaction.Operation, _ transaction: borrowing Transaction
  ) throws(StoreError) {
    if case .nop = operation.action { return }
    let id = transaction.collections[Int(operation.collection)]
    switch operation.action {
    case .createCollection(let bits):
      if store.find(id) != nil { throw fatal(EEXIST, "collection \(id) exists") }
      guard let created = store.keepPromise(id) else {
        throw fatal(EINVAL, "collection \(id) has no handle")
      }
      created.bits = bits
      created.exists = true
    case .removeCollection:
      let removed = try collection(id)
      guard removed.objects.isEmpty else {
        throw fatal(ENOTEMPTY, "\(id) has \(removed.objects.count) objects")
      }
      removed.exists = false
      store.remove(removed)
    case .setCollectionBits(let bits): try collection(id).bits = bits
    case .splitCollection(let into, let bits, let remainder):
      let child = try collection(transaction.collections[Int(into)])
      try split(try collection(id), bits: bits, remainder: remainder, into: child)
    case .mergeCollection(let into, let bits):
      merge(
        try collection(id), into: try collection(transaction.collections[Int(into)]), bits: bits)
    case .collectionHint: break
    default: preconditionFailure("\(operation.action) names an object")
    }
  }

  private func split(
    _ parent: MemCollection, bits: UInt32, remainder: UInt32, into child: MemCollection
  ) throws(StoreError) {
    guard child.objects.isEmpty, child.bits == bits else {
      throw fatal(EINVAL, "split into \(child.id), which has objects or other bits")
    }
    let target = PGID(pool: 0, seed: remainder)
    for (name, object) in parent.objects
    where target.contains(hash: name.object.hash, bits: bits) {
      child.objects[name] = object
      parent.objects[name] = nil
    }
    parent.bits = bits
  }

  private func merge(_ source: MemCollection, into target: MemCollection, bits: UInt32) {
    for (name, object) in source.objects { target.objects[name] = object }
    target.bits = bits
    source.objects.removeAll()
    source.exists = false
    store.remove(source)
  }

  // MARK: Objects

  private func applyToObject(
    _ operation: Transaction.Operation, _ transaction: borrowing Transaction
  ) throws(StoreError) {
    let place = try collection(transaction.collections[Int(operation.collection)])
    let name = transaction.objects[Int(operation.object)]
    var found = place.objects[name]
    if found == nil, operation.action.createsObject {
      found = MemObject()
      place.objects[name] = found
    }
    guard let object = found else {
      if operation.action.toleratesAbsence { return }
      throw fatal(ENOENT, "no object \(name) in \(place.id)")
    }
    if let second = operation.action.secondObject {
      let other = transaction.objects[Int(second)]
      return try applyToTwo(operation.action, place, name, object, other)
    }
    try measured(name, object) { () throws(StoreError) in
      try change(object, operation.action) { place.objects[name] = nil }
    }
  }

  /// Runs `body` and books what it did to the object's size.
  private func measured(
    _ name: GHObject, _ object: MemObject, _ body: () throws(StoreError) -> Void
  ) throws(StoreError) {
    let stored = object.data.stored
    let omap = object.omapBytes
    try body()
    guard object.data.stored != stored || object.omapBytes != omap else { return }
    let pool = name.object.pool
    store.account(
      pool: name.object.isTemporary ? HObject.temporaryPool(pool) : pool,
      stored: Int64(object.data.stored) - Int64(stored), omap: Int64(object.omapBytes) - Int64(omap)
    )
  }

  private func checkEnd(_ offset: UInt64, _ length: UInt64) throws(StoreError) {
    let (end, overflow) = offset.addingReportingOverflow(length)
    if overflow || end >= Limits.objectBytesMax {
      throw fatal(E2BIG, "object data to \(offset)+\(length)")
    }
  }

  private func change(
    _ object: MemObject, _ action: Transaction.Action, remove: () -> Void
  ) throws(StoreError) {
    switch action {
    case .create, .touch, .setAllocationHint: break
    case .write(let offset, let data):
      try checkEnd(offset, UInt64(data.count))
      object.data.write(data, at: offset)
    case .zero(let offset, let length):
      try checkEnd(offset, length)
      object.data.zero(offset, length)
    case .truncate(let size):
      try checkEnd(size, 0)
      object.data.truncate(size)
    case .remove:
      object.become(MemObject())
      remove()
    case .setAttribute(let attribute): object.attributes[attribute.name] = attribute.value.owned
    case .setAttributes(let attributes):
      for attribute in attributes { object.attributes[attribute.name] = attribute.value.owned }
    case .removeAttribute(let name): object.attributes[name] = nil
    case .removeAttributes: object.attributes.removeAll()
    case .omapClear: object.clearOmap()
    case .omapSet(let entries): for entry in entries { object.setOmap(entry) }
    case .omapRemove(let keys): for key in keys { object.removeOmap(key) }
    case .omapRemoveRange(let from, let to): object.removeOmap(from: from, to: to)
    case .omapSetHeader(let header): object.omapHeader = header.owned
    case .nop, .clone, .cloneRange, .moveRename, .tryRename, .createCollection, .removeCollection,
      .collectionHint, .setCollectionBits, .splitCollection, .mergeCollection:
      preconditionFailure("\(action) does not change one object")
    }
  }

  private func applyToTwo(
    _ action: Transaction.Action, _ place: MemCollection, _ name: GHObject, _ object: MemObject,
    _ other: GHObject
  ) throws(StoreError) {
    switch action {
    case .clone:
      guard name.object.hash == other.object.hash else {
        throw fatal(EINVAL, "clone of \(name) to \(other), which hashes elsewhere")
      }
      let copy = made(other, in: place)
      try measured(other, copy) { () throws(StoreError) in copy.become(object) }
    case .cloneRange(_, let offset, let length, let destination):
      try checkEnd(offset, length)
      try checkEnd(destination, length)
      guard offset + length <= object.data.size else {
        throw fatal(
          EINVAL, "clone of \(offset)+\(length) of \(name), which has \(object.data.size)")
      }
      let copy = made(other, in: place)
      try measured(other, copy) { () throws(StoreError) in
        copy.data.copy(object.data, offset, length, to: destination)
      }
    case .moveRename, .tryRename:
      if place.objects[other] != nil { throw fatal(EEXIST, "rename to \(other), which exists") }
      place.objects[name] = nil
      place.objects[other] = object
    default: preconditionFailure("\(action) has one object")
    }
  }

  private func made(_ name: GHObject, in place: MemCollection) -> MemObject {
    if let object = place.objects[name] { return object }
    let object = MemObject()
    place.objects[name] = object
    return object
  }
}
