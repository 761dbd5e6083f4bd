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
  /// Room that is made with the first operation.
  private static let usualOperations = 8
  private static let usualObjects = 2

  package struct Operation: Sendable {
    /// Places in `collections` and `objects`; 0 where the action has none.
    package let collection: UInt32
    package let object: UInt32
    package let action: Action
    /// As its action says; asking that in another module would copy it.
    package let namesObject: Bool

    init(collection: UInt32, object: UInt32, action: consuming Action) {
      self.collection = collection
      self.object = object
      namesObject = action.namesObject
      self.action = action
    }
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

  mutating func add(_ action: consuming Action, to object: GHObject, in collection: CollectionID) {
    makeRoom()
    writeBytes += action.writtenBytes
    let collection = place(of: collection)
    operations.append(Operation(collection: collection, object: place(of: object), action: action))
  }

  mutating func add(_ action: consuming Action, to collection: CollectionID) {
    makeRoom()
    operations.append(Operation(collection: place(of: collection), object: 0, action: action))
  }

  private mutating func makeRoom() {
    guard operations.isEmpty else { return }
    operations.reserveCapacity(Self.usualOperations)
    objects.reserveCapacity(Self.usualObjects)
  }

  mutating func place(of collection: CollectionID) -> UInt32 {
    if let place = collections.firstIndex(of: collection) { return UInt32(place) }
    collections.append(collection)
    return UInt32(collections.count - 1)
  }

  mutating func place(of object: GHObject) -> UInt32 {
    if objects.count > Self.lookedThroughMax {
      if let place = objectPlaces[object] { return place }
    } else if let place = lastPlace(of: object) {
      return place
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

  private func lastPlace(of object: GHObject) -> UInt32? {
    let objects = objects.span
    for place in objects.indices.reversed()
    where objects[place].object.hash == object.object.hash && objects[place] == object {
      return UInt32(place)
    }
    return nil
  }

  private mutating func indexObjects() {
    for (place, object) in objects.enumerated() { objectPlaces[object] = UInt32(place) }
  }

  /// Calls `body` with the place of each object that an operation names, and the collection that it
  /// is to be in.
  package func forEachObject(_ body: (UInt32, CollectionID) -> Void) {
    let operations = operations.span
    for index in operations.indices where operations[index].namesObject {
      let collection = collections[Int(operations[index].collection)]
      body(operations[index].object, collection)
      guard let second = operations[index].action.secondObject else { continue }
      if let into = operations[index].action.secondCollection {
        body(second, collections[Int(into)])
      } else {
        body(second, collection)
      }
    }
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
          object: operation.namesObject ? objectPlaces[Int(operation.object)] : 0,
          action: moved))
    }
    writeBytes += other.writeBytes
    fadviseFlags |= other.fadviseFlags
  }
}
