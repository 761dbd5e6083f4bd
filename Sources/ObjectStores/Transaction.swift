import Buffers
import RadosTypes

/// Changes to objects and collections that happen in order, and all or none.
///
/// Ceph: `ObjectStore::Transaction`. Like there, operations name their collections and objects by
/// place in two tables, in the order of first use, so that an object of many operations is held once.
package struct Transaction: Sendable {
  package private(set) var collections: [CollectionID] = []
  package private(set) var objects: [GHObject] = []
  package internal(set) var operations: [Operation] = []
  /// Bytes that its writes bring.
  package private(set) var writeBytes: UInt64 = 0
  /// Ceph's `CEPH_OSD_OP_FLAG_FADVISE_*` of all its writes.
  package var fadviseFlags: UInt32 = 0

  /// Only while there are many, since a handful is found faster by looking.
  private var objectPlaces: [GHObject: UInt32] = [:]
  private static let lookedThroughMax = 16

  package struct Operation: Sendable {
    /// Places in `collections` and `objects`; 0 where the action has none.
    package let collection: UInt32
    package let object: UInt32
    package let action: Action
  }

  package init() {}

  init(
    collections: [CollectionID], objects: [GHObject], operations: [Operation], fadviseFlags: UInt32
  ) {
    self.collections = collections
    self.objects = objects
    self.operations = operations
    self.fadviseFlags = fadviseFlags
    for operation in operations {
      if case .write(_, let data) = operation.action { writeBytes += UInt64(data.count) }
    }
    if objects.count > Self.lookedThroughMax { indexObjects() }
  }

  package var isEmpty: Bool { operations.isEmpty }

  @inline(__always)
  package func collection(of operation: Operation) -> CollectionID {
    collections[Int(operation.collection)]
  }

  @inline(__always)
  package func object(of operation: Operation) -> GHObject { objects[Int(operation.object)] }

  mutating func add(_ action: Action, to object: GHObject, in collection: CollectionID) {
    if case .write(_, let data) = action { writeBytes += UInt64(data.count) }
    let collection = place(of: collection)
    operations.append(Operation(collection: collection, object: place(of: object), action: action))
  }

  mutating func add(_ action: Action, to collection: CollectionID) {
    operations.append(Operation(collection: place(of: collection), object: 0, action: action))
  }

  mutating func place(of collection: CollectionID) -> UInt32 {
    if let place = collections.firstIndex(of: collection) { return UInt32(place) }
    collections.append(collection)
    return UInt32(collections.count - 1)
  }

  mutating func place(of object: GHObject) -> UInt32 {
    if objects.count > Self.lookedThroughMax {
      if let place = objectPlaces[object] { return place }
    } else if let place = objects.lastIndex(of: object) {
      return UInt32(place)
    }
    objects.append(object)
    let place = UInt32(objects.count - 1)
    if objects.count == Self.lookedThroughMax + 1 {
      indexObjects()
    } else if objects.count > Self.lookedThroughMax {
      objectPlaces[object] = place
    }
    return place
  }

  private mutating func indexObjects() {
    for (place, object) in objects.enumerated() { objectPlaces[object] = UInt32(place) }
  }

  /// Adds the operations of `other` after these.
  package mutating func append(_ other: Transaction) {
    let collectionPlaces = other.collections.map { place(of: $0) }
    let objectPlaces = other.objects.map { place(of: $0) }
    operations.reserveCapacity(operations.count + other.operations.count)
    for operation in other.operations {
      let moved = operation.action.renumbered(collections: collectionPlaces, objects: objectPlaces)
      operations.append(
        Operation(
          collection: operation.action.namesCollection
            ? collectionPlaces[Int(operation.collection)] : 0,
          object: operation.action.namesObject ? objectPlaces[Int(operation.object)] : 0,
          action: moved))
    }
    writeBytes += other.writeBytes
    fadviseFlags |= other.fadviseFlags
  }
}
