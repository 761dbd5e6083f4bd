import Buffers
import RadosTypes

/// One method per operation; see `Transaction.Action` for what each means.
extension Transaction {
  package mutating func nop() {
    operations.append(Operation(collection: 0, object: 0, action: .nop))
  }

  package mutating func create(_ object: GHObject, in collection: CollectionID) {
    add(.create, to: object, in: collection)
  }

  package mutating func touch(_ object: GHObject, in collection: CollectionID) {
    add(.touch, to: object, in: collection)
  }

  package mutating func write(
    _ object: GHObject, in collection: CollectionID, offset: UInt64, data: consuming BufferList
  ) {
    add(.write(offset: offset, data: data), to: object, in: collection)
  }

  package mutating func zero(
    _ object: GHObject, in collection: CollectionID, offset: UInt64, length: UInt64
  ) {
    add(.zero(offset: offset, length: length), to: object, in: collection)
  }

  package mutating func truncate(_ object: GHObject, in collection: CollectionID, size: UInt64) {
    add(.truncate(size: size), to: object, in: collection)
  }

  package mutating func remove(_ object: GHObject, in collection: CollectionID) {
    add(.remove, to: object, in: collection)
  }

  package mutating func setAllocationHint(
    _ object: GHObject, in collection: CollectionID, objectSize: UInt64, writeSize: UInt64,
    flags: UInt32
  ) {
    add(
      .setAllocationHint(objectSize: objectSize, writeSize: writeSize, flags: flags), to: object,
      in: collection)
  }
}

extension Transaction {
  package mutating func setAttribute(
    _ object: GHObject, in collection: CollectionID, _ name: ByteString, _ value: ByteSlice
  ) {
    add(.setAttribute(NamedValue(name, value)), to: object, in: collection)
  }

  package mutating func setAttributes(
    _ object: GHObject, in collection: CollectionID, _ attributes: consuming [NamedValue]
  ) {
    add(.setAttributes(Self.inOrder(attributes)), to: object, in: collection)
  }

  package mutating func removeAttribute(
    _ object: GHObject, in collection: CollectionID, _ name: ByteString
  ) {
    add(.removeAttribute(name), to: object, in: collection)
  }

  package mutating func removeAttributes(_ object: GHObject, in collection: CollectionID) {
    add(.removeAttributes, to: object, in: collection)
  }

  package mutating func omapClear(_ object: GHObject, in collection: CollectionID) {
    add(.omapClear, to: object, in: collection)
  }

  package mutating func omapSet(
    _ object: GHObject, in collection: CollectionID, _ entries: consuming [NamedValue]
  ) {
    add(.omapSet(Self.inOrder(entries)), to: object, in: collection)
  }

  package mutating func omapRemove(
    _ object: GHObject, in collection: CollectionID, _ keys: [ByteString]
  ) {
    let sorted = zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }
    add(.omapRemove(sorted ? keys : Array(Set(keys)).sorted()), to: object, in: collection)
  }

  package mutating func omapRemoveRange(
    _ object: GHObject, in collection: CollectionID, from: ByteString, to: ByteString
  ) {
    add(.omapRemoveRange(from: from, to: to), to: object, in: collection)
  }

  package mutating func omapSetHeader(
    _ object: GHObject, in collection: CollectionID, _ header: ByteSlice
  ) {
    add(.omapSetHeader(header), to: object, in: collection)
  }

  /// Sorted by name, the last of those with one name kept: the order in which Ceph sends maps.
  private static func inOrder(_ values: consuming [NamedValue]) -> [NamedValue] {
    if isInOrder(values.span) { return values }
    var last: [ByteString: ByteSlice] = [:]
    for value in values { last[value.name] = value.value }
    return last.sorted { $0.key < $1.key }.map { NamedValue($0.key, $0.value) }
  }

  private static func isInOrder(_ values: Span<NamedValue>) -> Bool {
    values.indices.dropFirst().allSatisfy { values[$0 - 1].name < values[$0].name }
  }
}

extension Transaction {
  package mutating func clone(_ object: GHObject, in collection: CollectionID, to copy: GHObject) {
    let collection = place(of: collection)
    let source = place(of: object)
    let action = Action.clone(to: place(of: copy))
    operations.append(Operation(collection: collection, object: source, action: action))
  }

  package mutating func cloneRange(
    _ object: GHObject, in collection: CollectionID, offset: UInt64, length: UInt64,
    to copy: GHObject, at destination: UInt64
  ) {
    let collection = place(of: collection)
    let source = place(of: object)
    let action = Action.cloneRange(
      to: place(of: copy), offset: offset, length: length, destination: destination)
    operations.append(Operation(collection: collection, object: source, action: action))
  }

  package mutating func moveRename(
    _ object: GHObject, in collection: CollectionID, to name: GHObject,
    in newCollection: CollectionID
  ) {
    let from = place(of: collection)
    let source = place(of: object)
    let into = place(of: newCollection)
    let action = Action.moveRename(intoCollection: into, to: place(of: name))
    operations.append(Operation(collection: from, object: source, action: action))
  }

  package mutating func tryRename(
    _ object: GHObject, in collection: CollectionID, to name: GHObject
  ) {
    let collection = place(of: collection)
    let source = place(of: object)
    let action = Action.tryRename(to: place(of: name))
    operations.append(Operation(collection: collection, object: source, action: action))
  }
}

extension Transaction {
  package mutating func createCollection(_ collection: CollectionID, bits: UInt32) {
    add(.createCollection(bits: bits), to: collection)
  }

  package mutating func removeCollection(_ collection: CollectionID) {
    add(.removeCollection, to: collection)
  }

  package mutating func collectionHint(
    _ collection: CollectionID, type: UInt32, data: BufferList
  ) {
    add(.collectionHint(type: type, data: data), to: collection)
  }

  package mutating func setCollectionBits(_ collection: CollectionID, _ bits: UInt32) {
    add(.setCollectionBits(bits), to: collection)
  }

  package mutating func splitCollection(
    _ collection: CollectionID, bits: UInt32, remainder: UInt32, into child: CollectionID
  ) {
    let parent = place(of: collection)
    let action = Action.splitCollection(into: place(of: child), bits: bits, remainder: remainder)
    operations.append(Operation(collection: parent, object: 0, action: action))
  }

  package mutating func mergeCollection(
    _ collection: CollectionID, into target: CollectionID, bits: UInt32
  ) {
    let source = place(of: collection)
    let action = Action.mergeCollection(into: place(of: target), bits: bits)
    operations.append(Operation(collection: source, object: 0, action: action))
  }
}
