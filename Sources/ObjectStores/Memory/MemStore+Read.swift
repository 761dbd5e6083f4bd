import Buffers
import RadosTypes

extension MemStore {
  private func collection(_ handle: StoreCollection) -> MemCollection {
    guard let collection = handle as? MemCollection else {
      preconditionFailure("MemStore: \(handle.id) is another store's")
    }
    precondition(collection.reactor.isCurrent, "MemStore: \(handle.id) off its reactor")
    return collection
  }

  private func object(
    _ name: GHObject, in handle: StoreCollection, _ operation: StaticString
  ) throws(StoreError) -> MemObject {
    guard let object = collection(handle).objects[name] else { throw .absent(operation) }
    return object
  }

  package func stat(
    _ object: GHObject, in collection: StoreCollection
  ) async throws(StoreError)
    -> ObjectStat?
  {
    self.collection(collection).objects[object].map {
      ObjectStat(size: $0.data.size, allocated: $0.data.stored)
    }
  }

  package func read(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> BufferList {
    try self.object(object, in: collection, "read").data.read(offset, length)
  }

  package func extents(
    _ object: GHObject, in collection: StoreCollection, offset: UInt64, length: UInt64
  ) async throws(StoreError) -> [DataExtent] {
    try self.object(object, in: collection, "extents").data.extents(offset, length)
  }

  package func attribute(
    _ name: ByteString, of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> ByteSlice?
  { try self.object(object, in: collection, "attribute").attributes[name] }

  package func attributes(
    of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> [NamedValue]
  {
    try self.object(object, in: collection, "attributes").attributes
      .map { NamedValue($0.key, $0.value) }
  }

  package func omapHeader(
    of object: GHObject, in collection: StoreCollection
  )
    async throws(StoreError) -> ByteSlice
  { try self.object(object, in: collection, "omapHeader").omapHeader }

  package func omapValues(
    _ keys: [ByteString], of object: GHObject, in collection: StoreCollection
  ) async throws(StoreError) -> [NamedValue] {
    let object = try self.object(object, in: collection, "omapValues")
    return keys.compactMap { key in object.omap[key].map { NamedValue(key, $0) } }
  }

  package func omapEntries(
    of object: GHObject, in collection: StoreCollection, start: OmapStart, prefix: ByteString,
    maxEntries: Int, maxBytes: Int
  ) async throws(StoreError) -> OmapPage {
    let omap = try self.object(object, in: collection, "omapEntries").omap
    var page = OmapPage()
    var bytes = 0
    var at =
      start.key < prefix
      ? omap.lowerBound(prefix)
      : start.admits(start.key) ? omap.lowerBound(start.key) : omap.upperBound(start.key)
    while at != omap.end, omap[at].key.hasPrefix(prefix) {
      guard page.entries.count < maxEntries, bytes < maxBytes else {
        page.hasMore = true
        break
      }
      let (key, value) = omap[at]
      page.entries.append(NamedValue(key, value))
      bytes += key.count + value.count
      at = omap.place(after: at)
    }
    return page
  }

  package func list(
    _ collection: StoreCollection, from: GHObject, to: GHObject, max: Int
  ) async throws(StoreError) -> (objects: [GHObject], next: GHObject) {
    let collection = self.collection(collection)
    guard collection.exists else { throw .absent("list") }
    let objects = collection.objects
    var found: [GHObject] = []
    var at = objects.lowerBound(from)
    while at != objects.end, objects[at].key < to, found.count < max {
      found.append(objects[at].key)
      at = objects.place(after: at)
    }
    return (found, at == objects.end ? .max : objects[at].key)
  }
}
